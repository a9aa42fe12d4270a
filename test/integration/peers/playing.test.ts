import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { parseGameId } from '../../../app/core/base/index.ts';
import { limits, protocols } from '../../../app/core/protocol/index.ts';
import { until } from '../../support/eventually.ts';
import { gameOf, labNode, next, type LabNode } from '../../support/network-lab.ts';
import { rawPeer, validHello } from '../../support/raw-peer.ts';
import { transports } from '../../support/transports.ts';

const ids = (...names: string[]) => names.map(parseGameId);
const seenBy = (node: LabNode, other: { peerId: string }): readonly string[] | undefined =>
  node.network.get(other.peerId)?.playing;
const anything = z.record(z.string(), z.unknown());

for (const transport of transports) {
  test(`what is played is told with Hello and whenever it changes, without a Hello in between, over ${transport}`, async () => {
    await using ann = await labNode();
    await using bob = await labNode();
    ann.network.setPlaying(ids('quake'));
    await bob.network.connect(ann.address(transport));
    assert.equal(seenBy(bob, ann.network), ['quake']);
    assert.equal(seenBy(ann, bob.network) ?? [], []);
    ann.network.setPlaying(ids('quake', 'doom'));
    await until('the second game is seen', () => seenBy(bob, ann.network)?.length === 2);
    ann.network.setPlaying([]);
    await until('nothing is played any more', () => seenBy(bob, ann.network)?.length === 0);
    assert.is(bob.trusted.length, 1, 'there was one Hello');
  });
}

test('games that the own catalog does not know are not shown until it does', async () => {
  await using ann = await labNode();
  await using bob = await labNode({ knownGames: new Set(['quake']) });
  ann.network.setPlaying(ids('secret', 'quake'));
  await bob.network.connect(ann.address());
  assert.equal(seenBy(bob, ann.network), ['quake']);
  bob.knownGames?.add('secret');
  bob.network.recheckGames();
  assert.equal(seenBy(bob, ann.network), ['secret', 'quake']);
});

test('what a peer plays is forgotten when it goes, and told anew when it comes back', async () => {
  await using ann = await labNode();
  await using bob = await labNode();
  ann.network.setPlaying(ids('quake'));
  await bob.network.connect(ann.address());
  const lost = next(bob.network.onDidLose);
  await ann.network.stop();
  await lost;
  assert.is(bob.network.get(ann.network.peerId), undefined);
  assert.equal(
    bob.network.peers().flatMap((peer) => peer.playing),
    [],
  );
});

test('a peer from before this was told is met as ever, and is never asked to listen', async () => {
  await using ann = await labNode({ games: [gameOf('quake')] });
  await using raw = await rawPeer();
  let asked = 0;
  let changes = 0;
  await raw.serve(protocols.playing, async () => void (asked += 1));
  await raw.serve(protocols.library, async (stream) => {
    await stream.readMessage(anything, 'change');
    changes += 1;
    await stream.writeMessage({ result: 'ok' });
    await stream.close();
  });
  const connection = await raw.dial(ann.address('tcp'));
  await (await raw.hello(connection)).readMessage(anything, 'answer');
  await until('it is a peer', () => ann.network.get(raw.peerId) !== undefined);
  assert.equal(seenBy(ann, raw), []);
  ann.network.setPlaying(ids('quake'));
  // What comes after it on the same road has arrived: so would have this.
  ann.network.publish(ann.library.change({ put: [gameOf('doom')] }));
  await until('the change is told', () => changes === 1);
  assert.is(asked, 0);
});

test('hostile words of what is played lose their stream, neither the session nor what was known', async () => {
  await using ann = await labNode();
  await using raw = await rawPeer();
  const connection = await raw.dial(ann.address('tcp'));
  const first = { revision: 1, games: ids('quake') };
  await (await raw.hello(connection, validHello({ playing: first }))).readMessage(anything, 'answer');
  await until('it is a peer', () => seenBy(ann, raw)?.join() === 'quake');
  const tooMany = Array.from({ length: limits.playingGames + 1 }, (_none, at) => `game${at}`);
  for (const hostile of [{ revision: 2, games: tooMany }, { revision: 2, games: ['../..'] }, { games: [] }, 7]) {
    const stream = await raw.open(connection, protocols.playing);
    await stream.writeMessage(hostile);
    const answer = await stream.readSome(1).catch(() => 'refused');
    assert.is(answer, 'refused', JSON.stringify(hostile));
    assert.equal(seenBy(ann, raw), ['quake']);
  }
  const stream = await raw.open(connection, protocols.playing);
  await stream.writeMessage({ revision: 2, games: ['doom'] });
  await until('the sound word counts', () => seenBy(ann, raw)?.join() === 'doom');
});

test('a flood of words changes what is shown about once a second, and ends with the last', async () => {
  await using ann = await labNode();
  await using raw = await rawPeer();
  const connection = await raw.dial(ann.address('tcp'));
  await (await raw.hello(connection)).readMessage(anything, 'answer');
  await until('it is a peer', () => ann.network.get(raw.peerId) !== undefined);
  const startedAt = performance.now();
  for (let revision = 1; revision <= 200; revision += 1) {
    const stream = await raw.open(connection, protocols.playing);
    await stream.writeMessage({ revision, games: [`game${revision}`] });
    await stream.readSome(1);
    await stream.close();
  }
  await until('the last word is shown', () => seenBy(ann, raw)?.join() === 'game200');
  const seconds = (performance.now() - startedAt) / 1_000;
  const changes = ann.events.filter(({ kind }) => kind === 'change').length;
  assert.ok(changes <= Math.ceil(seconds) + 1, `${changes} changes in ${seconds} s`);
});

test('a stranger to a closed room is told nothing, and is not listened to', async () => {
  await using inside = await labNode({ roomKey: Buffer.alloc(32, 7) });
  inside.network.setPlaying(ids('secret'));
  await using raw = await rawPeer();
  const connection = await raw.dial(inside.address('tcp'));
  const answer = await (await raw.hello(connection)).readMessage(anything, 'answer');
  assert.equal(answer, { protocol: 1, closedRoom: true });
  const stream = await raw.open(connection, protocols.playing);
  const told = stream.writeMessage({ revision: 1, games: ['quake'] }).then(() => stream.readSome(1));
  assert.is(await told.catch(() => 'refused'), 'refused');
  assert.equal(inside.network.peers(), []);
});

test.run();
