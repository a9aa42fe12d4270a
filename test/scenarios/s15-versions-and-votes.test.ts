import * as assert from 'uvu/assert';
import { bulkGame, mib } from '../support/games.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import { capUpload, downloads, endsWith, isOffered, offers, sees, servedIn } from '../support/story.ts';
import { until } from '../support/eventually.ts';
import { assertSameTree } from '../support/trees.ts';

scenario('S15: of peers with different versions those of the wanted one alone serve', async (room) => {
  const wanted = bulkGame('saga', 64 * mib, { version: '2.0' });
  const dated = bulkGame('saga', 64 * mib, { version: '10.0' });
  room.lists(wanted);
  const anna = await room.peer('anna', { has: [wanted] });
  const bela = await room.peer('bela', { has: [dated] });
  const cora = await room.peer('cora', { has: [wanted] });
  await Promise.all([anna, cora].map((source) => capUpload(source, 24 * mib)));
  const dora = await room.peer('dora', { knows: [anna, bela, cora] });
  await isOffered(dora, 'saga', 2);
  await until('the other version is known of', async () => offers(await sees(dora, bela)).join() === 'saga 10.0 Ready');
  await downloads(dora, 'saga');
  const { byPeer } = servedIn(dora.events, 'saga');
  assert.equal([...byPeer.keys()].sort(), [anna.peerId, cora.peerId].sort());
  assertSameTree(await room.treeOf('dora', 'saga'), room.made('anna', 'saga').tree);
  assert.is((await dora.game('saga')).localVersion, '2.0');
});

scenario('S17: a peer with other bytes under the same version loses the vote and serves nothing', async (room) => {
  const right = bulkGame('saga', 64 * mib, { seed: 'right' });
  const wrong = bulkGame('saga', 64 * mib, { seed: 'wrong' });
  room.lists(right);
  const anna = await room.peer('anna', { has: [right] });
  const bela = await room.peer('bela', { has: [wrong] });
  const cora = await room.peer('cora', { has: [right] });
  const dora = await room.peer('dora', { knows: [bela, anna, cora] });
  await isOffered(dora, 'saga', 3);
  await downloads(dora, 'saga');
  const { byPeer, blocks } = servedIn(dora.events, 'saga');
  assert.not(byPeer.has(bela.peerId), 'the peer that lost the vote served');
  assert.is(blocks.length, 16);
  const begin = await dora.waitFor('download-begin', ({ gameId }) => gameId === 'saga');
  assert.not(JSON.stringify(begin['peers']).includes(bela.peerId));
  assert.ok(JSON.stringify(begin['peers']).includes(anna.peerId));
  assert.is(dora.events.filter(({ event }) => event === 'peer-struck').length, 0);
  assertSameTree(await room.treeOf('dora', 'saga'), room.made('anna', 'saga').tree);
});

scenario(
  'S17: a tie between two contents is a clear error that names both sides, and nothing is fetched',
  async (room) => {
    room.lists(bulkGame('saga', 8 * mib));
    const anna = await room.peer('anna', { has: [bulkGame('saga', 8 * mib, { seed: 'one' })] });
    const bela = await room.peer('bela', { has: [bulkGame('saga', 8 * mib, { seed: 'other' })] });
    const dora = await room.peer('dora', { knows: [anna, bela] });
    await isOffered(dora, 'saga', 2);
    await dora.command('download', { gameId: 'saga', install: false });
    const failed = await endsWith(dora, 'download-failed', 'saga');
    assert.is(failed['code'], 'MANIFEST_TIE');
    const told = JSON.stringify(failed);
    for (const { name, peerId } of [anna, bela])
      assert.ok(told.includes(peerId) || told.includes(name), `${name} is not named`);
    assert.equal(servedIn(dora.events, 'saga').blocks, []);
    assert.not((await dora.game('saga')).downloaded);
  },
);

runScenarios();
