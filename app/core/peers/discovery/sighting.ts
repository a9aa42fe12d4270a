import { isIPv4 } from 'node:net';
import type { Origin } from './cache.ts';
import { bareAddress, isLinkLocal } from './interfaces.ts';
import type { AddressFamily } from './types.ts';

export interface OfferedAddress {
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
