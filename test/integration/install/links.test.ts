/** Links in archives: copies in the installed game, whether it was installed here or came unpacked from another PC. */
import { existsSync } from 'node:fs';
import { lstat, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Entry } from '../../support/entries.ts';
import { failure } from '../../support/failure.ts';
import { installLab, listener, requestFor } from '../../support/install-lab.ts';
import { assertSameTree, readTree } from '../../support/trees.ts';
import { writeArchive, type ArchiveFormat } from '../../support/archives.ts';
import { writeZip } from '../../support/zip-writer.ts';
import { streamTo } from '../../support/stream-to.ts';

const signal = AbortSignal.timeout(120_000);

const entries: Entry[] = [
  { path: 'lib/libgame.so.1', sizeBytes: 3_000, executable: true },
  { kind: 'symlink', path: 'lib/libgame.so', target: 'libgame.so.1' },
  { kind: 'symlink', path: 'lib64', target: 'lib' },
  { path: 'readme.txt', text: 'An ordinary file.\n' },
];

async function pack(path: string, format: ArchiveFormat, content: readonly Entry[]): Promise<void> {
  // Written by hand: its links are as they are told.
  if (format === 'zip') await writeZip(path, content, 'links');
  else await writeArchive(path, content, { format, seed: 'links' });
}

for (const format of ['zip', '7z', 'rar5'] as const) {
  test(`links of a ${format} are installed as copies, and streamed to the same tree`, async () => {
    await using lab = await installLab();
    const game = await lab.game({ id: 'quake', version: '1.0', loose: [{ path: 'note.txt', text: 'loose' }] });
    await pack(join(game.root, 'quake.eti'), format, entries);
    await lab.installer.install(requestFor(game), listener, { signal });
    const local = join(game.root, 'local');
    const original = await readFile(join(local, 'lib/libgame.so.1'));
    for (const path of ['lib/libgame.so', 'lib64/libgame.so.1', 'lib64/libgame.so']) {
      const facts = await lstat(join(local, path));
      assert.ok(facts.isFile() && facts.nlink === 1, `${path} is a file of its own`);
      assert.ok((facts.mode & 0o100) !== 0, `${path} may be executed`);
      assert.ok(original.equals(await readFile(join(local, path))), path);
    }
    assert.is(lab.state.inventory.get(game.root).length, 6, 'copies are in the inventory');
    const streamed = join(lab.gamesDir, 'streamed');
    await streamTo(lab, streamed, game.root);
    assertSameTree(await readTree(join(streamed, 'local')), await readTree(local));
    assert.equal(lab.state.inventory.get(streamed), lab.state.inventory.get(game.root));
  });
}

test('a link that leads out is refused alike by both, and nothing is left', async () => {
  for (const target of ['../outside', '/etc/passwd', 'nowhere']) {
    await using lab = await installLab();
    const game = await lab.game({ id: 'quake', version: '1.0', loose: [] });
    await pack(join(game.root, 'quake.eti'), 'zip', [...entries, { kind: 'symlink', path: 'door', target }]);
    const refused = await failure(lab.installer.install(requestFor(game), listener, { signal }));
    assert.is(refused.code, 'ARCHIVE_HOSTILE', target);
    assert.match(refused.message, /"door" is a link to/);
    const streamed = join(lab.gamesDir, 'streamed');
    assert.is((await failure(streamTo(lab, streamed, game.root))).code, 'ARCHIVE_HOSTILE', target);
    assert.not.ok(existsSync(streamed));
    assert.not.ok(existsSync(join(game.root, '.local.installing')));
    assert.not.ok(existsSync(join(game.root, 'local')));
    await stat(game.root);
  }
});

test.run();
