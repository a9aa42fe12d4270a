/** Two real nodes of the control plane on loopback, with a session between them. */
import type { PeerNetwork } from '../../app/core/peers/index.ts';
import { until } from './eventually.ts';
import { labNode } from './network-lab.ts';
import { firstTransport, type TestTransport } from './transports.ts';

export interface PeerPair extends AsyncDisposable {
  readonly server: PeerNetwork;
  readonly client: PeerNetwork;
}

export async function startPeerPair({
  transport = firstTransport,
}: {
  transport?: TestTransport;
} = {}): Promise<PeerPair> {
  await using starting = new AsyncDisposableStack();
  const one = starting.use(await labNode({ name: 'server' }));
  const { network: client } = starting.use(await labNode({ name: 'client' }));
  const server = one.network;
  await client.connect(one.address(transport));
  await until('the session on both sides', () => server.get(client.peerId) !== undefined);
  const running = starting.move();
  return { server, client, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
