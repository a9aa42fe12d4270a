import { createTlsLane } from '../../../app/core/lanes/index.ts';
import { silentLogger, systemClock } from '../../../app/core/base/index.ts';
import { laneCompliance } from '../../support/compliance/lane.ts';

laneCompliance('tls lane', async ({ authorize }) => {
  const options = { listenHosts: ['127.0.0.1'], authorize, clock: systemClock, logger: silentLogger };
  const server = await createTlsLane(options);
  const client = await createTlsLane({
    ...options,
    authorize: () => Promise.reject(new Error('the client serves nobody')),
  });
  await server.trust('client', { ...client.offer(), addresses: [] });
  await client.trust('server', server.offer());
  return {
    client,
    clientPeerId: 'client',
    serverPeerId: 'server',
    killServer: async () => server[Symbol.asyncDispose](),
    distrustClient: () => server.trust('client', undefined),
    async [Symbol.asyncDispose]() {
      await Promise.all([client[Symbol.asyncDispose](), server[Symbol.asyncDispose]()]);
    },
  };
});
