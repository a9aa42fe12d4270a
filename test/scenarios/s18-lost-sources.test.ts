import { access } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { bulkGame, mib } from '../support/games.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import {
  assertFetchedOnce,
  blockCount,
  capUpload,
  countOf,
  endsWith,
  hasArrived,
  isOffered,
  receivedBytes,
  servedIn,
} from '../support/story.ts';
import { assertSameTree } from '../support/trees.ts';

const game = bulkGame('saga', 96 * mib);

scenario('S18: when one of two sources is killed midway the other one finishes the download', async (room) => {
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  const bela = await room.peer('bela', { has: [game] });
  await Promise.all([anna, bela].map((source) => capUpload(source, 16 * mib)));
  const cora = await room.peer('cora', { knows: [anna, bela] });
  await isOffered(cora, 'saga', 2);
  await cora.command('download', { gameId: 'saga', install: false });
  for (const { peerId } of [anna, bela])
    await cora.waitFor('blocks-verified', (event) => event['gameId'] === 'saga' && event['peerId'] === peerId);
  const before = servedIn(cora.events, 'saga').blocks.length;
  const total = blockCount(room.made('anna', 'saga').tree);
  assert.ok(before < total / 2, `${before} of ${total} blocks are here already`);
  await anna.kill9();
  const killed = cora.mark();
  await endsWith(cora, 'download-finished', 'saga');
  const { byPeer, blocks } = servedIn(cora.events, 'saga');
  assert.is(blocks.length, total);
  // What was under way at the dead one came twice, and no more. Its account may be closed by now.
  const received = await receivedBytes(cora);
  const served = (byPeer.get(bela.peerId) ?? 0) * 4 * mib;
  assert.ok(received >= served && received <= 96 * mib + 16 * mib, `${received} bytes came, ${served} from bela`);
  assert.ok((byPeer.get(bela.peerId) ?? 0) > total / 2);
  const late = servedIn(cora.events.slice(killed), 'saga').byPeer.get(anna.peerId) ?? 0;
  assert.ok(late <= 8, `${late} blocks are said to come from a dead peer`);
  assert.is(countOf(cora, 'download-begin', 'saga'), 1);
  assertSameTree(await room.treeOf('cora', 'saga'), room.made('anna', 'saga').tree);
});

scenario(
  'S19: when the only source is killed the partial is kept, and resumes by itself when it returns',
  async (room) => {
    room.lists(game);
    const anna = await room.peer('anna', { has: [game] });
    await capUpload(anna, 24 * mib);
    const cora = await room.peer('cora', { knows: [anna] });
    await isOffered(cora, 'saga');
    await cora.command('download', { gameId: 'saga', install: false });
    await hasArrived(cora, 'saga', { share: 0.3 });
    await anna.kill9();
    const gone = await endsWith(cora, 'download-peers-gone', 'saga');
    const kept = servedIn(cora.events, 'saga').blocks.length;
    const total = blockCount(room.made('anna', 'saga').tree);
    assert.ok(kept > 0 && kept < total, `${kept} of ${total} blocks`);
    const view = await cora.game('saga');
    assert.equal([view.downloaded, view.operation], [false, undefined], JSON.stringify(gone));
    assert.ok((view.resumable?.bytes ?? 0) >= kept * 4 * mib - 4 * mib, JSON.stringify(view));
    await access(join(room.rootOf('cora', 'saga'), 'saga.eti'));

    const back = cora.mark();
    await room.peer('anna', { knows: [cora] });
    await endsWith(cora, 'download-finished', 'saga', { since: back });
    const { blocks } = servedIn(cora.events, 'saga');
    // The account of the one that returned begins anew: it sent what was missing, once.
    await assertFetchedOnce(cora, (total - kept) * 4 * mib);
    assert.is(blocks.length, total);
    assertSameTree(await room.treeOf('cora', 'saga'), room.made('anna', 'saga').tree);
  },
);

runScenarios();
