import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { catalogEntry } from '../support/catalogs.ts';
import { until } from '../support/eventually.ts';
import { bulkGame, mib, type GameSpec } from '../support/games.ts';
import { MemoryDisk, needsMounts } from '../support/mounts.ts';
import { PeerProcess } from '../support/peer.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import { blockCount, capUpload, does, endsWith, hasArrived, isOffered, servedIn } from '../support/story.ts';
import { assertSameTree, readTree } from '../support/trees.ts';

const game = bulkGame('saga', 64 * mib);

needsMounts('S35: the disk fills up midway; once space is freed a resume fetches only the rest', (title) =>
  scenario(title, async (room) => {
    room.lists(game);
    const anna = await room.peer('anna', { has: [game] });
    await capUpload(anna, 24 * mib);
    using _disk = new MemoryDisk(room.gamesDir('bela'), 96);
    const filler = join(room.gamesDir('bela'), 'filler');
    const bela = await room.peer('bela', { knows: [anna] });
    await isOffered(bela, 'saga');
    await bela.command('download', { gameId: 'saga', install: false });
    await hasArrived(bela, 'saga', { share: 0.25 });
    // Takes what is free, whatever that is by now.
    await writeFile(filler, Buffer.alloc(96 * mib)).catch((error: NodeJS.ErrnoException) => {
      assert.is(error.code, 'ENOSPC');
    });
    const failed = await endsWith(bela, 'download-failed', 'saga');
    assert.is(failed['code'], 'DISK_FULL', JSON.stringify(failed));
    const [needed, free] = [Number(failed['neededBytes']), Number(failed['freeBytes'])];
    const kept = Number(failed['resumableBytes']);
    assert.ok(kept >= 12 * mib && kept < 64 * mib, `${kept} bytes are kept`);
    assert.is(needed, 64 * mib - kept);
    assert.ok(free < needed, `${free} bytes are free`);
    const view = await bela.game('saga');
    assert.equal(
      [view.downloaded, view.operation, view.resumable?.bytes, view.lastFailure?.code],
      [false, undefined, kept, 'DISK_FULL'],
    );
    const details = view.lastFailure?.details;
    assert.equal([details?.['neededBytes'], details?.['freeBytes']], [needed, free], 'the figures stay with the game');
    const first = servedIn(bela.events, 'saga').blocks;

    // Without room a resume says so and keeps everything.
    const early = await does(bela, 'resume', { gameId: 'saga' }, 'download-failed');
    assert.is(early['code'], 'DISK_FULL');
    assert.is(early['resumableBytes'], kept);
    await rm(filler);
    const since = bela.mark();
    await does(bela, 'resume', { gameId: 'saga' }, 'download-finished');
    const rest = servedIn(bela.events.slice(since), 'saga').blocks;
    assert.equal(
      rest.filter((block) => first.includes(block)),
      [],
      'verified blocks came again',
    );
    assert.is(first.length + rest.length, blockCount(room.made('anna', 'saga').tree));
    assertSameTree(await room.treeOf('bela', 'saga'), room.made('anna', 'saga').tree);
    assert.is((await bela.game('saga')).lastFailure, undefined);
  }),
);

needsMounts('S35: too little room is said before anything is written; what is there already needs none', (title) =>
  scenario(title, async (room) => {
    room.lists(game);
    const anna = await room.peer('anna', { has: [game] });
    using _disk = new MemoryDisk(room.gamesDir('bela'), 48);
    const bela = await room.peer('bela', { knows: [anna] });
    await isOffered(bela, 'saga');
    const failed = await does(bela, 'download', { gameId: 'saga', install: false }, 'download-failed');
    assert.is(failed['code'], 'DISK_FULL');
    assert.ok(Number(failed['neededBytes']) >= 64 * mib && Number(failed['freeBytes']) <= 48 * mib);
    assert.equal(await readTree(room.gamesDir('bela')), []);

    using _larger = new MemoryDisk(room.gamesDir('cleo'), 80);
    // All of it but the sentinel is on cleo's disk: the 16 MiB that are free are enough.
    await room.give('cleo', { ...game, withoutSentinel: true });
    const cleo = await room.peer('cleo', { knows: [anna] });
    await isOffered(cleo, 'saga');
    await does(cleo, 'download', { gameId: 'saga', install: false }, 'download-finished');
    assert.equal(servedIn(cleo.events, 'saga').blocks, []);
  }),
);

const quake: GameSpec = {
  id: 'quake',
  title: 'Quake',
  version: '1',
  archives: [{ entries: [{ path: 'data.bin', sizeBytes: 4 * mib }] }],
};

/** Takes every last byte that a disk has free. */
function fill(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (let size = 4 * mib; size >= 1; size = size === 1 ? 0 : Math.floor(size / 2)) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size));
      } catch (error) {
        assert.is((error as NodeJS.ErrnoException).code, 'ENOSPC');
      }
    }
  } finally {
    closeSync(file);
  }
}

needsMounts('S35: on a full disk with games and state, starting, uninstalling and removing work', (title) =>
  scenario(title, async (room) => {
    room.lists(quake);
    const folder = dirname(room.gamesDir('bela'));
    using _disk = new MemoryDisk(folder, 128);
    const first = await room.peer('bela', { has: [quake] });
    await does(first, 'install', { gameId: 'quake' }, 'install-finished');
    const stateDir = join(folder, 'state');
    await until(
      'space is kept back',
      () => (statSync(join(stateDir, 'reserve'), { throwIfNoEntry: false })?.size ?? 0) > 0,
    );
    await first.kill9();
    fill(join(folder, 'filler'));
    const options = { name: 'bela', gamesDir: room.gamesDir('bela'), stateDir, catalog: join(folder, 'catalog.json') };
    for (const _start of ['first', 'second']) {
      await using started = await PeerProcess.start({ ...options, peers: [] });
      assert.is((await started.game('quake')).installed, true);
      await started.kill9();
      fill(join(folder, 'filler'));
    }
    await using bela = await PeerProcess.start({ ...options, peers: [] });
    fill(join(folder, 'filler'));
    await does(bela, 'uninstall', { gameId: 'quake' }, 'uninstall-finished');
    fill(join(folder, 'filler'));
    await does(bela, 'removeDownload', { gameId: 'quake' }, 'remove-finished');
    assert.equal(await readTree(room.gamesDir('bela')), []);
  }),
);

scenario('S35: where the installed game would have no room the download does not begin', async (room) => {
  const game = bulkGame('saga', 8 * mib);
  room.catalog = [catalogEntry(game, { installedSizeBytes: 2 ** 50 })];
  const anna = await room.peer('anna', { has: [game] });
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'saga');
  await bela.command('download', { gameId: 'saga', install: true });
  const failed = await endsWith(bela, 'download-failed', 'saga');
  assert.is(failed['code'], 'DISK_FULL');
  assert.ok(Number(failed['neededBytes']) > 2 ** 50);
  assert.equal(servedIn(bela.events, 'saga').blocks, []);
  await does(bela, 'download', { gameId: 'saga', install: false }, 'download-finished');
});

runScenarios();
