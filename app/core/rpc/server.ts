import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createMessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import { WebSocketServer, type WebSocket } from 'ws';
import { toLanspreadError, type Logger } from '../base/index.ts';
import { Admission, type Admitted } from './admission.ts';
import type { CoreApi } from './commands.ts';
import type { RpcAddress } from './endpoint-file.ts';
import { SocketReader, SocketWriter } from './json-rpc.ts';
import { windowKeyOf } from './proof.ts';
import { createStaticFiles } from './static-files.ts';

// An import of `node:http` would load all its exports, including a second HTTP client: 2 MiB that nothing uses.
const { createServer } = process.getBuiltinModule('node:http');

/** The JSON-RPC error code of a coded refusal; its `data` carries the code and the details. */
const refusalCode = -32_000;
/** Enough, because a command's parameters are small. */
const maxMessageBytes = 1024 * 1024;
const maxClients = 64;

interface RpcServerOptions {
  api: CoreApi;
  /** The built UI; without one, only the RPC is served. */
  uiDirectory: string | undefined;
  /** The absolute path of a game's picture. */
  coverPath: (gameId: string) => string | undefined;
  /** The address of the last core of this state folder; used again when its port is free. */
  earlier?: RpcAddress | undefined;
  logger: Logger;
}

export interface RpcServer extends AsyncDisposable {
  readonly port: number;
  /**
   * A client that proves it knows the token may command the core. Every start makes a new one; Lanspread's clients never send
   * it.
   */
  readonly token: string;
  /** For `keepAddress`: with this key, a window that is open now finds the next core. */
  readonly windowKey: string;
  /** Opens the UI. The token is in the fragment, which no server log and no referrer contains. */
  readonly url: string;
}

/**
 * Serves the UI and the RPC on 127.0.0.1 only. A request must name this host, against DNS rebinding; a WebSocket from a
 * browser must also have this origin. On a WebSocket both ends first prove that they know the token: see `proof.ts`.
 */
export async function startRpcServer({
  api,
  uiDirectory,
  coverPath,
  earlier,
  logger,
}: RpcServerOptions): Promise<RpcServer> {
  const token = randomBytes(32).toString('hex');
  const admission = new Admission({ token, windowKeys: earlier?.windowKeys ?? [], port: () => portOf(server) });
  const clients = new Set<WebSocket>();
  const files = createStaticFiles({ uiDirectory, coverPath });
  const server = createServer((request, response) => {
    if (!isOwnHost(request, portOf(server))) {
      response.writeHead(421).end('This address is not served here.\n');
      return;
    }
    void files(request, response).catch((error: unknown) => {
      logger.warn({ err: error, url: request.url }, 'a file could not be served');
      response.destroy();
    });
  });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    handleProtocols: () => 'lanspread',
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refuse = (status: string): void => {
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    };
    socket.on('error', () => socket.destroy());
    if (!isOwnHost(request, portOf(server)) || !isOwnOrigin(request, portOf(server))) return refuse('403 Forbidden');
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', (error) => logger.debug({ err: error }, 'RPC connection error'));
      admission.begin(webSocket, (admitted) => {
        if (clients.size >= maxClients) return webSocket.close(1013, 'too many clients');
        clients.add(webSocket);
        webSocket.once('close', () => clients.delete(webSocket));
        serveClient(webSocket, { api, logger, token, admitted });
      });
    });
  });
  if (!earlier || !(await listen(server, { port: earlier.port, logger }))) await listen(server, { port: 0, logger });
  const port = portOf(server);
  return {
    port,
    token,
    windowKey: await windowKeyOf(token),
    url: `http://127.0.0.1:${port}/#token=${token}`,
    async [Symbol.asyncDispose]() {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface ServedClient {
  readonly api: CoreApi;
  readonly logger: Logger;
  readonly token: string;
  readonly admitted: Admitted;
}

function serveClient(socket: WebSocket, { api, logger, token, admitted }: ServedClient): void {
  const commands = api.commands.forClient();
  const connection = createMessageConnection(new SocketReader(socket), new SocketWriter(socket));
  connection.onRequest(async (method, params) => {
    try {
      return await commands.invokeUnknown(method, Array.isArray(params) ? params[0] : params);
    } catch (error) {
      const coded = toLanspreadError(error);
      if (coded.code === 'INTERNAL') logger.error({ err: error, method }, 'a command failed unexpectedly');
      return new ResponseError(refusalCode, coded.message, coded.toJSON());
    }
  });
  connection.onError(([error]) => logger.debug({ err: error }, 'RPC connection error'));
  const listening = api.events((event) => {
    connection.sendNotification('event', event).catch((error: unknown) => {
      logger.debug({ err: error }, 'an event did not reach a reader');
    });
  });
  connection.onClose(() => {
    listening[Symbol.dispose]();
    connection.dispose();
  });
  connection.listen();
  if (admitted.isEarlierWindow)
    connection.sendNotification('token', token).catch((error: unknown) => {
      logger.debug({ err: error }, 'an earlier window did not get its token');
    });
}

/** Returns false when the port is taken; throws any other error. Port 0: any free one. */
function listen(server: Server, { port, logger }: { port: number; logger: Logger }): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const onError = (error: NodeJS.ErrnoException): void => {
    if (port !== 0 && (error.code === 'EADDRINUSE' || error.code === 'EACCES')) resolve(false);
    else reject(error);
  };
  server.once('error', onError);
  server.listen(port, '127.0.0.1', () => {
    server.off('error', onError);
    // When this PC has no file handle left for one connection, the others continue.
    server.on('error', (error) => logger.warn({ err: error }, 'the RPC server could not take a connection'));
    resolve(true);
  });
  return promise;
}

function portOf(server: Server): number {
  // The address of a listening TCP server is always an AddressInfo.
  return (server.address() as AddressInfo).port;
}

function isOwnHost({ headers }: IncomingMessage, port: number): boolean {
  return headers.host === `127.0.0.1:${port}` || headers.host === `localhost:${port}`;
}

function isOwnOrigin({ headers }: IncomingMessage, port: number): boolean {
  const { origin } = headers;
  return origin === undefined || origin === `http://127.0.0.1:${port}` || origin === `http://localhost:${port}`;
}
