import { streamRoadCompliance } from '../../support/compliance/stream-road.ts';
import { tlsStreamPair } from '../../support/tls-pair.ts';

streamRoadCompliance('streams over the tls lane', async ({ serve }) => {
  const pair = await tlsStreamPair(serve);
  return {
    client: pair.client,
    serverPeerId: 'server',
    killServer: async () => pair.server[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: () => pair[Symbol.asyncDispose](),
  };
});
