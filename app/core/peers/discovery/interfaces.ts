import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import type { AddressFamily } from './types.ts';

/** One interface in one address family: what a multicast socket is opened for. */
export interface Link {
  /** Identifies the link between scans. */
  readonly key: string;
  readonly interfaceName: string;
  readonly family: AddressFamily;
  /** The own addresses in this family, without scope; at least one. */
  readonly addresses: readonly string[];
  /** The addresses to announce here: the interface's own, of every family in use. */
  readonly announced: readonly string[];
  /** The networks behind the interface, in CIDR form. */
  readonly networks: readonly string[];
  /** What follows `%` in a link-local IPv6 address of this interface. */
  readonly scope: string;
}

export interface LinkSelection {
  /** Only these interfaces, by name. */
  readonly interfaces?: readonly string[] | undefined;
  /** Only interfaces that have one of these addresses, and of them only these. `0.0.0.0` and `::` mean every one. */
  readonly listen?: readonly string[] | undefined;
  readonly families?: readonly AddressFamily[] | undefined;
  /** For tests. Over IPv4 only: the loopback interface has no IPv6 multicast. */
  readonly includeLoopback?: boolean | undefined;
}

export type InterfaceTable = Readonly<Record<string, NetworkInterfaceInfo[] | undefined>>;

function isListened(address: string, family: string, listen: readonly string[]): boolean {
  return listen.some((listened) => {
    const bare = bareAddress(listened);
    return bare === address || bare === '::' || (bare === '0.0.0.0' && family === 'IPv4');
  });
}

/** `fe80::1%eth0` → `fe80::1` */
export const bareAddress = (address: string): string => address.split('%', 1)[0] ?? address;

export const isLinkLocal = (address: string): boolean => /^fe[89ab]/i.test(address) && isIPv6(bareAddress(address));

/** Picks the links to work on from the system's table. Pure. */
export function selectLinks(
  table: InterfaceTable,
  selection: LinkSelection = {},
  platform: NodeJS.Platform = process.platform,
): Link[] {
  const { interfaces, listen, families = ['IPv4', 'IPv6'], includeLoopback = false } = selection;
  return Object.entries(table).flatMap(([interfaceName, entries = []]) => {
    if (interfaces && !interfaces.includes(interfaceName)) return [];
    const usable = entries.filter(
      ({ address, family, internal }) =>
        (!internal || (includeLoopback && family === 'IPv4')) &&
        families.includes(family) &&
        (!listen || isListened(address, family, listen)),
    );
    const announced = usable.map(({ address }) => bareAddress(address));
    const scopeId = usable.find(({ scopeid }) => scopeid)?.scopeid;
    const scope = platform === 'win32' && scopeId ? String(scopeId) : interfaceName;
    return families.flatMap((family): Link[] => {
      const own = usable.filter((entry) => entry.family === family);
      if (own.length === 0) return [];
      return [
        {
          key: `${interfaceName} ${family}`,
          interfaceName,
          family,
          addresses: own.map(({ address }) => bareAddress(address)),
          announced,
          networks: own.map(({ cidr }) => cidr).filter((cidr) => cidr !== null),
          scope,
        },
      ];
    });
  });
}

/** Whether two scans mean the same link, so that its socket can stay. */
export const isSameLink = (a: Link, b: Link): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * Tells whether a packet's source is on the link. The system hands group packets to every socket of the port, whatever
 * interface they came in by; this is how a packet finds its link.
 */
export function sourceFilter(link: Link): (source: string) => boolean {
  const networks = new BlockList();
  for (const cidr of link.networks) {
    const [address = '', prefix = ''] = cidr.split('/');
    networks.addSubnet(bareAddress(address), Number(prefix), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return (source) => {
    const [address = '', scope] = source.split('%');
    if (isLinkLocal(address)) return scope === undefined || scope === link.scope;
    return networks.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  };
}

/** The directed broadcast addresses of an IPv4 link. A network of one or two hosts has none. */
export function broadcastAddresses({ networks, family }: Link): string[] {
  if (family !== 'IPv4') return [];
  const found = networks.flatMap((cidr) => {
    const [address = '', prefix = ''] = cidr.split('/');
    const hostBits = 32 - Number(prefix);
    if (hostBits < 2 || hostBits > 31) return [];
    const value = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
    const last = Math.floor(value / 2 ** hostBits) * 2 ** hostBits + 2 ** hostBits - 1;
    return [[24, 16, 8, 0].map((shift) => (last >>> shift) & 0xff).join('.')];
  });
  return [...new Set(found)];
}

/** An address as it can be dialled from here: link-local ones with the scope of the interface they were heard on. */
export const scopedAddress = (address: string, scope: string): string =>
  isLinkLocal(address) && !address.includes('%') && scope ? `${address}%${scope}` : address;
