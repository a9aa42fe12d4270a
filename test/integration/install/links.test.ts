/** Links in archives: copies in the installed game, whether it was installed here or came unpacked from another PC. */
import { lstat, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Entry } from '../../support/entries.ts';
import { installLab, listener, requestFor } from '../../support/install-lab.ts';
import { assertSameTree, readTree } from '../../support/trees.ts';
import { writeArchive, type ArchiveFormat } from '../../support/archives.ts';
import { writeZip } from '../../support/zip-writer.ts';
import { rawTar } from '../../support/raw-tar.ts';
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

test('a link that leads nowhere or out is left out by both, and the game is installed', async () => {
  for (const target of ['../outside', '/etc/passwd', 'nowhere']) {
    await using lab = await installLab();
    const game = await lab.game({ id: 'quake', version: '1.0', loose: [] });
    await pack(join(game.root, 'quake.eti'), 'zip', [...entries, { kind: 'symlink', path: 'door', target }]);
    await lab.installer.install(requestFor(game), listener, { signal });
    const streamed = join(lab.gamesDir, 'streamed');
    await streamTo(lab, streamed, game.root);
    const tree = await readTree(join(game.root, 'local'));
    assert.ok(tree.length > 0 && !tree.some(({ path }) => path === 'door'));
    assertSameTree(await readTree(join(streamed, 'local')), tree);
  }
});

test('a thousand links, a Wine prefix and names with spaces around them are no trouble', async () => {
  const many = Array.from({ length: 1_000 }, (_, index) => ({ path: `links/${index}`, type: '2', target: '../a.txt' }));
  const odd = [' lead', 'trail', '"quoted"'].map((path) => ({ path: `odd/${path}`, type: '2', target: '../a.txt' }));
  const wine = [
    { path: 'prefix/dosdevices/c:', type: '2', target: '../drive_c' },
    { path: 'prefix/dosdevices/z:', type: '2', target: '/' },
    { path: 'prefix/drive_c/game.exe', bytes: 'game' },
  ];
  for (const format of ['tar', 'tar.gz'] as const) {
    await using lab = await installLab();
    const game = await lab.game({ id: 'quake', version: '1.0', loose: [] });
    const tar = rawTar([{ path: 'a.txt', bytes: 'a' }, ...many, ...odd, ...wine]);
    await writeFile(join(game.root, 'quake.eti'), format === 'tar' ? tar : gzipSync(tar));
    await lab.installer.install(requestFor(game), listener, { signal });
    const streamed = join(lab.gamesDir, 'streamed');
    await streamTo(lab, streamed, game.root);
    const tree = await readTree(join(game.root, 'local'));
    assertSameTree(await readTree(join(streamed, 'local')), tree);
    assert.is(tree.filter(({ kind }) => kind === 'file').length, 1_005, format);
    assert.is(await readFile(join(game.root, 'local/links/999'), 'utf8'), 'a');
  }
});

test.run();
