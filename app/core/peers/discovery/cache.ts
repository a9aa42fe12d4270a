import { show, type Origin, type Sighting } from './sighting.ts';
import type { AddressFamily, DiscoveredPeer, DiscoveryLostReason, LearntBy } from './types.ts';

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

const originKey = ({ road, interfaceName, family, source }: Origin): string =>
  `${road} ${interfaceName} ${family} ${source}`;

interface PeerCacheOptions {
  /** From 0 to below 1. */
  random?: () => number;
  limits?: { readonly peers: number; readonly peersPerSource: number; readonly originsPerPeer: number };
}

/**
 * What is known of the peers, kept by interface and source address, so that one PC on two LANs stays two sightings and
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
   * Takes a sighting in. `moved` tells that the peer was known on this road and interface by other sources only: it may
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
  goodbye(peerId: string, { interfaceName, source }: Origin): CacheChange | undefined {
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
  doubt(nowMs: number, doubts: (origin: Origin, peerId: string) => boolean): void {
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
      here.some(({ entry }) => entry.road === 'mdns') &&
      !here.some(({ peerId, entry }) => entry.road === 'broadcast' && !this.#hasMulticast(peerId, interfaceName))
    );
  }

  /** When the next sighting expires; undefined when there is none. */
  nextExpiryMs(): number | undefined {
    return least(this.#all(), ({ entry }) => entry.expiresAtMs);
  }

  /**
   * When to ask next on a road so that nothing expires unasked, given when it was last asked. Whom multicast brings
   * need not be asked for by broadcast.
   */
  nextRefreshMs(where: Omit<Origin, 'source'>, lastAskedMs: number): number | undefined {
    const mine = this.#all().filter(
      ({ peerId, entry }) =>
        isOn(entry, where) && !(where.road === 'broadcast' && this.#hasMulticast(peerId, where.interfaceName)),
    );
    return least(mine, ({ entry }) => {
      const lifeMs = entry.presentation.ttlMs;
      const times = refreshShares.map((share) => entry.seenAtMs + (share + entry.jitter) * lifeMs);
      return times.find((timeMs) => timeMs > lastAskedMs && timeMs < entry.expiresAtMs);
    });
  }

  /**
   * Who need not answer a question on this interface, with the seconds left, longest first: whoever was heard by one of
   * these roads lately. Doubted peers are to answer.
   */
  knownAnswers(
    { roads, interfaceName, family }: Pick<Origin, 'interfaceName' | 'family'> & { roads: readonly LearntBy[] },
    nowMs: number,
  ): { peerId: string; ttlS: number }[] {
    const left = new Map<string, number>();
    for (const { peerId, entry } of this.#all()) {
      if (entry.doubted || !roads.some((road) => isOn(entry, { road, interfaceName, family }))) continue;
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
    return [...entries].some((entry) => entry.road === 'mdns' && entry.interfaceName === interfaceName);
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

const isOn = (entry: Origin, { road, interfaceName, family }: Omit<Origin, 'source'>): boolean =>
  entry.road === road && entry.interfaceName === interfaceName && entry.family === family;

function least<T>(items: readonly T[], value: (item: T) => number | undefined): number | undefined {
  let found: number | undefined;
  for (const item of items) {
    const next = value(item);
    if (next !== undefined && (found === undefined || next < found)) found = next;
  }
  return found;
}
