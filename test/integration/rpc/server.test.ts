import { request, type IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { Emitter, LanspreadError, silentLogger } from '../../../app/core/base/index.ts';
import {
  connectRpc,
  startRpcServer,
  type Commands,
  type CoreEvent,
  type RpcServer,
} from '../../../app/core/rpc/index.ts';

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
function tryWebSocket(port: number, token: string, headers: Record<string, string>): Promise<number | 'open'> {
  const { promise, resolve } = Promise.withResolvers<number | 'open'>();
  const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc`, ['lanspread', `token.${token}`], { headers });
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

test('whoever brings the token commands the core, and hears its events', async ({ server, events }) => {
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

test('no token, a wrong token, another origin and a rebound host name are refused', async ({
  server: { port, token },
}) => {
  assert.is(await tryWebSocket(port, '', {}), 401);
  assert.is(await tryWebSocket(port, 'f'.repeat(64), {}), 401);
  assert.is(await tryWebSocket(port, token, { origin: 'https://elsewhere.example' }), 403);
  assert.is(await tryWebSocket(port, token, { host: `elsewhere.example:${port}` }), 403);
  assert.is(await tryWebSocket(port, token, { origin: `http://127.0.0.1:${port}` }), 'open');
  assert.is((await get(port, '/', { host: `elsewhere.example:${port}` })).statusCode, 421);
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
  const bad = new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, ['lanspread', `token.${server.token}`]);
  const closed = Promise.withResolvers<number>();
  bad.on('close', (code) => closed.resolve(code));
  bad.on('open', () => bad.send('not json'));
  assert.is(await closed.promise, 1007);
  using client = await connectRpc(server);
  assert.ok(await client.invoke('status', {}));
});

test.run();
