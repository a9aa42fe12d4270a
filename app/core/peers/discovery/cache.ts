import { isIPv4 } from 'node:net';
import type { AddressFamily, DiscoveredAddress, DiscoveredPeer, DiscoveryLostReason, LearntBy } from './types.ts';
import { bareAddress, isLinkLocal } from './interfaces.ts';
import type { Presentation } from './records.ts';

export type CacheChange =
  | { readonly kind: 'found' | 'changed'; readonly peer: DiscoveredPeer }
  | { readonly kind: 'lost'; readonly peerId: string; readonly reason: DiscoveryLostReason };

/** What one origin may fill, and the whole. A stranger can invent peers; they must not cost more than this. */
export const cacheLimits = { peers: 512, peersPerSource: 64, originsPerPeer: 16 } as const;

/** A doubted peer is lost after this long without a sign of it. */
export const doubtMs = 4_000;

/** The shares of its life after which a record is asked for again (RFC 6762, section 5.2). */
const refreshShares = [0.8, 0.85, 0.9, 0.95] as const;

interface Entry extends Sighting {
  readonly seenAtMs: number;
  /** Spreads the hosts' refreshing, so that the first to ask asks for all: 0 to 0.02 of the life. */
  readonly jitter: number;
  expiresAtMs: number;
  doubted: boolean;
}

interface Known {
  readonly entries: Map<string, Entry>;
  shown: DiscoveredPeer;
  shownText: string;
}

const originKey = ({ learntBy, interfaceName, family, source }: HeardFrom): string =>
  `${learntBy} ${interfaceName} ${family} ${source}`;

interface PeerCacheOptions {
  /** From 0 to below 1. */
  random?: () => number;
  limits?: { readonly peers: number; readonly peersPerSource: number; readonly originsPerPeer: number };
}

/**
 * The known peers, by interface and source address, so that one PC on two LANs stays two sightings and
 * a forged one never overwrites a true one. Pure: times come in as monotonic milliseconds, changes go out as values.
 */
export class PeerCache {
  readonly #peers = new Map<string, Known>();
  readonly #random: () => number;
  readonly #limits: { readonly peers: number; readonly peersPerSource: number; readonly originsPerPeer: number };

  constructor({ random = Math.random, limits = cacheLimits }: PeerCacheOptions = {}) {
    this.#random = random;
    this.#limits = limits;
  }

  peers(): DiscoveredPeer[] {
    return Array.from(this.#peers.values(), ({ shown }) => shown);
  }

  has(peerId: string): boolean {
    return this.#peers.has(peerId);
  }

  /**
   * Takes a sighting in. `moved` tells that the peer was known in this way and on this interface by other sources only: it may
   * have a new address, and the old ones deserve doubt.
   */
  see(sighting: Sighting, nowMs: number): { change?: CacheChange; moved: boolean } {
    const { presentation } = sighting;
    const known = this.#peers.get(presentation.peerId);
    const key = originKey(sighting);
    const isNewOrigin = !known?.entries.has(key);
    if (isNewOrigin && this.#isFull(sighting, known)) return { moved: false };
    const entry: Entry = {
      ...sighting,
      seenAtMs: nowMs,
      jitter: this.#random() * 0.02,
      expiresAtMs: nowMs + presentation.ttlMs,
      doubted: false,
    };
    const moved = isNewOrigin && known !== undefined && this.#isElsewhere(known, sighting);
    const entries = known?.entries ?? new Map<string, Entry>();
    // Set anew, so that the newest stands last.
    entries.delete(key);
    entries.set(key, entry);
    if (known) return { ...this.#republish(presentation.peerId, known), moved };
    const shown = show(presentation.peerId, entries);
    this.#peers.set(presentation.peerId, { entries, shown, shownText: JSON.stringify(shown) });
    return { change: { kind: 'found', peer: shown }, moved };
  }

  /** A goodbye that came from where the peer was heard; others are ignored. */
  goodbye(peerId: string, { interfaceName, source }: HeardFrom): CacheChange | undefined {
    return this.#remove(
      (entry, id) => id === peerId && entry.source === source && entry.interfaceName === interfaceName,
      'goodbye',
    )[0];
  }

  /** Removes what nobody confirmed in time. */
  expire(nowMs: number): CacheChange[] {
    return this.#remove((entry) => entry.expiresAtMs <= nowMs, 'expired');
  }

  /** Forgets what was learnt on an interface that is gone. */
  dropInterface(interfaceName: string, family: AddressFamily): CacheChange[] {
    return this.#remove((entry) => entry.interfaceName === interfaceName && entry.family === family, 'interface-down');
  }

  clear(): CacheChange[] {
    return this.#remove(() => true, 'stopped');
  }

  /** Gives the peer's sightings that fit `doubts` only a short while to be confirmed. */
  doubt(nowMs: number, doubts: (origin: HeardFrom, peerId: string) => boolean): void {
    for (const [peerId, { entries }] of this.#peers)
      for (const entry of entries.values()) {
        if (!doubts(entry, peerId)) continue;
        entry.expiresAtMs = Math.min(entry.expiresAtMs, nowMs + doubtMs);
        entry.doubted = true;
      }
  }

  /** Whether multicast brings somebody on this interface, and nobody needs the broadcast. */
  isMulticastEnough(interfaceName: string): boolean {
    const here = this.#all().filter(({ entry }) => entry.interfaceName === interfaceName);
    return (
      here.some(({ entry }) => entry.learntBy === 'mdns') &&
      !here.some(({ peerId, entry }) => entry.learntBy === 'broadcast' && !this.#hasMulticast(peerId, interfaceName))
    );
  }

  /** When the next sighting expires; undefined when there is none. */
  nextExpiryMs(): number | undefined {
    return least(this.#all(), ({ entry }) => entry.expiresAtMs);
  }

  /**
   * When to ask next in one way, so that nothing expires unasked. A peer that multicast brings
   * need not be asked for by broadcast.
   */
  nextRefreshMs(where: Omit<HeardFrom, 'source'>, lastAskedMs: number): number | undefined {
    const mine = this.#all().filter(
      ({ peerId, entry }) =>
        isOn(entry, where) && !(where.learntBy === 'broadcast' && this.#hasMulticast(peerId, where.interfaceName)),
    );
    return least(mine, ({ entry }) => {
      const lifeMs = entry.presentation.ttlMs;
      const times = refreshShares.map((share) => entry.seenAtMs + (share + entry.jitter) * lifeMs);
      return times.find((timeMs) => timeMs > lastAskedMs && timeMs < entry.expiresAtMs);
    });
  }

  /**
   * The peers that need not answer a question on this interface, with the seconds left, longest first: those heard in one
   * of these ways lately. Doubted peers have to answer.
   */
  knownAnswers(
    { ways, interfaceName, family }: Pick<HeardFrom, 'interfaceName' | 'family'> & { ways: readonly LearntBy[] },
    nowMs: number,
  ): { peerId: string; ttlS: number }[] {
    const left = new Map<string, number>();
    for (const { peerId, entry } of this.#all()) {
      if (entry.doubted || !ways.some((learntBy) => isOn(entry, { learntBy, interfaceName, family }))) continue;
      const ttlS = Math.floor((entry.expiresAtMs - nowMs) / 1_000);
      if (ttlS * 2_000 >= entry.presentation.ttlMs) left.set(peerId, Math.max(left.get(peerId) ?? 0, ttlS));
    }
    return [...left].map(([peerId, ttlS]) => ({ peerId, ttlS })).sort((a, b) => b.ttlS - a.ttlS);
  }

  #all(): { peerId: string; entry: Entry }[] {
    return [...this.#peers].flatMap(([peerId, { entries }]) =>
      Array.from(entries.values(), (entry) => ({ peerId, entry })),
    );
  }

  #hasMulticast(peerId: string, interfaceName: string): boolean {
    const entries = this.#peers.get(peerId)?.entries.values() ?? [];
    return [...entries].some((entry) => entry.learntBy === 'mdns' && entry.interfaceName === interfaceName);
  }

  #isElsewhere(known: Known, sighting: Sighting): boolean {
    return [...known.entries.values()].some((entry) => isOn(entry, sighting) && entry.source !== sighting.source);
  }

  #isFull({ source }: Sighting, known: Known | undefined): boolean {
    if (known) return known.entries.size >= this.#limits.originsPerPeer;
    if (this.#peers.size >= this.#limits.peers) return true;
    let ofSource = 0;
    for (const { entries } of this.#peers.values())
      for (const entry of entries.values()) if (entry.source === source) ofSource += 1;
    return ofSource >= this.#limits.peersPerSource;
  }

  #remove(goes: (entry: Entry, peerId: string) => boolean, reason: DiscoveryLostReason): CacheChange[] {
    const changes: CacheChange[] = [];
    for (const [peerId, known] of this.#peers) {
      const before = known.entries.size;
      for (const [key, entry] of known.entries) if (goes(entry, peerId)) known.entries.delete(key);
      if (known.entries.size === before) continue;
      if (known.entries.size === 0) {
        this.#peers.delete(peerId);
        changes.push({ kind: 'lost', peerId, reason });
      } else {
        const { change } = this.#republish(peerId, known);
        if (change) changes.push(change);
      }
    }
    return changes;
  }

  #republish(peerId: string, known: Known): { change?: CacheChange } {
    const peer = show(peerId, known.entries);
    const text = JSON.stringify(peer);
    if (text === known.shownText) return {};
    known.shown = peer;
    known.shownText = text;
    return { change: { kind: 'changed', peer } };
  }
}

const isOn = (entry: HeardFrom, { learntBy, interfaceName, family }: Omit<HeardFrom, 'source'>): boolean =>
  entry.learntBy === learntBy && entry.interfaceName === interfaceName && entry.family === family;

function least<T>(items: readonly T[], value: (item: T) => number | undefined): number | undefined {
  let found: number | undefined;
  for (const item of items) {
    const next = value(item);
    if (next !== undefined && (found === undefined || next < found)) found = next;
  }
  return found;
}

/** Where and how a peer was heard. Together with the peer id it identifies what the cache keeps. */
export interface HeardFrom {
  readonly learntBy: LearntBy;
  /** Empty for static hosts. */
  readonly interfaceName: string;
  readonly family: AddressFamily;
  /** The packet's source address. */
  readonly source: string;
}

export interface Sighting extends HeardFrom {
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
  origin: Pick<HeardFrom, 'source' | 'interfaceName'>;
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

const learntByOrder: Record<LearntBy, number> = { mdns: 0, broadcast: 1, static: 2 };
const rank = ({ learntBy, family }: DiscoveredAddress): number =>
  learntByOrder[learntBy] * 2 + (family === 'IPv4' ? 0 : 1);

/** The peer as others see it: name and protocol of the newest sighting, each address once, the best way first. */
function show(peerId: string, entries: ReadonlyMap<string, Sighting>): DiscoveredPeer {
  const newest = [...entries.values()].at(-1)?.presentation;
  const addresses = new Map<string, DiscoveredAddress>();
  for (const { interfaceName, learntBy, presentation, addresses: offered } of entries.values())
    for (const { family, address } of offered) {
      const { udpPort, tcpPort } = presentation;
      const next: DiscoveredAddress = { interfaceName, family, address, udpPort, tcpPort, learntBy };
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
