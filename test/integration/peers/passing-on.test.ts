/** Where discovery reaches nobody, PCs learn of each other from the ones that they know. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { protocols } from '../../../app/core/protocol/index.ts';
import { until } from '../../support/eventually.ts';
import { labNode, type LabNode } from '../../support/network-lab.ts';
import { rawPeer, validHello } from '../../support/raw-peer.ts';

const meshed = (nodes: readonly LabNode[]): boolean =>
  nodes.every(({ network }) => network.peers().length === nodes.length - 1);

test('three PCs that know one address find each other', async () => {
  await using hub = await labNode();
  const staticPeers = [hub.address()];
  await using ann = await labNode({ staticPeers });
  await using bob = await labNode({ staticPeers });
  await using carl = await labNode({ staticPeers });
  const all = [hub, ann, bob, carl];
  await until('all have all', () => meshed(all));
  await using dora = await labNode({ staticPeers: [carl.address()] });
  await until('one that comes later has all, too', () => meshed([...all, dora]));
});

test('what a peer tells is tried once, and only where it may be: no own ports, no internet, nobody who is here', async () => {
  await using ann = await labNode();
  await using bob = await labNode();
  await using raw = await rawPeer();
  const connection = await raw.dial(ann.address('tcp'));
  await raw.hello(connection, validHello());
  await until('it has a session', () => ann.network.peers().length === 1);
  const stream = await raw.open(connection, protocols.peers);
  const { peerId } = bob.network;
  await stream.writeMessage({
    peers: [
      { id: ann.network.peerId, addresses: [ann.address()] },
      { id: raw.peerId, addresses: [raw.address('tcp')] },
      { id: 'nonsense', addresses: ['/ip4/127.0.0.1/tcp/1'] },
      {
        id: peerId,
        addresses: [`/ip4/8.8.8.8/tcp/1/p2p/${peerId}`, `/ip4/127.0.0.1/tcp/9/p2p/${raw.peerId}`, bob.address()],
      },
    ],
  });
  await stream.close();
  await until('bob is reached', () => ann.network.get(peerId) !== undefined);
  assert.is(ann.network.peers().length, 2);
  assert.not(ann.log.some(({ facts }) => JSON.stringify(facts).includes('8.8.8.8')));
});

test.run();
