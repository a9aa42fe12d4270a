/** Links in archives: copies in the installed game, whether it was installed here or came unpacked from another PC. */
import { existsSync } from 'node:fs';
import { lstat, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { blake3Hex, parseGameId } from '../../../app/core/base/index.ts';
import { openPayloadContent, type ContentSender } from '../../../app/core/install/index.ts';
import type { Entry } from '../../support/entries.ts';
import { failure } from '../../support/failure.ts';
import { installLab, listener, requestFor, type InstallLab } from '../../support/install-lab.ts';
import { assertSameTree, readTree } from '../../support/trees.ts';
import { writeArchive, type ArchiveFormat } from '../../support/archives.ts';
import { writeZip } from '../../support/zip-writer.ts';
import { pouringOf, wholeOf } from '../../support/pouring.ts';

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

/** What another PC would send, without the way in between. */
function senderOf(lab: InstallLab, root: string): ContentSender {
  return {
    peerId: 'sender',
    async open() {
      const content = await openPayloadContent(lab.context, root, { signal });
      const hashes: string[] = [];
      return {
        entries: content.entries,
        hashes,
        pour: pouringOf(async function* () {
          const all: Buffer[] = [];
          for await (const piece of wholeOf(content, signal)) all.push(Buffer.from(piece));
          const whole = Buffer.concat(all);
          assert.is(whole.length, content.totalBytes, 'copies are not sent');
          let at = 0;
          for (const { kind, size, copyOf } of content.entries)
            if (kind === 'file' && copyOf === undefined) hashes.push(blake3Hex(whole.subarray(at, (at += size))));
          yield whole;
        }),
        async [Symbol.asyncDispose]() {},
      };
    },
  };
}

function streamTo(lab: InstallLab, root: string, from: string): Promise<unknown> {
  const request = { gameId: parseGameId('streamed'), version: '1.0', root, payloadBytes: 100_000 };
  const told = { onBegin() {}, onProgress() {}, onSenderFailed() {} };
  return lab.installer.streamedInstall({ ...request, senders: [senderOf(lab, from)] }, told, { signal });
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
