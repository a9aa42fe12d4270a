import { silentLogger, systemClock } from '../../../app/core/base/index.ts';
import { createTlsLane } from '../../../app/core/transfer/lane/index.ts';
import { streamRoadCompliance } from '../../support/compliance/stream-road.ts';

streamRoadCompliance('streams over the tls lane', async ({ serve }) => {
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
    serverPeerId: 'server',
    killServer: async () => server[Symbol.asyncDispose](),
    async [Symbol.asyncDispose]() {
      await Promise.all([client[Symbol.asyncDispose](), server[Symbol.asyncDispose]()]);
    },
  };
});
