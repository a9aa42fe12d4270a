import * as assert from 'uvu/assert';
import { bulkGame, mib } from '../support/games.ts';
import type { PeerProcess } from '../support/peer.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import { blockCount, capUpload, downloads, isOffered, servedIn } from '../support/story.ts';
import { assertSameTree } from '../support/trees.ts';

const receivers = 8;
const sizeBytes = 320 * mib;
const capBytesPerSecond = 20 * mib;

scenario(
  'S47: eight peers fetch one game from one seed whose upload is capped, in at most 1.4 times what the seed needs',
  async (room) => {
    const game = bulkGame('wave', sizeBytes);
    room.lists(game);
    const seed = await room.peer('seed', { has: [game] });
    await capUpload(seed, capBytesPerSecond);
    const names = Array.from({ length: receivers }, (_, index) => `r${index + 1}`);
    const others: PeerProcess[] = [];
    for (const name of names) others.push(await room.peer(name, { knows: [seed, ...others] }));
    await Promise.all(others.map((peer) => isOffered(peer, 'wave', 1)));
    const started = performance.now();
    await Promise.all(others.map((peer) => downloads(peer, 'wave')));
    const seconds = (performance.now() - started) / 1000;
    const ratio = seconds / (sizeBytes / capBytesPerSecond);
    let fromSeed = 0;
    for (const peer of others) fromSeed += servedIn(peer.events, 'wave').byPeer.get(seed.peerId) ?? 0;
    const { tree } = room.made('seed', 'wave');
    const facts = `${ratio.toFixed(2)} × size / cap; the seed sent ${(fromSeed / blockCount(tree)).toFixed(2)} copies`;
    for (const name of names) assertSameTree(await room.treeOf(name, 'wave'), tree);
    assert.ok(ratio <= 1.4, facts);
  },
);

runScenarios();
