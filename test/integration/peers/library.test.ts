import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { libraryDeltaReplySchema, protocols } from '../../../app/core/protocol/index.ts';
import { until } from '../../support/eventually.ts';
import { gameOf, labNode, type LabNode } from '../../support/network-lab.ts';
import { rawPeer, validHello } from '../../support/raw-peer.ts';
import { firstTransport, transports } from '../../support/transports.ts';

const shown = (viewer: LabNode, owner: LabNode): string[] =>
  [...(viewer.network.get(owner.network.peerId)?.games.values() ?? [])]
    .map(({ id, version }) => `${id} ${version}`)
    .sort();

async function pair(): Promise<[LabNode, LabNode]> {
  const ann = await labNode({ games: [gameOf('first')] });
  const bob = await labNode();
  await bob.network.connect(ann.address(firstTransport));
  await until('both have a session', () => ann.network.peers().length === 1);
  return [ann, bob];
}

test('changes arrive one after the other, without a Hello in between', async () => {
  const [ann, bob] = await pair();
  await using _both = {
    [Symbol.asyncDispose]: async () => void (await Promise.all([ann.network.stop(), bob.network.stop()])),
  };
  ann.network.publish(ann.library.change({ put: [gameOf('second')] }));
  ann.network.publish(ann.library.change({ put: [gameOf('first', { version: '2.0' })] }));
  ann.network.publish(ann.library.change({ remove: ['second'] }));
  await until('all three arrived', () => bob.network.peers()[0]?.libraryRevision === 3);
  assert.equal(shown(bob, ann), ['first 2.0']);
  // Each was a change of its own, and the lane was told of the peer once: there was one Hello.
  assert.is(bob.events.filter(({ kind }) => kind === 'change').length, 3);
  assert.is(bob.trusted.length, 1);
});

test('a change that was never told is made up for by a fresh Hello', async () => {
  const [ann, bob] = await pair();
  await using _both = {
    [Symbol.asyncDispose]: async () => void (await Promise.all([ann.network.stop(), bob.network.stop()])),
  };
  ann.library.change({ put: [gameOf('untold')] });
  ann.network.publish(ann.library.change({ put: [gameOf('told')] }));
  await until('both games are there', () => shown(bob, ann).length === 3);
  assert.equal(shown(bob, ann), ['first 1.0', 'told 1.0', 'untold 1.0']);
  ann.network.publish(ann.library.change({ remove: ['first'] }));
  await until('and changes go on', () => shown(bob, ann).join() === 'told 1.0,untold 1.0');
});

test('a change that does not add up at the other side is made up for by a fresh Hello', async () => {
  const [ann, bob] = await pair();
  await using _both = {
    [Symbol.asyncDispose]: async () => void (await Promise.all([ann.network.stop(), bob.network.stop()])),
  };
  const { digest: _wrong, ...delta } = ann.library.change({ put: [gameOf('second')] });
  ann.network.publish({ ...delta, digest: '0'.repeat(64) });
  await until('the game is there all the same', () => shown(bob, ann).join() === 'first 1.0,second 1.0');
  assert.ok(bob.trusted.length >= 2, 'by a Hello');
});

test('a library that changes while Hello is under way is told right after it', async () => {
  const trusts = Promise.withResolvers<void>();
  await using ann = await labNode();
  await using bob = await labNode({ trustLane: () => trusts.promise });
  const connecting = bob.network.connect(ann.address());
  // Ann has answered with her library as it was; to her the session is open already.
  await until('ann has a session', () => ann.network.peers().length === 1);
  ann.network.publish(ann.library.change({ put: [gameOf('late')] }));
  bob.library.change({ put: [gameOf('also-late')] });
  trusts.resolve();
  await connecting;
  await until('bob sees it', () => shown(bob, ann).join() === 'late 1.0');
  await until('ann sees it', () => shown(ann, bob).join() === 'also-late 1.0');
});

test('a burst of 300 changes ends with the same library on both sides', async () => {
  const [ann, bob] = await pair();
  await using _both = {
    [Symbol.asyncDispose]: async () => void (await Promise.all([ann.network.stop(), bob.network.stop()])),
  };
  for (let at = 0; at < 300; at += 1)
    ann.network.publish(ann.library.change({ put: [gameOf(`game${at % 7}`, { version: String(at) })] }));
  await until('bob has the last revision', () => bob.network.peers()[0]?.libraryRevision === 300);
  const expected = ann.library.snapshot().games.map(({ id, version }) => `${id} ${version}`);
  assert.equal(shown(bob, ann), expected.sort());
});

test('20,000 games fit into one Hello', async () => {
  const games = Array.from({ length: 20_000 }, (_, at) =>
    gameOf(`game-with-a-long-name-${at}`, { root: 'a'.repeat(64) }),
  );
  await using ann = await labNode({ games });
  await using bob = await labNode();
  for (const transport of transports) {
    await using viewer = await labNode();
    const peerId = await viewer.network.connect(ann.address(transport));
    assert.is(viewer.network.get(peerId)?.games.size, 20_000, transport);
  }
  await bob.network.connect(ann.address());
});

test('a peer is answered resync for a change that does not follow', async () => {
  await using ann = await labNode();
  await using mallory = await rawPeer();
  const connection = await mallory.dial(ann.address());
  const hello = await mallory.hello(connection, validHello());
  await hello.readBytes(4);
  await until('there is a session', () => ann.network.peers().length === 1);
  const stream = await mallory.open(connection, protocols.library);
  await stream.writeMessage({ from: 7, to: 8, upserts: [gameOf('x')], removed: [], digest: 'a'.repeat(64) });
  const { result } = await stream.readMessage(libraryDeltaReplySchema, 'reply');
  assert.is(result, 'resync');
  assert.is(ann.network.peers()[0]?.games.size, 0);
});

test.run();
