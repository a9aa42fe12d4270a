import { isIPv4 } from 'node:net';
import { bareAddress, isLinkLocal } from './interfaces.ts';
import type { Presentation } from './presentations.ts';
import type { AddressFamily, DiscoveredAddress, DiscoveredPeer, LearntBy } from './types.ts';

/** Where and how a peer was heard. Together with the peer id it identifies what the cache keeps. */
export interface Origin {
  readonly road: LearntBy;
  /** Empty for static hosts. */
  readonly interfaceName: string;
  readonly family: AddressFamily;
  /** The packet's source address. */
  readonly source: string;
}

export interface Sighting extends Origin {
  readonly presentation: Presentation;
  /** Where it can be dialled, ready for use (scoped). */
  readonly addresses: readonly { readonly family: AddressFamily; readonly address: string }[];
}

interface OfferedAddress {
  readonly family: AddressFamily;
  readonly address: string;
}

const offer = (address: string): OfferedAddress => ({ family: isIPv4(address) ? 'IPv4' : 'IPv6', address });

/**
 * Where to dial a peer, from the source of its packet and the addresses it names. The source is proven to work in one
 * direction, so it comes first; but a source that the peer does not name is a relay (a reflector between LANs), and
 * then only the named ones lead to the peer. Named IPv6 addresses count only where this side has IPv6 itself.
 */
export function addressesOf({
  origin: { source, interfaceName },
  presented,
  hasIPv6,
}: {
  origin: Pick<Origin, 'source' | 'interfaceName'>;
  presented: readonly string[];
  hasIPv6: boolean;
}): OfferedAddress[] {
  const heard = bareAddress(source);
  if (interfaceName === '' || presented.length === 0) return [offer(interfaceName === '' ? source : heard)];
  const direct = presented.includes(heard);
  const usable = presented.filter((address) => {
    if (address === heard) return false;
    if (isIPv4(address)) return true;
    return hasIPv6 && (direct || !isLinkLocal(address));
  });
  const addresses = direct ? [heard, ...usable] : usable;
  return (addresses.length > 0 ? addresses : [heard]).map(offer);
}

const roadOrder: Record<LearntBy, number> = { mdns: 0, broadcast: 1, static: 2 };
const rank = ({ learntBy, family }: DiscoveredAddress): number => roadOrder[learntBy] * 2 + (family === 'IPv4' ? 0 : 1);

/** The peer as others see it: name and protocol of the newest sighting, each address once, the best road first. */
export function show(peerId: string, entries: ReadonlyMap<string, Sighting>): DiscoveredPeer {
  const newest = [...entries.values()].at(-1)?.presentation;
  const addresses = new Map<string, DiscoveredAddress>();
  for (const { interfaceName, road, presentation, addresses: offered } of entries.values())
    for (const { family, address } of offered) {
      const { udpPort, tcpPort } = presentation;
      const next: DiscoveredAddress = { interfaceName, family, address, udpPort, tcpPort, learntBy: road };
      const key = `${address} ${udpPort} ${tcpPort}`;
      const previous = addresses.get(key);
      if (!previous || rank(next) < rank(previous)) addresses.set(key, next);
    }
  const sorted = [...addresses.entries()].sort(([keyA, a], [keyB, b]) => rank(a) - rank(b) || (keyA < keyB ? -1 : 1));
  return {
    peerId,
    name: newest?.name ?? '',
    protocol: newest?.protocol ?? 0,
    addresses: sorted.map(([, address]) => address),
  };
}
