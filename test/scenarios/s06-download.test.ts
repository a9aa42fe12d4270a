import { access } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { eventually } from '../support/eventually.ts';
import { blockBytes, edgeSizesGame, mib, oddGame, smallGame, type GameSpec } from '../support/games.ts';
import { runScenarios, scenario, type Room } from '../support/scenario.ts';
import { capUpload, countOf, downloads, endsWith, isOffered, servedIn } from '../support/story.ts';
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

scenario('S6: progress starts at nothing, ends at everything and never goes back', async (room) => {
  const game = smallGame('one');
  await arrivesIntact(room, game);
  const again = await room.peer('cora', { knows: [await room.peer('dora', { has: [game] })] });
  await isOffered(again, 'one');
  await downloads(again, 'one');
  const samples = again.events.filter(({ event }) => event === 'download-progress');
  const bytes = samples.map(({ downloadedBytes }) => Number(downloadedBytes));
  assert.is(samples[0]?.['bytesPerSecond'], 0);
  assert.is(bytes[0], 0);
  assert.is(bytes.at(-1), room.made('dora', 'one').payloadBytes);
  assert.equal(
    bytes,
    bytes.toSorted((a, b) => a - b),
  );
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
  await anna.quit();
  await bela.command('install', { gameId: 'one' });
  await endsWith(bela, 'install-finished', 'one');
  assertSameTree(await room.treeOf('bela', 'one/local'), room.made('anna', 'one').installed);
  assert.is(servedIn(bela.events, 'one').twice.length, 0);
});

runScenarios();
