/** Firewalls, cables and switches that swallow packets: one closed door costs seconds at most, never the session. */
import * as assert from 'uvu/assert';
import { patience } from '../support/patience.ts';
import { smallGame } from '../support/games.ts';
import type { PeerProcess } from '../support/peer.ts';
import { lanScenario, runScenarios, type Room } from '../support/scenario.ts';
import { downloads, isOffered } from '../support/story.ts';
import { assertSameTree } from '../support/trees.ts';

const game = smallGame('one');

/** Starts both at once and returns how long after the later start they had a session, in milliseconds. */
async function meets(room: Room): Promise<number> {
  const [anna, bela] = await Promise.all([room.peer('anna', { has: [game] }), room.peer('bela')]);
  const started = performance.now();
  await bela.waitFor('peer-connected', ({ peerId }) => peerId === anna.peerId, { limitMs: 30_000 });
  return performance.now() - started;
}

function inTime(elapsedMs: number, limitMs: number): void {
  assert.ok(elapsedMs < limitMs * patience, `it took ${Math.round(elapsedMs)} ms`);
}

for (const names of [['anna'], ['bela'], ['anna', 'bela']]) {
  lanScenario(
    `UDP that ${names.join(' and ')} drops costs the session two seconds at most`,
    ['anna', 'bela'],
    async (room) => {
      room.lists(game);
      for (const name of names) room.lan?.dropInbound(name, { protocol: 'udp' });
      inTime(await meets(room), 2_000);
      await isOffered(room.running('bela'), 'one');
    },
  );
}

lanScenario(
  'a link of 1,200 bytes at one end is too narrow for QUIC, and TCP takes its place',
  ['anna', 'bela'],
  async (room) => {
    room.lists(game);
    room.lan?.limitPackets('anna', 1_200);
    inTime(await meets(room), 2_000);
    await isOffered(room.running('bela'), 'one');
  },
);

lanScenario(
  'a switch that swallows packets over 1,220 bytes costs two seconds at most',
  ['anna', 'bela'],
  async (room) => {
    room.lists(game);
    room.lan?.swallowPackets('anna', { over: 1_220 });
    inTime(await meets(room), 2_000);
  },
);

/** Downloads and returns how long the first verified block took, in milliseconds, and over which lane it came. */
async function firstBlock(room: Room): Promise<{ elapsedMs: number; lane: unknown }> {
  const bela = room.running('bela');
  const started = performance.now();
  const done = downloads(bela, 'one');
  const { lane } = await bela.waitFor('blocks-verified', () => true, { limitMs: 60_000 });
  const elapsedMs = performance.now() - started;
  await done;
  assertSameTree(await room.treeOf('bela', 'one'), room.made('anna', 'one').tree);
  return { elapsedMs, lane };
}

lanScenario(
  'TCP that the other side drops costs a download two seconds, and QUIC takes its place',
  ['anna', 'bela'],
  async (room) => {
    room.lists(game);
    await meets(room);
    await isOffered(room.running('bela'), 'one');
    room.lan?.dropInbound('anna', { protocol: 'tcp' });
    const { elapsedMs, lane } = await firstBlock(room);
    assert.is(lane, 'libp2p');
    inTime(elapsedMs, 2_500);
  },
);

lanScenario(
  'a switch that swallows packets over 1,400 bytes costs a download three seconds',
  ['anna', 'bela'],
  async (room) => {
    room.lists(game);
    room.lan?.swallowPackets('anna', { over: 1_400 });
    await meets(room);
    await isOffered(room.running('bela'), 'one');
    const { elapsedMs, lane } = await firstBlock(room);
    assert.is(lane, 'libp2p');
    inTime(elapsedMs, 3_500);
  },
);

/** Everybody goes, and comes back at once. */
async function powerCut(peers: readonly PeerProcess[]): Promise<void> {
  await Promise.all(peers.map((peer) => peer.kill9()));
}

lanScenario(
  'the second day: all start anew on other ports, and have their sessions as fast as on the first',
  ['anna', 'bela', 'cora'],
  async (room) => {
    room.lists(game);
    const [anna, bela, cora] = await Promise.all(['anna', 'bela', 'cora'].map((name) => room.peer(name)));
    assert.ok(anna && bela && cora);
    for (const one of [anna, bela, cora]) {
      for (const other of [anna, bela, cora])
        if (one !== other) await one.waitFor('peer-connected', ({ peerId }) => peerId === other.peerId);
    }
    await powerCut([anna, bela, cora]);
    const again = await Promise.all(['anna', 'bela', 'cora'].map((name) => room.peer(name)));
    const started = performance.now();
    for (const one of again) {
      for (const other of again)
        if (one !== other) await one.waitFor('peer-connected', ({ peerId }) => peerId === other.peerId);
    }
    inTime(performance.now() - started, 2_500);
  },
);

runScenarios();
