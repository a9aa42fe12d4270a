import { access } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { kib, smallGame, type GameSpec } from '../support/games.ts';
import { oddEntries } from '../support/odd-names.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import { countOf, does, endsWith, isOffered } from '../support/story.ts';
import { assertSameTree, readTree } from '../support/trees.ts';

const formats = ['rar5', '7z', 'zip'] as const;

for (const format of formats) {
  scenario(`S9: after download and install from ${format} the unpacked tree equals the reference`, async (room) => {
    const id = `game-${format}`;
    const game: GameSpec = {
      id,
      archives: [{ format, entries: oddEntries() }],
      loose: [{ path: 'manual/read me.txt', sizeBytes: 3 * kib }],
    };
    room.lists(game);
    const anna = await room.peer('anna', { has: [game] });
    const bela = await room.peer('bela', { knows: [anna] });
    await isOffered(bela, id);
    await bela.command('download', { gameId: id });
    await endsWith(bela, 'download-finished', id);
    await endsWith(bela, 'install-finished', id);
    assert.is(countOf(bela, 'install-begin', id), 1);
    const made = room.made('anna', id);
    assertSameTree(await room.treeOf('bela', `${id}/local`), made.installed, 'the installed tree');
    const ignore = (path: string): boolean => path === 'local';
    assertSameTree(await readTree(room.rootOf('bela', id), { ignore }), made.tree, 'the payload beside it');
    const view = await bela.game(id);
    assert.equal([view.downloaded, view.installed, view.operation], [true, true, undefined]);
  });
}

scenario('S10: an installed game is not removed; uninstalling keeps the payload, then it is', async (room) => {
  const game = smallGame('one');
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  await does(anna, 'install', { gameId: 'one' }, 'install-finished');
  assertSameTree(await room.treeOf('anna', 'one/local'), room.made('anna', 'one').installed);
  assert.is((await anna.refusal('removeDownload', { gameId: 'one' })).code, 'INSTALLED');
  await access(`${room.rootOf('anna', 'one')}/local/game.sh`);
  await does(anna, 'uninstall', { gameId: 'one' }, 'uninstall-finished');
  assertSameTree(await room.treeOf('anna', 'one'), room.made('anna', 'one').tree, 'the root after uninstalling');
  assert.is((await anna.refusal('uninstall', { gameId: 'one' })).code, 'NOT_INSTALLED');
  await does(anna, 'removeDownload', { gameId: 'one' }, 'remove-finished');
  assert.equal(await readTree(room.gamesDir('anna')), []);
  const view = await anna.game('one');
  assert.equal([view.downloaded, view.installed, view.availability], [false, false, 'LocalOnly']);
});

scenario('S8: a game that comes and goes on one peer comes and goes on the other within 2 s', async (room) => {
  const game = smallGame('one');
  room.lists(game);
  const anna = await room.peer('anna');
  const bela = await room.peer('bela', { knows: [anna] });
  await bela.waitFor('peer-connected', ({ peerId }) => peerId === anna.peerId);
  // Its sentinel is written last, so the two seconds start when this is done.
  await room.give('anna', game);
  await isOffered(bela, 'one', 1, 2_000);
  await does(anna, 'removeDownload', { gameId: 'one' }, 'remove-finished');
  await isOffered(bela, 'one', 0, 2_000);
});

runScenarios();
