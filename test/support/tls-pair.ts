import { silentLogger, systemClock } from '../../app/core/base/index.ts';
import { createTlsLane, type TlsLane } from '../../app/core/lanes/index.ts';
import type { ServeStream } from '../../app/core/streamed/index.ts';

/** Two lanes of one thread each that trust each other; the client knows the other one as `server`. */
export async function tlsStreamPair(
  serve: ServeStream,
): Promise<AsyncDisposable & { readonly client: TlsLane; readonly server: TlsLane }> {
  const options = {
    listenHosts: ['127.0.0.1'],
    authorize: () => Promise.reject(new Error('nobody asks for blocks')),
    clock: systemClock,
    logger: silentLogger,
    workers: 1,
  };
  const server = await createTlsLane({ ...options, serveStream: serve });
  const client = await createTlsLane(options);
  await server.trust('client', { ...client.offer(), addresses: [] });
  await client.trust('server', server.offer());
  return {
    client,
    server,
    async [Symbol.asyncDispose]() {
      await Promise.all([client[Symbol.asyncDispose](), server[Symbol.asyncDispose]()]);
    },
  };
}
