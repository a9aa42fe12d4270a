import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { createDnsSdDiscovery, type DnsSdOptions } from '../../../app/core/peers/discovery/dns-sd.ts';
import type { Discovery } from '../../../app/core/peers/discovery/types.ts';
import { discoveryCompliance, nextEvent, type DiscoveryNetwork } from '../../support/compliance/discovery.ts';

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
    },
    async [Symbol.asyncDispose]() {},
  };
}

discoveryCompliance('discovery by multicast DNS over loopback', () => loopbackNetwork({ broadcast: false }));
discoveryCompliance('discovery by broadcast alone over loopback', () => loopbackNetwork({ multicast: false }));
discoveryCompliance('discovery by both over loopback', () => loopbackNetwork({}));
