import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { connect as connectPlain, createServer as createPlainServer } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { LanspreadError, silentLogger, sleep, systemClock, untilAborted } from '../../../app/core/base/index.ts';
import { blockSizeBytes, encodeFrame, type LaneOffer } from '../../../app/core/protocol/index.ts';
import { createLaneCertificate, type LaneCertificate } from '../../../app/core/lanes/tls/certificate.ts';
import { createTlsLane, type TlsLane, type TlsLaneOptions } from '../../../app/core/lanes/index.ts';
import type { FetchRequest } from '../../../app/core/lanes/types.ts';
import { SharedGame } from '../../support/compliance/lane.ts';
import { patience } from '../../support/patience.ts';
import { tempDir } from '../../support/temp.ts';

interface Scene extends AsyncDisposable {
  readonly game: SharedGame;
  readonly server: TlsLane;
  readonly client: TlsLane;
  readonly asked: string[];
  /** Fetches blocks into the target; resolves with the numbers of the sound ones. */
  fetch(firstBlock: number, count: number, edit?: (request: FetchRequest) => FetchRequest): Promise<number[]>;
}

async function sceneOf(sizes: readonly number[], options: Partial<TlsLaneOptions> = {}): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir('hostile'));
  await mkdir(folder.join('source'));
  await mkdir(folder.join('target'));
  const game = await SharedGame.create(folder.join('source'), sizes);
  const asked: string[] = [];
  const base = { listenHosts: ['127.0.0.1'], clock: systemClock, logger: silentLogger };
  const server = stack.use(
    await createTlsLane({
      ...base,
      authorize: (peerId, request) => {
        asked.push(peerId);
        return game.authorize(peerId, request);
      },
      ...options,
    }),
  );
  const client = stack.use(
    await createTlsLane({ ...base, authorize: () => Promise.reject(new Error('serves nobody')) }),
  );
  await server.trust('client', { ...client.offer(), addresses: [] });
  await client.trust('server', server.offer());
  const owned = stack.move();
  return {
    game,
    server,
    client,
    asked,
    async fetch(firstBlock, count, edit = (request) => request) {
      const sound: number[] = [];
      const request = edit(game.fetchRequest('server', folder.join('target'), { firstBlock, count }));
      const listener = {
        onBytes() {},
        onBlock: (block: number, isSound: boolean) => void (isSound && sound.push(block)),
      };
      await client.fetch(request, listener, { signal: AbortSignal.timeout(30_000) });
      return sound.sort((a, b) => a - b);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'resolved';
  } catch (error) {
    return error instanceof LanspreadError ? error.code : `uncoded: ${String(error)}`;
  }
}

/** A handmade client with a certificate of its own. */
async function dial({ addresses }: LaneOffer, certificate: LaneCertificate, worker = 0): Promise<TLSSocket> {
  const address = addresses[worker];
  assert.ok(address);
  const socket = connect({
    host: address.host,
    port: address.port,
    cert: certificate.certificatePem,
    key: certificate.privateKeyPem,
    rejectUnauthorized: false,
  });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
}

async function untilClosed(socket: TLSSocket): Promise<void> {
  socket.resume();
  if (socket.closed) return;
  const closed = Promise.withResolvers<void>();
  socket.once('close', () => closed.resolve());
  await untilAborted(AbortSignal.timeout(10_000), () => closed.promise);
}

test('a stranger is cut off before anybody is asked', async () => {
  await using at = await sceneOf([100]);
  const socket = await dial(at.server.offer(), await createLaneCertificate(Date.now()));
  socket.write(encodeFrame(at.game.request(0, 1)));
  await untilClosed(socket);
  assert.equal(at.asked, []);
  assert.equal(await at.fetch(0, 1), [0]);
});

test('a client without a certificate is cut off', async () => {
  await using at = await sceneOf([100]);
  const [address] = at.server.offer().addresses;
  const socket = connect({ ...address, rejectUnauthorized: false });
  socket.on('error', () => {});
  await untilClosed(socket);
  assert.equal(at.asked, []);
});

test('a session of an older TLS version is refused', async () => {
  await using at = await sceneOf([100]);
  const [address] = at.server.offer().addresses;
  const socket = connect({ ...address, rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
  let isSecure = false;
  socket.on('secureConnect', () => {
    isSecure = true;
  });
  socket.on('error', () => {});
  await untilClosed(socket);
  assert.not(isSecure);
});

test('a server with another certificate than told is not used', async () => {
  await using at = await sceneOf([100]);
  await at.client.trust('server', { ...at.server.offer(), fingerprint: '0'.repeat(64) });
  assert.is(await codeOf(at.fetch(0, 1)), 'PEER_UNREACHABLE');
  assert.equal(at.asked, []);
  await at.client.trust('server', at.server.offer());
  assert.equal(await at.fetch(0, 1), [0], 'the right one works again');
});

test('a port where nobody listens is unreachable', async () => {
  await using at = await sceneOf([100]);
  const offer = at.server.offer();
  await at.server[Symbol.asyncDispose]();
  await at.client.trust('server', offer);
  assert.is(await codeOf(at.fetch(0, 1)), 'PEER_UNREACHABLE');
});

test('one of several addresses that works is found', async () => {
  await using at = await sceneOf([100]);
  const offer = at.server.offer();
  const dead = { host: '127.0.0.1', port: 1 };
  await at.client.trust('server', { ...offer, addresses: [dead, dead, ...offer.addresses] });
  assert.equal(await at.fetch(0, 1), [0]);
});

/** A lane that answers the first request of each connection, and sends so many bytes of what it promised. */
async function stingyLane(certificate: LaneCertificate, { promised, sent }: { promised: number; sent: number }) {
  const server = createServer({
    cert: certificate.certificatePem,
    key: certificate.privateKeyPem,
    requestCert: true,
    rejectUnauthorized: false,
  });
  const sockets = new Set<TLSSocket>();
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(encodeFrame({ ok: true, bytes: promised }));
      if (sent > 0) socket.write(Buffer.alloc(sent));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address && typeof address === 'object');
  return {
    offer: { addresses: [{ host: '127.0.0.1', port: address.port }], fingerprint: certificate.fingerprint },
    [Symbol.dispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

test('a lane that answers and brings no content is given up after 2 s, for all who wait', async () => {
  await using at = await sceneOf([6 * blockSizeBytes]);
  const certificate = await createLaneCertificate(Date.now());
  using lane = await stingyLane(certificate, { promised: blockSizeBytes, sent: 0 });
  await at.client.trust('server', lane.offer);
  const started = performance.now();
  const codes = await Promise.all([0, 1, 2, 3, 4, 5].map((block) => codeOf(at.fetch(block, 1))));
  assert.equal([...new Set(codes)], ['PEER_TIMEOUT']);
  const elapsedMs = performance.now() - started;
  assert.ok(elapsedMs > 1_900 && elapsedMs < 4_000 * patience, `it took ${Math.round(elapsedMs)} ms`);
});

test('a lane whose content has begun to come may pause for longer', async () => {
  await using at = await sceneOf([blockSizeBytes]);
  const certificate = await createLaneCertificate(Date.now());
  using lane = await stingyLane(certificate, { promised: blockSizeBytes, sent: 20_000 });
  await at.client.trust('server', lane.offer);
  const outcome = codeOf(at.fetch(0, 1));
  const longer = sleep(3_000).then(() => 'still waiting');
  assert.is(await Promise.race([outcome, longer]), 'still waiting');
  await at.client.trust('server', undefined);
  assert.is(await outcome, 'PEER_GONE');
});

test('a cancel ends a fetch at once whose lane does not answer the handshake', async () => {
  await using at = await sceneOf([blockSizeBytes]);
  const deaf = createPlainServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(deaf, 'listening');
  const address = deaf.address();
  assert.ok(address && typeof address === 'object');
  const offer = { addresses: [{ host: '127.0.0.1', port: address.port }], fingerprint: '0'.repeat(64) };
  await at.client.trust('server', offer);
  const ending = new AbortController();
  const request = at.game.fetchRequest('server', '/nowhere', { firstBlock: 0, count: 1 });
  const outcome = codeOf(at.client.fetch(request, { onBytes() {}, onBlock() {} }, { signal: ending.signal }));
  const [socket] = await once(deaf, 'connection');
  const started = performance.now();
  ending.abort();
  assert.is(await outcome, 'CANCELLED');
  assert.ok(performance.now() - started < 1_000 * patience);
  socket.destroy();
  deaf.close();
});

test('who claims the certificate of another peer gets nothing of its, from either side', async () => {
  await using at = await sceneOf([blockSizeBytes]);
  await using stack = new AsyncDisposableStack();
  const options = { listenHosts: ['127.0.0.1'], clock: systemClock, logger: silentLogger, peerId: 'honest' };
  const honest = stack.use(
    await createTlsLane({ ...options, authorize: (peerId, request) => at.game.authorize(peerId, request) }),
  );
  // As the serving side: the honest peer's requests count as its own, whoever claimed its certificate first.
  await at.server.trust('mallory', honest.offer());
  await at.server.trust('honest', honest.offer());
  await honest.trust('server', at.server.offer());
  const request = at.game.fetchRequest('server', stack.use(await tempDir('claimed')).path, { firstBlock: 0, count: 1 });
  const listener = { onBytes() {}, onBlock() {} };
  await honest.fetch(request, listener, { signal: AbortSignal.timeout(30_000) });
  assert.equal(at.asked, ['honest']);
  await at.server.trust('honest', undefined);
  assert.is(await codeOf(honest.fetch(request, listener, { signal: AbortSignal.timeout(30_000) })), 'PEER_UNREACHABLE');
  // As the asking side: bytes from the honest peer are not taken for Mallory's.
  await at.client.trust('mallory', honest.offer());
  await honest.trust('client', { ...at.client.offer(), addresses: [] });
  assert.is(await codeOf(at.fetch(0, 1, (one) => ({ ...one, peerId: 'mallory' }))), 'PEER_UNREACHABLE');
});

test('requests that are not requests end their connection alone', async () => {
  await using at = await sceneOf([3 * blockSizeBytes]);
  const rogue = await createLaneCertificate(Date.now());
  await at.server.trust('rogue', { addresses: [], fingerprint: rogue.fingerprint });
  const nonsense: Buffer[] = [
    Buffer.from([0xff, 0xff, 0xff, 0xff]),
    Buffer.concat([Buffer.from([0, 0, 0, 2]), Buffer.from('{}')]),
    Buffer.concat([Buffer.from([0, 0, 0, 4]), Buffer.from([0xff, 0xfe, 0xfd, 0xfc])]),
    encodeFrame({ ...at.game.request(0, 1), count: -1 }),
    encodeFrame({ ...at.game.request(0, 1), count: 1e9 }),
    encodeFrame({ ...at.game.request(0, 1), root: 'x' }),
  ];
  const fetching = at.fetch(0, 3);
  for (const bytes of nonsense) {
    const socket = await dial(at.server.offer(), rogue);
    socket.write(bytes);
    await untilClosed(socket);
  }
  assert.equal(await fetching, [0, 1, 2]);
  assert.not(at.asked.includes('rogue'));
});

test('bytes that are no TLS do not disturb', async () => {
  await using at = await sceneOf([100]);
  const [address] = at.server.offer().addresses;
  assert.ok(address);
  const socket = connectPlain(address.port, address.host);
  socket.on('error', () => {});
  socket.end('GET / HTTP/1.1\r\n\r\n');
  socket.resume();
  await once(socket, 'close', { signal: AbortSignal.timeout(10_000) });
  assert.equal(await at.fetch(0, 1), [0]);
});

test('a peer that asks and does not read holds up nobody', async () => {
  await using at = await sceneOf([16 * blockSizeBytes]);
  const rogue = await createLaneCertificate(Date.now());
  await at.server.trust('rogue', { addresses: [], fingerprint: rogue.fingerprint });
  const sockets: TLSSocket[] = [];
  for (let index = 0; index < 8; index += 1) {
    const socket = await dial(at.server.offer(), rogue, index % 2);
    for (let ask = 0; ask < 50; ask += 1) socket.write(encodeFrame(at.game.request(0, 16)));
    sockets.push(socket);
  }
  assert.equal((await at.fetch(0, 16)).length, 16);
  assert.ok(at.asked.filter((peerId) => peerId === 'rogue').length <= 16, 'two requests a connection are looked at');
  for (const socket of sockets) socket.destroy();
});

test('a peer that is forgotten is cut off in the middle', async () => {
  await using at = await sceneOf([64 * blockSizeBytes], {
    uploadLimits: { totalBytesPerSecond: 20 * 1024 * 1024, perPeerBytesPerSecond: undefined, maxPeers: undefined },
  });
  const code = codeOf(at.fetch(0, 64));
  const moved = Promise.withResolvers<void>();
  using _listening = at.client.onPeerBytes(() => moved.resolve());
  await moved.promise;
  await at.server.trust('client', undefined);
  assert.ok(['PEER_GONE', 'PEER_UNREACHABLE'].includes(await code));
});

test('the upload limit holds over all connections and workers', async () => {
  const mib = 1024 * 1024;
  await using at = await sceneOf([8 * blockSizeBytes], {
    uploadLimits: { totalBytesPerSecond: 16 * mib, perPeerBytesPerSecond: undefined, maxPeers: undefined },
  });
  const started = performance.now();
  await Promise.all([at.fetch(0, 2), at.fetch(2, 2), at.fetch(4, 2), at.fetch(6, 2)]);
  const seconds = (performance.now() - started) / 1000;
  assert.ok(seconds > 1.7, `32 MiB at 16 MiB/s took ${seconds} s`);
  at.server.setUploadLimits({
    totalBytesPerSecond: undefined,
    perPeerBytesPerSecond: undefined,
    maxPeers: undefined,
  });
  assert.equal((await at.fetch(0, 8)).length, 8, 'and can be lifted');
});

test('it tells who was served and that bytes move', async () => {
  await using at = await sceneOf([2 * blockSizeBytes]);
  const served = Promise.withResolvers<object>();
  const signs: number[] = [];
  using _served = at.server.onDidServe((facts) => served.resolve(facts));
  using _signs = at.client.onPeerBytes(({ bytes }) => signs.push(bytes));
  await at.fetch(0, 2);
  const bytes = 2 * blockSizeBytes;
  assert.equal(await served.promise, { peerId: 'client', gameId: 'game', bytes, refusedWith: undefined });
  assert.ok(signs.length >= 1);
  assert.equal(at.client.traffic(), [{ peerId: 'server', bytesIn: bytes, bytesOut: 0 }]);
});

test('a worker that crashes fails its fetch with a code and is started again', async () => {
  await using at = await sceneOf([3 * blockSizeBytes]);
  const offer = at.client.offer();
  // No type lets a length that is no number through; it throws where nothing catches, as a bug would.
  const poison = (request: FetchRequest): FetchRequest => ({
    ...request,
    files: request.files.map((file) => ({
      ...file,
      blocks: file.blocks.map((block) => ({ ...block, lengthBytes: 1n as unknown as number })),
    })),
  });
  assert.is(await codeOf(at.fetch(0, 1, poison)), 'PEER_GONE');
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const codes = await Promise.all([0, 1, 2].map((block) => codeOf(at.fetch(block, 1))));
    if (codes.every((code) => code === 'resolved')) {
      assert.equal(at.client.offer(), offer, 'on the same ports');
      return;
    }
    for (const code of codes) assert.ok(['resolved', 'PEER_GONE', 'PEER_UNREACHABLE'].includes(code), code);
    await sleep(100);
  }
  assert.unreachable('the worker did not come back');
});

test('a fixed port is that of the first worker, and the others take the next ones', async () => {
  const free = createPlainServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const address = free.address();
  assert.ok(address && typeof address === 'object');
  free.close();
  await once(free, 'close');
  const { port } = address;
  await using at = await sceneOf([100], { port, workers: 3 });
  assert.equal(
    at.server.offer().addresses.map((one) => one.port),
    [port, port + 1, port + 2],
  );
  assert.equal(await at.fetch(0, 1), [0]);
});

test('an address that cannot be listened on is a coded error', async () => {
  const options = { listenHosts: ['192.0.2.1'], clock: systemClock, logger: silentLogger };
  const code = await codeOf(createTlsLane({ ...options, authorize: () => Promise.reject(new Error('nobody')) }));
  assert.is(code, 'IO_ERROR');
});

test.run();
