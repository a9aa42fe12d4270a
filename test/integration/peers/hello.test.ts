import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError } from '../../../app/core/base/index.ts';
import { z } from 'zod';
import { PROTOCOL_VERSION, protocols } from '../../../app/core/protocol/index.ts';
import { until } from '../../support/eventually.ts';
import { codeOf, gameOf, labNode, next } from '../../support/network-lab.ts';
import { rawPeer, validHello } from '../../support/raw-peer.ts';
import { firstTransport, transports } from '../../support/transports.ts';

const fingerprint = 'ab'.repeat(32);
const lane = { addresses: [{ host: '', port: 4_444 }], fingerprint };

for (const transport of transports) {
  test(`two nodes know each other's whole library after one connect over ${transport}`, async () => {
    await using ann = await labNode({ name: 'Ann', games: [gameOf('anns')], lane });
    await using bob = await labNode({ name: 'Bob', games: [gameOf('bobs'), gameOf('more')] });
    const called = next(bob.network.onDidConnect);
    const peerId = await ann.network.connect(bob.address(transport));
    const atBob = await called;
    const atAnn = ann.network.get(peerId);
    assert.is(peerId, bob.network.peerId);
    assert.is(atAnn?.name, 'Bob');
    assert.is(atAnn?.transport, transport);
    assert.equal([...(atAnn?.games.keys() ?? [])], ['bobs', 'more']);
    assert.is(atAnn?.lane, undefined);
    assert.is(atBob.peerId, ann.network.peerId);
    assert.is(atBob.name, 'Ann');
    assert.equal([...atBob.games.keys()], ['anns']);
    assert.equal(atBob.lane, { addresses: [{ host: '127.0.0.1', port: 4_444 }], fingerprint }, 'the host is filled in');
    assert.ok(
      atBob.addresses.includes(ann.address(transport)),
      'where it can be called back, not where it called from',
    );
    assert.equal(bob.trusted[0], [ann.network.peerId, atBob.lane]);
    assert.is(bob.known[0]?.peerId, ann.network.peerId);
    assert.equal(bob.known[0]?.addresses, atBob.addresses);
    assert.is(await ann.network.connect(bob.address(transport)), peerId, 'who is there already is not called again');
    assert.is(ann.events.filter(({ kind }) => kind === 'connect').length, 1);
  });

  test(`two nodes that call each other at once over ${transport} get one lasting session`, async () => {
    await using ann = await labNode();
    await using bob = await labNode();
    await Promise.all([ann.network.connect(bob.address(transport)), bob.network.connect(ann.address(transport))]);
    // Longer than the two connections stay side by side.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    for (const [self, other] of [
      [ann, bob],
      [bob, ann],
    ] as const) {
      assert.equal(
        self.events.filter(({ kind }) => kind !== 'change'),
        [{ kind: 'connect', peerId: other.network.peerId }],
      );
      assert.is(self.network.peers().length, 1);
      self.network.handle('/test/who', async (stream) => await stream.writeMessage(self.network.peerId));
    }
    for (const [self, other] of [
      [ann, bob],
      [bob, ann],
    ] as const) {
      const stream = await self.network.open(other.network.peerId, '/test/who');
      assert.is(await stream.readMessage(z.string(), 'answer'), other.network.peerId);
    }
  });
}

test('a node that listens nowhere but TCP says so and is reached', async () => {
  await using ann = await labNode({ useQuic: false });
  await using bob = await labNode();
  assert.equal(ann.network.transports, ['tcp']);
  assert.equal(bob.network.transports, transports);
  assert.ok(ann.network.addresses().every((address) => address.includes('/tcp/')));
  await bob.network.connect(ann.address());
  assert.is(bob.network.get(ann.network.peerId)?.transport, 'tcp');
  assert.is(await codeOf(ann.network.connect('/ip4/127.0.0.1/udp/9/quic-v1')), 'PEER_UNREACHABLE');
});

test('the byte lane trusts the caller before Hello is answered, and the called before the session opens', async () => {
  const atBob = Promise.withResolvers<void>();
  const atAnn = Promise.withResolvers<void>();
  await using ann = await labNode({ trustLane: () => atAnn.promise });
  await using bob = await labNode({ lane, trustLane: () => atBob.promise });
  const connecting = ann.network.connect(bob.address());
  await until('bob was asked to trust', () => bob.trusted.length === 1);
  assert.equal(ann.trusted, [], 'no answer yet');
  atBob.resolve();
  await until('ann was asked to trust', () => ann.trusted.length === 1);
  assert.equal(ann.trusted[0]?.[1]?.fingerprint, fingerprint);
  assert.equal(ann.network.peers(), []);
  atAnn.resolve();
  await connecting;
  assert.is(ann.network.peers().length, 1);
});

test('a stream that comes while the session opens on this side is served once it is open', async () => {
  const trusts = Promise.withResolvers<void>();
  await using ann = await labNode({ trustLane: () => trusts.promise });
  await using bob = await labNode();
  ann.network.handle('/test/hi', async (stream) => await stream.writeMessage('hi'));
  const opened = next(bob.network.onDidConnect);
  const connecting = ann.network.connect(bob.address());
  const { peerId } = await opened;
  assert.equal(ann.network.peers(), []);
  const stream = await bob.network.open(peerId, '/test/hi');
  const answer = stream.readMessage(z.string(), 'answer');
  trusts.resolve();
  assert.is(await answer, 'hi');
  await connecting;
});

test('nothing is served to somebody who said no Hello', async () => {
  await using ann = await labNode();
  await using mallory = await rawPeer();
  let served = 0;
  ann.network.handle('/test/hi', async () => void (served += 1));
  const connection = await mallory.dial(ann.address());
  const stream = await mallory.open(connection, '/test/hi');
  assert.is.not(await codeOf(stream.readBytes(1)), 'no error');
  const delta = await mallory.open(connection, protocols.library);
  const answered = async (): Promise<void> => {
    await delta.writeMessage(ann.library.change({ put: [gameOf('x')] }));
    await delta.readBytes(1);
  };
  assert.is.not(await codeOf(answered()), 'no error');
  assert.is(served, 0);
  assert.equal(ann.network.peers(), []);
});

test('a node never connects to itself, by identity or by address', async () => {
  await using ann = await labNode();
  for (const transport of transports) {
    const own = ann.address(transport);
    assert.is(await codeOf(ann.network.connect(own)), 'SELF_CONNECT');
    assert.is(await codeOf(ann.network.connect(own.replace(/\/p2p\/.*/, ''))), 'SELF_CONNECT');
    assert.is(await codeOf(ann.network.connect(own.replace('127.0.0.1', '127.0.0.2'))), 'SELF_CONNECT');
  }
  assert.equal(ann.network.peers(), []);
});

test('a node that is reached by an address it does not know as its own hangs up', async () => {
  // 127.0.0.2 reaches what listens on 0.0.0.0 as well, and the handshake is what tells.
  await using ann = await labNode({ listenHosts: ['0.0.0.0'] });
  const port = /\/tcp\/(\d+)/.exec(ann.address())?.[1] ?? '';
  await using relay = await forward(Number(port));
  assert.is(await codeOf(ann.network.connect(`/ip4/127.0.0.1/tcp/${relay.port}`)), 'SELF_CONNECT');
  assert.equal(ann.network.peers(), []);
});

test('addresses that are none, and addresses where nobody answers, are refused with their codes', async () => {
  await using ann = await labNode();
  await using bob = await labNode();
  assert.is(await codeOf(ann.network.connect('nonsense')), 'INVALID_ADDRESS');
  assert.is(await codeOf(ann.network.connect('/ip4/127.0.0.1/tcp/1')), 'PEER_UNREACHABLE');
  const impostor = `${ann.address().replace(/\/p2p\/.*/, '')}/p2p/${bob.network.peerId}`;
  assert.is(await codeOf(bob.network.connect(impostor)), 'SELF_CONNECT');
  const wrongId = `${bob.address().replace(/\/p2p\/.*/, '')}/p2p/${(await strangerId()) ?? ''}`;
  assert.is(await codeOf(ann.network.connect(wrongId)), 'PEER_UNREACHABLE');
  const given = AbortSignal.abort();
  assert.is(await codeOf(ann.network.connect(bob.address(), { signal: given })), 'CANCELLED');
});

for (const transport of transports)
  test(`a peer of another protocol version is told of and not talked to, whoever calls (${transport})`, async () => {
    await using ann = await labNode();
    await using mallory = await rawPeer();
    const other = { protocol: PROTOCOL_VERSION + 1, anything: ['else', { it: 'likes' }] };
    // It calls.
    const told = next(ann.network.onDidFindIncompatible);
    const answer = await mallory.hello(await mallory.dial(ann.address(transport)), other);
    const { protocol } = await answer.readMessage(z.object({ protocol: z.int() }), 'answer');
    assert.is(protocol, PROTOCOL_VERSION, 'the other side learns our version too');
    const { peerId, reason } = await told;
    assert.is(peerId, mallory.peerId);
    assert.match(reason, /version 2/);
    // It is called.
    await mallory.serve(protocols.hello, async (stream) => {
      await stream.writeMessage(other);
      await stream.close();
    });
    assert.is(await codeOf(ann.network.connect(mallory.address(transport))), 'INCOMPATIBLE_PEER');
    assert.equal(ann.network.peers(), []);
    assert.equal(
      ann.trusted.filter(([, offer]) => offer),
      [],
    );
  });

test('games that the local catalog does not know are not shown, until it knows them', async () => {
  const knownGames = new Set(['known']);
  await using ann = await labNode({ knownGames });
  await using bob = await labNode({ games: [gameOf('known'), gameOf('unknown')] });
  const peerId = await ann.network.connect(bob.address());
  const shown = (): string[] => [...(ann.network.get(peerId)?.games.keys() ?? [])];
  assert.equal(shown(), ['known']);
  // Changes go on to be checked against the whole, so this one does not break the chain.
  const changed = next(ann.network.onDidChange);
  bob.network.publish(bob.library.change({ put: [gameOf('unknown', { version: '2.0' })] }));
  assert.equal([...(await changed).games.keys()], ['known']);
  knownGames.add('unknown');
  const rechecked = next(ann.network.onDidChange);
  ann.network.recheckGames();
  assert.is((await rechecked).games.get(gameOf('unknown').id)?.version, '2.0');
  assert.equal(shown(), ['known', 'unknown']);
});

test('a peer that was started anew, on another port, is one new session and no second peer', async () => {
  await using ann = await labNode();
  await using mallory = await rawPeer();
  // The first run vanishes without a word: its connection stays open at the other side.
  const first = await mallory.hello(await mallory.dial(ann.address(firstTransport)), validHello({ instance: 'run 1' }));
  await first.readBytes(4);
  await until('the first run is there', () => ann.network.peers().length === 1);
  const again = await mallory.hello(
    await mallory.dial(ann.address(firstTransport)),
    validHello({ instance: 'run 2', name: 'again' }),
  );
  await again.readBytes(4);
  await until('the second run is there', () => ann.network.peers()[0]?.name === 'again');
  assert.is(ann.network.peers().length, 1);
  assert.equal(
    ann.events.filter(({ kind }) => kind !== 'change').map(({ kind, reason }) => [kind, reason]),
    [
      ['connect', undefined],
      ['lose', 'closed'],
      ['connect', undefined],
    ],
  );
});

test('a new name reaches everybody', async () => {
  await using ann = await labNode({ name: 'old' });
  await using bob = await labNode();
  await ann.network.connect(bob.address());
  await until('connected', () => bob.network.peers().length === 1);
  const changed = next(bob.network.onDidChange, ({ name }) => name === 'new');
  ann.network.setName('new');
  assert.is(ann.network.name, 'new');
  await changed;
  assert.is(bob.events.filter(({ kind }) => kind === 'connect').length, 1);
});

async function strangerId(): Promise<string | undefined> {
  await using stranger = await rawPeer();
  return stranger.peerId;
}

/** A TCP port that leads to another one, as a router's forwarding does. */
async function forward(port: number) {
  const server = createServer((inbound) => {
    const outbound = connect(port, '127.0.0.1');
    inbound.pipe(outbound).pipe(inbound);
    inbound.on('error', () => outbound.destroy());
    outbound.on('error', () => inbound.destroy());
    inbound.on('close', () => outbound.destroy());
    outbound.on('close', () => inbound.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('no port');
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}

test('names that peers tell are cleaned: no terminal escapes, no turned writing, no endless length', async () => {
  await using ann = await labNode();
  await using raw = await rawPeer();
  const connection = await raw.dial(ann.address('tcp'));
  const name = `\u001b[2J\u001b]0;owned\u0007Mal\u202elory\u200b ${'x'.repeat(2_000)}`;
  await raw.hello(connection, validHello({ name }));
  await until('it has a session', () => ann.network.peers().length === 1);
  const shown = ann.network.peers()[0]?.name ?? '';
  assert.match(shown, /^\[2J\]0;ownedMallory x{1,256}$/);
  assert.ok(Buffer.byteLength(shown) <= 256);
});

test('a fixed port is listened on, for UDP and TCP, and a taken one says so', async () => {
  const port = await freePort();
  await using ann = await labNode({ port });
  assert.ok(ann.network.addresses().length > 0);
  for (const address of ann.network.addresses()) assert.match(address, `/${port}/`);
  const taken = await labNode({ port }).catch((error: unknown) => error);
  assert.ok(taken instanceof LanspreadError && taken.code === 'IO_ERROR', String(taken));
  assert.match(taken.message, `Port ${port} cannot be listened on`);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

test.run();
