import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket, WebSocketServer } from 'ws';
import { Emitter, LanspreadError, silentLogger } from '../../../app/core/base/index.ts';
import {
  connectRpc,
  startRpcServer,
  type Commands,
  type CoreEvent,
  type RpcServer,
} from '../../../app/core/rpc/index.ts';
import { keyIdOf, proofsOf } from '../../../app/core/rpc/proof.ts';
import { codeOf } from '../../support/failure.ts';

const uiDirectory = fileURLToPath(new URL('../../../app/ui/dist', import.meta.url));
const coverPath = fileURLToPath(new URL('../../../fixtures/catalog/covers/amber-convoy.svg', import.meta.url));

interface Rig {
  server: RpcServer;
  events: Emitter<CoreEvent>;
}

const test = suite<Rig>('the RPC server');

test.before.each(async (rig) => {
  rig.events = new Emitter<CoreEvent>();
  const invoke = async (name: string, params: unknown): Promise<unknown> => {
    if (name === 'fail') throw new LanspreadError('NOT_IN_CATALOG', { details: { gameId: 'x' } });
    return { name, params };
  };
  // The server knows commands by `invokeUnknown` alone.
  const commands: Commands = { invokeUnknown: invoke, invoke: invoke as never, forClient: () => commands };
  rig.server = await startRpcServer({
    api: { commands, events: rig.events.event },
    uiDirectory,
    coverPath: (gameId) => (gameId === 'quake' ? coverPath : undefined),
    logger: silentLogger,
  });
});

test.after.each(async ({ server }) => {
  await server[Symbol.asyncDispose]();
});

function get(
  port: number,
  path: string,
  {
    method = 'GET',
    host = `127.0.0.1:${port}`,
    headers = {},
  }: { method?: string; host?: string; headers?: Record<string, string> } = {},
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request({ host: '127.0.0.1', port, path, method, headers: { ...headers, host } }, (response) => {
    response.resume();
    resolve(response);
  })
    .on('error', reject)
    .end();
  return promise;
}

/** The HTTP status with which a WebSocket is refused, or `open`. */
function tryWebSocket(port: number, headers: Record<string, string>): Promise<number | 'open'> {
  const { promise, resolve } = Promise.withResolvers<number | 'open'>();
  const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc`, ['lanspread'], { headers });
  socket.on('unexpected-response', (_request, response) => {
    resolve(response.statusCode ?? 0);
    socket.terminate();
  });
  socket.on('error', () => {});
  socket.on('open', () => {
    resolve('open');
    socket.terminate();
  });
  return promise;
}

/** Sends these messages one by one, each after an answer; the code that the core closes with. */
async function closeCodeFor(port: number, messages: readonly string[]): Promise<number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc`, ['lanspread']);
  const closed = Promise.withResolvers<number>();
  const left = [...messages];
  const next = (): void => socket.send(left.shift() ?? 'nothing more');
  socket.on('open', next);
  socket.on('message', next);
  socket.on('close', closed.resolve);
  return await closed.promise;
}

/** Somebody on the port of a core that is gone: keeps all it is told, and answers as it is told to. */
async function impostor(
  answer: (hello: string) => string,
): Promise<{ port: number; heard: string[] } & AsyncDisposable> {
  const heard: string[] = [];
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'lanspread' });
  server.on('connection', (socket, request) => {
    heard.push(JSON.stringify([request.url, request.headers]));
    socket.on('message', (message: Buffer) => {
      heard.push(message.toString());
      socket.send(answer(message.toString()));
    });
  });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    heard,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('whoever knows the token commands the core, and hears its events', async ({ server, events }) => {
  using client = await connectRpc(server);
  assert.equal(await client.invoke('status', {}), { name: 'status', params: {} });
  const heard = Promise.withResolvers<CoreEvent>();
  client.events((event) => heard.resolve(event));
  events.fire({ event: 'peer-count-changed', count: 3, at: '2026-01-01T00:00:00.000Z' });
  assert.equal((await heard.promise).event, 'peer-count-changed');
});

test('a refusal keeps its code and its details on the way', async ({ server }) => {
  using client = await connectRpc(server);
  try {
    await client.invoke('fail' as 'status', {});
    assert.unreachable();
  } catch (error) {
    assert.instance(error, LanspreadError);
    const { code, details } = error as LanspreadError;
    assert.equal([code, details['gameId']], ['NOT_IN_CATALOG', 'x']);
  }
});

test('another origin and a rebound host name are refused', async ({ server: { port } }) => {
  assert.is(await tryWebSocket(port, { origin: 'https://elsewhere.example' }), 403);
  assert.is(await tryWebSocket(port, { host: `elsewhere.example:${port}` }), 403);
  assert.is(await tryWebSocket(port, { origin: `http://127.0.0.1:${port}` }), 'open');
  assert.is((await get(port, '/', { host: `elsewhere.example:${port}` })).statusCode, 421);
});

test('whoever cannot prove the token gives no command', async ({ server, server: { port, token } }) => {
  const nonce = 'ab'.repeat(32);
  const keys = [await keyIdOf(token)];
  const command = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'status', params: {} });
  assert.is(await closeCodeFor(port, [command]), 4401, 'a command without a proof');
  assert.is(await closeCodeFor(port, ['']), 4401, 'nothing');
  assert.is(await closeCodeFor(port, [JSON.stringify({ keys: ['f'.repeat(64)], nonce })]), 4401, 'an unknown key');
  assert.is(await closeCodeFor(port, [JSON.stringify({ keys: [token], nonce })]), 4401, 'the token in place of its id');
  const hello = JSON.stringify({ keys, nonce });
  assert.is(await closeCodeFor(port, [hello, command]), 4401, 'a command in place of the proof');
  assert.is(await closeCodeFor(port, [hello, JSON.stringify({ proof: 'f'.repeat(64) })]), 4401, 'a wrong proof');
  assert.is(await codeOf(connectRpc({ port, token: 'f'.repeat(64) })), 'PEER_UNREACHABLE');
  using client = await connectRpc(server);
  assert.ok(await client.invoke('status', {}));
});

test('a proof of one connection is worth nothing on another', async ({ server: { port, token } }) => {
  const hello = JSON.stringify({ keys: [await keyIdOf(token)], nonce: 'cd'.repeat(32) });
  const { client } = await proofsOf(token, { port, clientNonce: 'cd'.repeat(32), coreNonce: 'ef'.repeat(32) });
  assert.is(await closeCodeFor(port, [hello, JSON.stringify({ proof: client })]), 4401);
});

test('somebody else on the port learns neither token nor proof', async ({ server: { token } }) => {
  const answers = [
    (): string => 'no JSON',
    (): string => JSON.stringify({ key: 'f'.repeat(64), nonce: 'ab'.repeat(32), proof: 'cd'.repeat(32) }),
    (hello: string): string => {
      const { keys, nonce } = JSON.parse(hello) as { keys: string[]; nonce: string };
      return JSON.stringify({ key: keys[0], nonce, proof: nonce });
    },
  ];
  for (const answer of answers) {
    await using other = await impostor(answer);
    assert.is(await codeOf(connectRpc({ port: other.port, token })), 'PEER_UNREACHABLE');
    assert.is(other.heard.length, 2, 'one hello, and no proof after it');
    assert.not.ok(other.heard.join().includes(token));
  }
});

test('somebody who passes the proof of the real core on from another port is not believed', async ({ server }) => {
  const { port, token } = server;
  const relayed = new WebSocket(`ws://127.0.0.1:${port}/rpc`, ['lanspread']);
  await once(relayed, 'open');
  // The impostor answers with what the core answered to the same hello.
  const listener = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'lanspread' });
  listener.on('connection', (socket) => {
    socket.once('message', (hello: Buffer) => relayed.send(hello.toString()));
    relayed.on('message', (answer: Buffer) => socket.send(answer.toString()));
  });
  await once(listener, 'listening');
  try {
    const { port: otherPort } = listener.address() as AddressInfo;
    assert.is(await codeOf(connectRpc({ port: otherPort, token })), 'PEER_UNREACHABLE');
  } finally {
    relayed.terminate();
    for (const client of listener.clients) client.terminate();
    listener.close();
  }
});

test('clients that prove nothing do not keep others out', async ({ server, server: { port } }) => {
  const silent = Array.from({ length: 80 }, () => new WebSocket(`ws://127.0.0.1:${port}/rpc`, ['lanspread']));
  for (const socket of silent) socket.on('error', () => {});
  await Promise.all(silent.map((socket) => once(socket, 'open')));
  using client = await connectRpc(server);
  assert.ok(await client.invoke('status', {}));
  for (const socket of silent) socket.terminate();
});

test('each start has a token of its own; an open window goes on with the next core, other programs do not', async ({
  server: first,
}) => {
  const earlier = { port: first.port, windowKeys: [first.windowKey] };
  await first[Symbol.asyncDispose]();
  const commands: Commands = {
    invokeUnknown: async () => 'next',
    invoke: (async () => 'next') as never,
    forClient: () => commands,
  };
  const events = new Emitter<CoreEvent>().event;
  const options = { uiDirectory: undefined, coverPath: () => undefined, logger: silentLogger };
  await using next = await startRpcServer({ ...options, api: { commands, events }, earlier });
  assert.is(next.port, first.port);
  assert.is.not(next.token, first.token);
  assert.is(await codeOf(connectRpc(first)), 'PEER_UNREACHABLE');
  const told = Promise.withResolvers<string>();
  using client = await connectRpc(first, { onToken: told.resolve });
  assert.is(await client.invoke('status', {}), 'next');
  assert.is(await told.promise, next.token);
});

test('the page is served with a strict policy, and nothing beside it', async ({ server: { port } }) => {
  const page = await get(port, '/');
  assert.is(page.statusCode, 200);
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'/);
  for (const path of [
    '/../package.json',
    '/%2e%2e/package.json',
    '/..%5cpackage.json',
    '/%00',
    '/nothing.html',
    '/covers/../../x',
  ]) {
    assert.is((await get(port, path)).statusCode, 404, path);
  }
  assert.is((await get(port, '/', { method: 'POST' })).statusCode, 405);
});

test('a cover is served as a picture that may do nothing else, and once only', async ({ server: { port } }) => {
  const cover = await get(port, '/covers/quake');
  assert.is(cover.statusCode, 200);
  assert.is(cover.headers['content-type'], 'image/svg+xml');
  assert.match(String(cover.headers['content-security-policy']), /default-src 'none'.*sandbox/);
  assert.is(cover.headers['x-content-type-options'], 'nosniff');
  const etag = String(cover.headers.etag);
  assert.is((await get(port, '/covers/quake', { headers: { 'if-none-match': etag } })).statusCode, 304);
  assert.is((await get(port, '/covers/quake', { headers: { 'if-none-match': '"other"' } })).statusCode, 200);
  for (const path of ['/covers/doom', '/covers/', '/covers', '/covers/quake%2f..', '/covers/__proto__'])
    assert.is((await get(port, path)).statusCode, 404, path);
});

test('text that is no JSON-RPC ends that one connection', async ({ server }) => {
  const { port, token } = server;
  const clientNonce = 'ab'.repeat(32);
  const bad = new WebSocket(`ws://127.0.0.1:${port}/rpc`, ['lanspread']);
  const closed = Promise.withResolvers<number>();
  bad.on('close', (code) => closed.resolve(code));
  await once(bad, 'open');
  bad.send(JSON.stringify({ keys: [await keyIdOf(token)], nonce: clientNonce }));
  const [answer] = (await once(bad, 'message')) as [Buffer];
  const { nonce: coreNonce } = JSON.parse(answer.toString()) as { nonce: string };
  bad.send(JSON.stringify({ proof: (await proofsOf(token, { port, clientNonce, coreNonce })).client }));
  bad.send('not json');
  assert.is(await closed.promise, 1007);
  using client = await connectRpc(server);
  assert.ok(await client.invoke('status', {}));
});

test.run();
