import { createLibp2pStreamLane, serveLibp2pStreams } from '../../../app/core/lanes/index.ts';
import { streamRoadCompliance } from '../../support/compliance/stream-road.ts';
import { startPeerPair } from '../../support/peer-pair.ts';

streamRoadCompliance('streams over the control plane', async ({ serve }) => {
  const pair = await startPeerPair();
  const serving = serveLibp2pStreams(pair.server, serve);
  return {
    client: createLibp2pStreamLane(pair.client),
    serverPeerId: pair.server.peerId,
    killServer: () => pair.server.stop(),
    async [Symbol.asyncDispose]() {
      serving[Symbol.dispose]();
      await pair[Symbol.asyncDispose]();
    },
  };
});
