import { createLibp2pLane, serveBlocks } from '../../../app/core/lanes/control/libp2p-lane.ts';
import { laneCompliance } from '../../support/compliance/lane.ts';
import { startPeerPair } from '../../support/peer-pair.ts';

laneCompliance('lane over the control plane', async ({ authorize }) => {
  const pair = await startPeerPair();
  const { server, client } = pair;
  const serving = serveBlocks(server, { authorize });
  return {
    client: createLibp2pLane(client),
    clientPeerId: client.peerId,
    serverPeerId: server.peerId,
    killServer: () => server.stop(),
    distrustClient: () => server.stop(),
    async [Symbol.asyncDispose]() {
      serving[Symbol.dispose]();
      await pair[Symbol.asyncDispose]();
    },
  };
});
