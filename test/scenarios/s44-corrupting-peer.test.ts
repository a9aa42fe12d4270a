import * as assert from 'uvu/assert';
import { bulkGame, mib, spoilEveryBlock, type GameSpec } from '../support/games.ts';
import type { PeerProcess } from '../support/peer.ts';
import { runScenarios, scenario, type Room } from '../support/scenario.ts';
import { capUpload, downloads, endsWith, isOffered, servedIn } from '../support/story.ts';
import { assertSameTree } from '../support/trees.ts';

const game = bulkGame('saga', 96 * mib);

/** A peer whose hashes are right and whose bytes are not: spoilt on disk after a guest has fetched them whole. */
async function corruptingPeer(room: Room, name: string, spec: GameSpec): Promise<PeerProcess> {
  const peer = await room.peer(name, { has: [spec] });
  const guest = await room.peer(`guest of ${name}`, { knows: [peer] });
  await isOffered(guest, spec.id);
  await downloads(guest, spec.id);
  await guest.quit();
  await spoilEveryBlock(room.rootOf(name, spec.id));
  return peer;
}

scenario(
  'S44: the blocks of a corrupting peer are refused, it is struck, and the game arrives from the others',
  async (room) => {
    room.lists(game);
    const mallory = await corruptingPeer(room, 'mallory', game);
    const anna = await room.peer('anna', { has: [game] });
    // The honest source is slow, so that the corrupting one is certainly asked.
    await capUpload(anna, 24 * mib);
    const cora = await room.peer('cora', { knows: [mallory, anna] });
    await isOffered(cora, 'saga', 2);
    await downloads(cora, 'saga');
    const strikes = cora.events.filter(({ event }) => event === 'peer-struck');
    assert.ok(strikes.length > 0, 'nobody was struck');
    for (const strike of strikes) {
      assert.is(strike['peerId'], mallory.peerId);
      assert.is(strike['file'], 'saga.eti');
      assert.type(strike['block'], 'number');
    }
    const { byPeer, blocks } = servedIn(cora.events, 'saga');
    assert.equal([...byPeer.keys()], [anna.peerId]);
    assert.is(new Set(blocks).size, 24);
    assertSameTree(await room.treeOf('cora', 'saga'), room.made('anna', 'saga').tree);
  },
);

scenario('S44: when the only source is corrupting the failure names it, its file and its block', async (room) => {
  const small = bulkGame('saga', 12 * mib);
  room.lists(small);
  const mallory = await corruptingPeer(room, 'mallory', small);
  const cora = await room.peer('cora', { knows: [mallory] });
  await isOffered(cora, 'saga');
  await cora.command('download', { gameId: 'saga', install: false });
  const failed = await endsWith(cora, 'download-failed', 'saga', { limitMs: 90_000 });
  assert.is(failed['code'], 'NO_SOUND_SOURCE');
  assert.is(failed['peerId'], mallory.peerId);
  assert.is(failed['file'], 'saga.eti');
  assert.type(failed['block'], 'number');
  assert.equal(servedIn(cora.events, 'saga').blocks, []);
  const view = await cora.game('saga');
  assert.equal([view.downloaded, view.operation], [false, undefined]);
});

runScenarios();
