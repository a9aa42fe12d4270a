import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { proofOf } from '../../../app/core/peers/session/room.ts';
import type { Announcement, Discovery } from '../../../app/core/peers/discovery/types.ts';
import { protocols, roomAnswerSchema } from '../../../app/core/protocol/index.ts';
import { codeOf, gameOf, labNode, next } from '../../support/network-lab.ts';
import { until } from '../../support/eventually.ts';
import { MemoryLan } from '../../support/memory-discovery.ts';
import { rawPeer } from '../../support/raw-peer.ts';
import { transports } from '../../support/transports.ts';

const key = Buffer.alloc(32, 7);
const otherKey = Buffer.alloc(32, 8);
const secret = 'secretgame';

for (const transport of transports) {
  test(`who has the room's key is in it, from either side, over ${transport}`, async () => {
    await using ann = await labNode({ name: 'Ann', games: [gameOf(secret)], roomKey: key });
    await using bob = await labNode({ name: 'Bob', games: [gameOf('bobs')], roomKey: key });
    const called = next(bob.network.onDidConnect);
    const peerId = await ann.network.connect(bob.address(transport));
    assert.equal([...((await called).games.keys() ?? [])], [secret]);
    assert.equal([...(ann.network.get(peerId)?.games.keys() ?? [])], ['bobs']);
  });

  for (const [who, roomKey] of [
    ['without a key', undefined],
    ['with another key', otherKey],
  ] as const) {
    test(`a PC ${who} neither gets into a closed room nor is told anything, whoever calls, over ${transport}`, async () => {
      await using inside = await labNode({ games: [gameOf(secret)], roomKey: key });
      await using stranger = await labNode({ games: [gameOf('own')], roomKey });
      assert.is(await codeOf(stranger.network.connect(inside.address(transport))), 'ROOM_CLOSED');
      assert.is(await codeOf(inside.network.connect(stranger.address(transport))), 'ROOM_CLOSED');
      assert.equal([inside.network.peers(), stranger.network.peers()], [[], []]);
      assert.equal(
        inside.trusted.filter(([, lane]) => lane !== undefined),
        [],
        'the byte lane trusts nobody',
      );
    });
  }
}

test('a closed room announces no names to the network, and tells them to its own', async () => {
  const announced: string[] = [];
  const lan = new MemoryLan();
  const discovery = (announcement: Announcement): Discovery => {
    announced.push(announcement.name);
    const one = lan.join(announcement, { address: '127.0.0.1' });
    const update = one.update.bind(one);
    one.update = (news) => {
      announced.push(news.name ?? '');
      update(news);
    };
    return one;
  };
  await using ann = await labNode({ name: 'Ann', roomKey: key, discovery });
  await using bob = await labNode({ name: 'Bob', roomKey: key, discovery });
  await until('they meet', () => ann.network.peers()[0]?.name === 'Bob');
  bob.network.setName('Robert');
  await until('Ann hears of it', () => ann.network.peers()[0]?.name === 'Robert');
  assert.equal([...new Set(announced)], ['']);
});

test('a stranger that speaks the protocols by hand gets no byte that names a game', async () => {
  await using inside = await labNode({ games: [gameOf(secret)], roomKey: key });
  await using raw = await rawPeer();
  const connection = await raw.dial(inside.address('tcp'));
  const answer = await (await raw.hello(connection)).readMessage(z.record(z.string(), z.unknown()), 'answer');
  assert.equal(answer, { protocol: 1, closedRoom: true });
  for (const protocol of [protocols.library, protocols.game, protocols.have, protocols.blocks]) {
    const stream = await raw.open(connection, protocol).catch(() => undefined);
    const heard = await stream?.readSome(1).catch(() => undefined);
    assert.is(heard, undefined, protocol);
  }
});

test('a proof of another run, of the other direction, or for somebody else proves nothing', async () => {
  await using inside = await labNode({ games: [gameOf(secret)], roomKey: key });
  await using raw = await rawPeer();
  const calleeId = inside.network.peerId;
  const connection = await raw.dial(inside.address('tcp'));
  const callerNonce = 'ab'.repeat(32);
  const proofs = (calleeNonce: string, theirs: string): string[] => [
    theirs,
    proofOf(key, 'callee', { callerId: raw.peerId, calleeId, callerNonce, calleeNonce }),
    proofOf(key, 'caller', { callerId: raw.peerId, calleeId, callerNonce, calleeNonce: callerNonce }),
    proofOf(key, 'caller', { callerId: calleeId, calleeId: raw.peerId, callerNonce, calleeNonce }),
    proofOf(otherKey, 'caller', { callerId: raw.peerId, calleeId, callerNonce, calleeNonce }),
  ];
  for (let index = 0; index < 5; index += 1) {
    const stream = await raw.open(connection, protocols.room);
    await stream.writeMessage({ nonce: callerNonce });
    const { nonce, proof } = await stream.readMessage(roomAnswerSchema, 'answer');
    await stream.writeMessage({ proof: proofs(nonce, proof)[index] });
    await stream.readSome(1).catch(() => undefined);
    const answer = await (await raw.hello(connection)).readMessage(z.record(z.string(), z.unknown()), 'answer');
    assert.is(answer['closedRoom'], true, `proof ${index}`);
  }
  // The right one, so that the wrong ones were refused for what they are.
  const stream = await raw.open(connection, protocols.room);
  await stream.writeMessage({ nonce: callerNonce });
  const { nonce: calleeNonce } = await stream.readMessage(roomAnswerSchema, 'answer');
  await stream.writeMessage({
    proof: proofOf(key, 'caller', { callerId: raw.peerId, calleeId, callerNonce, calleeNonce }),
  });
  await stream.readSome(1);
  const answer = await (await raw.hello(connection)).readMessage(z.record(z.string(), z.unknown()), 'answer');
  assert.match(JSON.stringify(answer), secret);
});

test.run();
