/** One discovery as a process: options as JSON in the first argument, events as JSON lines, until stdin ends. */
import { createInterface } from 'node:readline';
import { createDnsSdDiscovery, type DnsSdOptions } from '../../../../app/core/peers/discovery/dns-sd.ts';

const say = (event: string, value?: unknown): void => {
  process.stdout.write(`${JSON.stringify({ event, at: performance.timeOrigin + performance.now(), value })}\n`);
};

// Given by networks.ts beside this file.
const discovery = createDnsSdDiscovery(JSON.parse(process.argv[2] ?? '') as DnsSdOptions);
discovery.onPeerFound((peer) => say('found', peer));
discovery.onPeerChanged((peer) => say('changed', peer));
discovery.onPeerLost((lost) => say('lost', lost));
discovery.onInterfacesChanged((interfaces) => say('interfaces', interfaces));
discovery.onWarning(({ message, interfaceName, cause }) =>
  say('warning', { message, interfaceName, cause: String(cause) }),
);
await discovery.start();
say('started', discovery.interfaces());
for await (const peerId of createInterface({ input: process.stdin })) discovery.reconfirm(peerId);
await discovery.stop();
say('stopped');
