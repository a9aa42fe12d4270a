import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { protocols } from '../../../app/core/protocol/index.ts';
import { until } from '../../support/eventually.ts';
import { labNode, type LabNode } from '../../support/network-lab.ts';
import { rawPeer, validHello } from '../../support/raw-peer.ts';

const laneOf = (digits: string) => ({ addresses: [{ host: '', port: 4_444 }], fingerprint: digits.repeat(32) });
/** The fingerprint that the byte lane trusts in the end. */
const trustedLast = (node: LabNode): string | undefined => node.trusted.at(-1)?.[1]?.fingerprint;

test('the byte lane trusts the new run of a peer that was started anew, and goes on to', async () => {
  await using ann = await labNode();
  await using bob = await rawPeer();
  for (const [instance, digits] of [
    ['run 1', 'aa'],
    ['run 2', 'bb'],
  ] as const) {
    const hello = validHello({ instance, name: instance, lane: laneOf(digits) });
    const answer = await bob.hello(await bob.dial(ann.address()), hello);
    await answer.readBytes(4);
    await until(`${instance} is there`, () => ann.network.peers()[0]?.name === instance);
  }
  assert.is(trustedLast(ann), laneOf('bb').fingerprint, JSON.stringify(ann.trusted));
});

test('a Hello that fails takes no trust from another one of the same peer that is under way', async () => {
  const trusts = Promise.withResolvers<void>();
  await using ann = await labNode({ trustLane: async (_, lane) => (lane ? await trusts.promise : undefined) });
  await using bob = await rawPeer();
  const answer = await bob.hello(await bob.dial(ann.address()), validHello({ lane: laneOf('aa') }));
  await until('the first is under way', () => ann.trusted.length === 1);
  const broken = await bob.hello(await bob.dial(ann.address()), { protocol: 1 });
  await broken.readSome(1).catch(() => undefined);
  await until('the second failed', () => ann.log.some(({ facts }) => facts['code'] === 'BAD_MESSAGE'));
  trusts.resolve();
  await answer.readBytes(4);
  await until('the session is there', () => ann.network.peers().length === 1);
  assert.is(trustedLast(ann), laneOf('aa').fingerprint, JSON.stringify(ann.trusted));
});

test('a session that ends takes no trust from a Hello of the same peer that is under way', async () => {
  const trusts = Promise.withResolvers<void>();
  await using ann = await labNode({
    trustLane: async (_, lane) => (lane?.fingerprint.startsWith('bb') ? await trusts.promise : undefined),
  });
  await using bob = await rawPeer();
  const first = await bob.dial(ann.address());
  await (await bob.hello(first, validHello({ lane: laneOf('aa') }))).readBytes(4);
  await until('the first session is there', () => ann.network.peers().length === 1);
  const next = validHello({ instance: 'run 2', lane: laneOf('bb') });
  const answer = await bob.hello(await bob.dial(ann.address()), next);
  await until('the second Hello is under way', () => ann.trusted.length === 2);
  first.abort(new Error('the first run ends'));
  await until('the first session is over', () => ann.network.peers().length === 0);
  trusts.resolve();
  await answer.readBytes(4);
  await until('the second session is there', () => ann.network.peers().length === 1);
  assert.is(trustedLast(ann), laneOf('bb').fingerprint, JSON.stringify(ann.trusted));
});

test('who fails to say Hello, or is lost, is trusted no more', async () => {
  await using ann = await labNode();
  await using bob = await rawPeer();
  const connection = await bob.dial(ann.address());
  await (await bob.hello(connection, validHello({ lane: laneOf('aa') }))).readBytes(4);
  await until('the session is there', () => ann.network.peers().length === 1);
  connection.abort(new Error('gone'));
  await until('trust ends', () => ann.trusted.length === 2);
  assert.is(trustedLast(ann), undefined);
});

test('a goodbye over a connection of before ends no newer session', async () => {
  await using ann = await labNode();
  await using bob = await rawPeer();
  // Authenticated, but no part of the session.
  const stray = await bob.dial(ann.address());
  await (await bob.hello(await bob.dial(ann.address()))).readBytes(4);
  await until('the session is there', () => ann.network.peers().length === 1);
  const goodbye = await bob.open(stray, protocols.goodbye);
  await goodbye.writeMessage({});
  await goodbye.readSome(1);
  assert.is(ann.network.peers().length, 1);
});

test.run();
