import { access } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { eventually } from '../support/eventually.ts';
import { blockBytes, bulkGame, edgeSizesGame, mib, oddGame, smallGame, type GameSpec } from '../support/games.ts';
import { runScenarios, scenario, type Room } from '../support/scenario.ts';
import { assertFetchedOnce, capUpload, countOf, downloads, endsWith, isOffered, servedIn } from '../support/story.ts';
import { assertSameTree, type Tree } from '../support/trees.ts';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function arrivesIntact(room: Room, game: GameSpec): Promise<Tree> {
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, game.id);
  await downloads(bela, game.id);
  const tree = await room.treeOf('bela', game.id);
  assertSameTree(tree, room.made('anna', game.id).tree);
  const view = await bela.game(game.id);
  assert.equal([view.downloaded, view.installed, view.availability], [true, false, 'Ready']);
  return tree;
}

scenario('S6: a small game arrives byte for byte, and its sentinel comes last', async (room) => {
  const game = smallGame('one');
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  await capUpload(anna, 4 * mib);
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'one');
  await bela.command('download', { gameId: 'one', install: false });
  const begin = await bela.waitFor('download-begin', ({ gameId }) => gameId === 'one');
  assert.is(begin['totalBytes'], room.made('anna', 'one').payloadBytes);
  assert.not(await exists(join(room.rootOf('bela', 'one'), 'version.ini')), 'the sentinel is there before the payload');
  const tree = await eventually('the sentinel is there', async () =>
    (await exists(join(room.rootOf('bela', 'one'), 'version.ini'))) ? await room.treeOf('bela', 'one') : undefined,
  );
  const transients = ['.version.ini.tmp', '.version.ini.discarded'];
  const payload = tree.filter(({ path }) => !transients.includes(path));
  assertSameTree(payload, room.made('anna', 'one').tree, 'what is there when the sentinel appears');
  const finished = await endsWith(bela, 'download-finished', 'one');
  assert.is(countOf(bela, 'download-finished', 'one'), 1);
  assert.is(countOf(bela, 'download-begin', 'one'), 1);
  assert.ok(String(finished['at']) >= String(begin['at']));
  assertSameTree(await room.treeOf('bela', 'one'), room.made('anna', 'one').tree);
});

scenario(
  'S6: progress starts at nothing, comes twice a second, never goes back and ends at everything',
  async (room) => {
    const game = bulkGame('one', 24 * mib);
    room.lists(game);
    const anna = await room.peer('anna', { has: [game] });
    await capUpload(anna, 6 * mib);
    const bela = await room.peer('bela', { knows: [anna] });
    await isOffered(bela, 'one');
    await downloads(bela, 'one');
    const samples = bela.events.filter(({ event }) => event === 'download-progress');
    const bytes = samples.map(({ downloadedBytes }) => Number(downloadedBytes));
    assert.equal([samples[0]?.['bytesPerSecond'], bytes[0]], [0, 0]);
    assert.is(bytes.at(-1), room.made('anna', 'one').payloadBytes);
    assert.ok(new Set(bytes).size >= 4, `${bytes.join()} shows no progress`);
    for (const [index, next] of bytes.slice(1).entries()) assert.ok(next >= (bytes[index] ?? 0), bytes.join());
    // Four seconds of download: a sample at each end and one every half second, late ones not made up for.
    const times = samples.map(({ at }) => Date.parse(String(at)));
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    const usual = pauses.toSorted((a, b) => a - b)[Math.floor(pauses.length / 2)] ?? 0;
    assert.ok(usual >= 400 && usual <= 600, `a sample every ${usual} ms`);
    assert.ok(
      pauses.slice(0, -1).every((pauseMs) => pauseMs > 250),
      `pauses of ${pauses.join()} ms`,
    );
    assert.ok(samples.every(({ activePeers }) => activePeers === 0 || activePeers === 1));
  },
);

scenario('S20: the last sample of a cancelled download tells how far it came', async (room) => {
  const game = bulkGame('one', 64 * mib);
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  await capUpload(anna, 16 * mib);
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'one');
  await bela.command('download', { gameId: 'one', install: false });
  await bela.waitFor('blocks-verified', ({ gameId }) => gameId === 'one');
  await bela.command('cancel', { gameId: 'one' });
  await endsWith(bela, 'download-cancelled', 'one');
  const told = bela.events.filter(({ event }) => event === 'download-progress' || event === 'blocks-verified');
  const last = told.findLast(({ event }) => event === 'download-progress');
  assert.is(told.at(-1), last, 'nothing is verified after the last sample');
  assert.is(last?.['downloadedBytes'], servedIn(bela.events, 'one').blocks.length * blockBytes);
});

scenario('S13: nested files with odd names arrive intact', async (room) => {
  const tree = await arrivesIntact(room, oddGame('odd'));
  assert.ok(tree.some(({ path }) => path === 'loose/emoji/🎮 pad 👩‍🚀.sav'));
  assert.ok(tree.some(({ path, kind }) => path === 'loose/empty/folder without files' && kind === 'directory'));
  assert.ok(tree.some(({ path, executable }) => path === 'loose/bin/start' && executable));
});

scenario(
  'S30: empty files, an empty game file, exactly one block and one block and a byte arrive intact',
  async (room) => {
    const tree = await arrivesIntact(room, edgeSizesGame('edges'));
    const sizes = tree.filter(({ kind }) => kind === 'file').map(({ sizeBytes }) => sizeBytes);
    for (const size of [0, 1, blockBytes - 1, blockBytes, blockBytes + 1, 2 * blockBytes])
      assert.ok(sizes.includes(size), `no file of ${size} bytes`);
  },
);

scenario('S30: a game whose only file is empty can be downloaded', async (room) => {
  const game: GameSpec = { id: 'nothing', loose: [{ path: 'nothing.eti', sizeBytes: 0 }] };
  await arrivesIntact(room, game);
});

scenario('S24 and S25: what was downloaded without installing installs when its source is gone', async (room) => {
  const game = smallGame('one');
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'one');
  await downloads(bela, 'one');
  assert.is(countOf(bela, 'install-begin', 'one'), 0);
  await assertFetchedOnce(bela, room.made('anna', 'one').payloadBytes);
  await anna.quit();
  await bela.command('install', { gameId: 'one' });
  await endsWith(bela, 'install-finished', 'one');
  assertSameTree(await room.treeOf('bela', 'one/local'), room.made('anna', 'one').installed);
});

runScenarios();
