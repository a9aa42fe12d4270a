import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock, type Clock } from '../../../../app/core/base/index.ts';
import { createDnsSdDiscovery, type DnsSdOptions } from '../../../../app/core/peers/discovery/dns-sd.ts';
import type { Discovery } from '../../../../app/core/peers/discovery/types.ts';
import { discoveryCompliance, known, nextEvent, type DiscoveryNetwork } from '../../../support/compliance/discovery.ts';

const [loopbackName] =
  Object.entries(networkInterfaces()).find(([, entries]) => entries?.some(({ address }) => address === '127.0.0.1')) ??
  [];

/** A UDP port that is free now, so that neither the system's responder nor another test takes part. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** The loopback interface as a network: multicast works on it, with a port and a group of the test's own. */
async function loopbackNetwork(more: Partial<DnsSdOptions>): Promise<DiscoveryNetwork> {
  const [port, probePort] = [await freePort(), await freePort()];
  const gone = new WeakSet<Discovery>();
  return {
    join(announcement) {
      const discovery = createDnsSdDiscovery({
        announcement,
        interfaces: loopbackName ? [loopbackName] : [],
        includeLoopback: true,
        interfaceTable: () => (gone.has(discovery) ? {} : networkInterfaces()),
        scanMs: 50,
        place: { port },
        probePort,
        ...more,
      });
      return discovery;
    },
    async vanish(discovery) {
      const idle = nextEvent(discovery.onInterfacesChanged, (interfaces) => interfaces.length === 0);
      gone.add(discovery);
      await idle;
      // What it sent before lies in the others' sockets: heard after a doubt, it would take the doubt away.
      for (let turns = 0; turns < 2; turns += 1) await nextTurn();
    },
    async [Symbol.asyncDispose]() {},
  };
}

const test = suite('discovery by DNS-SD');

test('after the machine slept, who left meanwhile is lost and who stayed is kept', async () => {
  let sleptMs = 0;
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + sleptMs };
  await using network = await loopbackNetwork({ clock });
  const join = (peerId: string): Discovery => network.join({ peerId, name: peerId, protocolVersion: 1, tcpPort: 4002 });
  await using ann = join('peerAnn');
  await using bob = join('peerBob');
  await using carl = join('peerCarl');
  await Promise.all([ann, bob, carl].map((discovery) => discovery.start()));
  await Promise.all([known(ann, 'peerBob'), known(ann, 'peerCarl')]);
  await network.vanish(bob);
  const lost = nextEvent(ann.onPeerLost);
  sleptMs = 3_600_000;
  assert.equal(await lost, { peerId: 'peerBob', reason: 'expired' });
  assert.equal(
    ann.peers().map(({ peerId }) => peerId),
    ['peerCarl'],
  );
});

test('a port that another program holds for itself is a warning, told once, and no error', async () => {
  const holder = createSocket('udp4');
  holder.bind(0);
  await once(holder, 'listening');
  const { port } = holder.address();
  await using network = await loopbackNetwork({ place: { port }, probePort: port });
  await using ann = network.join({ peerId: 'peerAnn', name: 'Ann', protocolVersion: 1, tcpPort: 4002 });
  const warnings: string[] = [];
  ann.onWarning(({ message }) => warnings.push(message));
  await ann.start();
  assert.is(ann.interfaces()[0]?.mode, 'browse-only');
  assert.is(warnings.length, 2, warnings.join('\n'));
  assert.match(warnings.join(), new RegExp(`UDP port ${port}`));
  holder.close();
  // The port is tried again with a later scan, and the second chance is taken.
  await nextEvent(ann.onInterfacesChanged, ([first]) => first?.mode === 'full');
  assert.is(warnings.length, 2);
});

test.run();

discoveryCompliance('discovery by multicast DNS over loopback', () => loopbackNetwork({ broadcast: false }));
discoveryCompliance('discovery by broadcast alone over loopback', () => loopbackNetwork({ multicast: false }));
discoveryCompliance('discovery by both over loopback', () => loopbackNetwork({}));
