import * as assert from 'uvu/assert';
import { smallGame } from '../support/games.ts';
import { lanScenario, runScenarios } from '../support/scenario.ts';
import { downloads, isOffered, sees } from '../support/story.ts';
import { assertSameTree } from '../support/trees.ts';

const game = smallGame('one');

lanScenario(
  'S42: a PC on two LANs is reached by the PCs of each at its address there, and gives its games to both',
  ['anna', 'bela', 'cora'],
  async (room) => {
    room.lists(game);
    const { lan } = room;
    assert.ok(lan);
    const coraOnSecond = lan.joinSecond('cora');
    lan.joinSecond('bela');
    lan.plug('bela', 'out');
    const [anna, bela, cora] = [
      await room.peer('anna'),
      await room.peer('bela'),
      await room.peer('cora', { has: [game] }),
    ];
    await Promise.all([isOffered(anna, 'one'), isOffered(bela, 'one')]);
    const [byAnna, byBela] = await Promise.all([sees(anna, cora), sees(bela, cora)]);
    assert.ok(
      byAnna.addresses.some((address) => address.includes(`/${lan.host('cora').address}/`)),
      byAnna.addresses.join(),
    );
    assert.ok(
      byBela.addresses.some((address) => address.includes(`/${coraOnSecond}/`)),
      byBela.addresses.join(),
    );
    await Promise.all([downloads(anna, 'one'), downloads(bela, 'one')]);
    for (const name of ['anna', 'bela']) assertSameTree(await room.treeOf(name, 'one'), room.made('cora', 'one').tree);
  },
);

runScenarios();
