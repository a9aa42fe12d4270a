import * as assert from 'uvu/assert';
import { smallGame } from '../support/games.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import { countOf, does, downloads, isOffered } from '../support/story.ts';
import { assertSameTree } from '../support/trees.ts';

scenario(
  'S24, S25: a download without install stays downloaded, and is installed later with nobody there',
  async (room) => {
    const game = smallGame('saga');
    room.lists(game);
    const anna = await room.peer('anna', { has: [game] });
    const first = await room.peer('bela', { knows: [anna] });
    await isOffered(first, 'saga');
    await downloads(first, 'saga');
    const view = await first.game('saga');
    assert.equal(
      [view.downloaded, view.installed, view.availability, view.operation],
      [true, false, 'Ready', undefined],
    );
    assert.is(countOf(first, 'install-begin', 'saga'), 0);
    assert.is((await first.refusal('download', { gameId: 'saga', install: false })).code, 'ALREADY_DOWNLOADED');
    await anna.quit();
    await first.quit();

    const second = await room.peer('bela');
    assert.equal((await second.game('saga')).downloaded, true);
    await does(second, 'install', { gameId: 'saga' }, 'install-finished');
    assertSameTree(await room.treeOf('bela', 'saga/local'), room.made('anna', 'saga').installed);
    const installed = await second.game('saga');
    assert.equal([installed.downloaded, installed.installed], [true, true]);
  },
);

runScenarios();
