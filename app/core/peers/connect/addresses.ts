import { isIPv6 } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { peerIdFromString } from '@libp2p/peer-id';
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr';
import { LanspreadError } from '../../base/index.ts';
import type { DiscoveredAddress } from '../discovery/types.ts';

/** Parses a multiaddr from a person or a peer. Throws `INVALID_ADDRESS`. */
export function parseAddress(text: string): Multiaddr {
  const address = tryParse(text);
  if (address && endpointOf(address)) return address;
  throw new LanspreadError('INVALID_ADDRESS', {
    message: `${JSON.stringify(text.slice(0, 200))} is not a valid address: one has an IP address and a port, such as /ip4/192.168.1.5/tcp/4001.`,
    details: { address: text.slice(0, 200) },
  });
}

function tryParse(text: string): Multiaddr | undefined {
  try {
    const address = multiaddr(text);
    // A multiaddr takes any text as an id.
    const named = peerIdOf(address);
    if (named !== undefined) peerIdFromString(named);
    return address;
  } catch {
    return undefined;
  }
}

/** The peer id at the end of a multiaddr, if it names one. */
export function peerIdOf(address: Multiaddr): string | undefined {
  return address.getComponents().findLast(({ name }) => name === 'p2p')?.value;
}

interface Endpoint {
  /** An IP address; a link-local one with its zone. */
  readonly host: string;
  readonly port: number;
  readonly protocol: 'udp' | 'tcp';
}

/** Host and port of an IP multiaddr. */
export function endpointOf(address: Multiaddr): Endpoint | undefined {
  const components = address.getComponents();
  const zone = components.find(({ name }) => name === 'ip6zone')?.value;
  const host = components.find(({ name }) => name === 'ip4' || name === 'ip6')?.value;
  const transport = components.find(({ name }) => name === 'udp' || name === 'tcp');
  if (!host || !transport?.value) return undefined;
  const protocol = transport.name === 'udp' ? 'udp' : 'tcp';
  return { host: zone ? `${host}%${zone}` : host, port: Number(transport.value), protocol };
}

/** The addresses that a peer told, each with its id at the end. Texts that are no address of it are left out. */
export function addressesOfPeer(peerId: string, addresses: readonly string[]): string[] {
  return addresses.flatMap((text) => {
    const address = tryParse(text);
    if (!address || !endpointOf(address)) return [];
    const named = peerIdOf(address);
    if (named === undefined) return [`${address.toString()}/p2p/${peerId}`];
    return named === peerId ? [address.toString()] : [];
  });
}

type InterfaceTable = Readonly<Record<string, NetworkInterfaceInfo[] | undefined>>;

/**
 * The addresses behind the ones listened on, none of them a wildcard. Loopback only where it is asked for or where there
 * is nothing else; link-local IPv6 is left out: it means nothing without the interface that it is dialled from. Pure.
 */
export function concreteHosts(listenHosts: readonly string[], table: InterfaceTable = networkInterfaces()): string[] {
  const all = Object.values(table).flatMap((list = []) => list);
  const hosts = listenHosts.flatMap((host) => {
    if (host !== '0.0.0.0' && host !== '::') return [host];
    const family = host === '::' ? 'IPv6' : 'IPv4';
    const usable = all.filter((entry) => entry.family === family && !/^fe[89ab]/i.test(entry.address));
    const outside = usable.filter(({ internal }) => !internal);
    if (outside.length === 0 && listenHosts.includes('0.0.0.0') && host === '::') return [];
    return (outside.length > 0 ? outside : usable).map(({ address }) => address);
  });
  return [...new Set(hosts)];
}

interface Listening {
  readonly hosts: readonly string[];
  /** One port for all. */
  readonly port: number;
  readonly transports: readonly ('quic' | 'tcp')[];
}

/** The multiaddrs that others dial, the better transport first. */
export function ownAddresses(peerId: string, { hosts, port, transports }: Listening): string[] {
  return transports.flatMap((transport) =>
    hosts.map(
      (host) => `${ipPart(host)}/${transport === 'quic' ? `udp/${port}/quic-v1` : `tcp/${port}`}/p2p/${peerId}`,
    ),
  );
}

/** What to listen on. */
export function listenAddresses({ hosts, port, transports }: Listening): Multiaddr[] {
  return hosts.flatMap((host) =>
    transports.map((transport) =>
      multiaddr(`${ipPart(host)}/${transport === 'quic' ? `udp/${port}/quic-v1` : `tcp/${port}`}`),
    ),
  );
}

/** Multiaddrs of a discovered peer in the order of dialling: QUIC first, then TCP. */
export function dialAddresses(
  peerId: string,
  addresses: readonly DiscoveredAddress[],
  { hasQuic }: { hasQuic: boolean },
): Multiaddr[] {
  // The QUIC transport cannot dial into a zone.
  const quic = addresses.flatMap(({ address, udpPort }) =>
    hasQuic && udpPort && !address.includes('%') ? [`${ipPart(address)}/udp/${udpPort}/quic-v1`] : [],
  );
  const tcp = addresses.flatMap(({ address, tcpPort }) => (tcpPort ? [`${ipPart(address)}/tcp/${tcpPort}`] : []));
  return [...quic, ...tcp].flatMap((text) => tryParse(`${text}/p2p/${peerId}`) ?? []);
}

function ipPart(address: string): string {
  const [host = '', zone] = address.split('%');
  if (!isIPv6(host)) return `/ip4/${host}`;
  return zone ? `/ip6zone/${zone}/ip6/${host}` : `/ip6/${host}`;
}

/** Whether an IP address is this PC's loopback. */
export function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.');
}
