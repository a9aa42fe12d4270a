import { networkInterfaces } from 'node:os';
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr';
import { LanspreadError } from '../base/index.ts';
import type { DiscoveredAddress } from './discovery/types.ts';

/** Parses a multiaddr from a person or a peer. Throws `INVALID_ADDRESS`. */
export function parseAddress(text: string): Multiaddr {
  try {
    return multiaddr(text);
  } catch (cause) {
    throw new LanspreadError('INVALID_ADDRESS', {
      message: `${JSON.stringify(text.slice(0, 200))} is not a multiaddress.`,
      cause,
    });
  }
}

/** The peer id at the end of a multiaddr, if it names one. */
export function peerIdOf(address: Multiaddr): string | undefined {
  return address.getComponents().findLast(({ name }) => name === 'p2p')?.value;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly protocol: 'udp' | 'tcp';
}

/** Host and port of an IP multiaddr. */
export function endpointOf(address: Multiaddr): Endpoint | undefined {
  const components = address.getComponents();
  const host = components.find(({ name }) => name === 'ip4' || name === 'ip6')?.value;
  const transport = components.find(({ name }) => name === 'udp' || name === 'tcp');
  if (!host || !transport?.value) return undefined;
  return { host, port: Number(transport.value), protocol: transport.name === 'udp' ? 'udp' : 'tcp' };
}

/** The IPv4 addresses where others reach this PC; loopback only where there is nothing else. */
export function reachableHosts(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list = []) => list.filter(({ family }) => family === 'IPv4'));
  const outside = all.filter(({ internal }) => !internal);
  return (outside.length > 0 ? outside : all).map(({ address }) => address);
}

/** Multiaddrs of a discovered peer in the order of dialling: QUIC first, then TCP. */
export function dialAddresses(
  peerId: string,
  addresses: readonly DiscoveredAddress[],
  { hasQuic }: { hasQuic: boolean },
): Multiaddr[] {
  const quic = addresses.flatMap((found) =>
    hasQuic && found.udpPort ? [`${ipOf(found)}/udp/${found.udpPort}/quic-v1`] : [],
  );
  const tcp = addresses.flatMap((found) => (found.tcpPort ? [`${ipOf(found)}/tcp/${found.tcpPort}`] : []));
  return [...quic, ...tcp].flatMap((text) => {
    try {
      return [multiaddr(`${text}/p2p/${peerId}`)];
    } catch {
      return [];
    }
  });
}

function ipOf({ address, family }: DiscoveredAddress): string {
  if (family === 'IPv4') return `/ip4/${address}`;
  const [host, zone] = address.split('%');
  return zone ? `/ip6zone/${zone}/ip6/${host}` : `/ip6/${host}`;
}
