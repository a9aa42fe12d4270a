import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { tcp } from '@libp2p/tcp';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { limits, protocols } from '../../../app/core/protocol/index.ts';
import { LibP2pStream } from '../../../app/core/peers/session/peer-stream.ts';
import { eventually, until } from '../../support/eventually.ts';
import { labNode } from '../../support/network-lab.ts';
import { validHello } from '../../support/raw-peer.ts';

/** The least that can say Hello: it listens nowhere. */
async function guest(address: string) {
  const node = await createLibp2p({
    addresses: { listen: [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
  });
  // One address gets only so many new connections a second.
  const connection = await eventually('a connection', () => node.dial(multiaddr(address)).catch(() => undefined));
  const sayHello = async (): Promise<boolean> => {
    const raw = await connection.newStream(protocols.hello);
    const stream = new LibP2pStream(raw, { peerId: node.peerId.toString() });
    try {
      await stream.writeMessage(validHello());
      await stream.readFrame();
      await stream.close();
      return true;
    } catch {
      return false;
    }
  };
  return { node, sayHello };
}

test('256 peers fit in; the next one is refused until somebody goes, and those inside go on', async () => {
  await using ann = await labNode({ useQuic: false });
  const guests: Awaited<ReturnType<typeof guest>>[] = [];
  try {
    for (let at = 0; at < limits.sessions; at += 1) {
      const next = await guest(ann.address());
      guests.push(next);
      assert.ok(await next.sayHello(), `guest ${at}`);
    }
    await until('the house is full', () => ann.network.peers().length === limits.sessions);
    const late = await guest(ann.address());
    guests.push(late);
    assert.not.ok(await late.sayHello());
    assert.ok(ann.log.some(({ facts }) => facts['code'] === 'TOO_MANY_REQUESTS'));
    assert.ok(await guests[0]?.sayHello(), 'who is inside may say Hello again');
    assert.is(ann.network.peers().length, limits.sessions);
    await guests[1]?.node.stop();
    await until('somebody has gone', () => ann.network.peers().length === limits.sessions - 1);
    assert.ok(await late.sayHello());
    assert.equal(
      ann.events.filter(({ kind, peerId }) => kind === 'lose' && peerId !== guests[1]?.node.peerId.toString()),
      [],
    );
  } finally {
    await Promise.all(guests.map(({ node }) => node.stop()));
  }
});

test.run();
