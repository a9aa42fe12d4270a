/** The peers that a download knows. Pure: the caller passes the time in. */
import { SourcePeer, type OwnedBlocks } from './source-peer.ts';

export class SourcePeers implements Iterable<SourcePeer> {
  readonly #peers = new Map<string, SourcePeer>();
  readonly #seeds = new Set<SourcePeer>();

  /** All peers that were ever put, also those that are gone or banned. */
  [Symbol.iterator](): IterableIterator<SourcePeer> {
    return this.#peers.values();
  }

  get(peerId: string): SourcePeer | undefined {
    return this.#peers.get(peerId);
  }

  /** Adds a peer that came, came back, or has other blocks now. A banned peer stays banned. */
  put(peerId: string, have: OwnedBlocks): SourcePeer {
    const peer = this.#peers.get(peerId) ?? new SourcePeer(peerId, have);
    this.#peers.set(peerId, peer);
    peer.arrive(have);
    if (have === 'all') this.#seeds.add(peer);
    else this.#seeds.delete(peer);
    return peer;
  }

  /** The peer is not asked any more. */
  retire(peer: SourcePeer): void {
    this.#seeds.delete(peer);
  }

  /** The peers that have everything. */
  get seeds(): ReadonlySet<SourcePeer> {
    return this.#seeds;
  }

  usable(): SourcePeer[] {
    return [...this.#peers.values()].filter(({ isUsable }) => isUsable);
  }

  /** Whether exactly one peer may be asked. */
  get isOne(): boolean {
    let count = 0;
    for (const { isUsable } of this.#peers.values()) if (isUsable && (count += 1) > 1) return false;
    return count === 1;
  }

  /** When the first paused peer may be asked again; undefined when none is paused. */
  nextWakeMs(nowMs: number): number | undefined {
    const times = this.usable()
      .map(({ pausedUntilMs }) => pausedUntilMs)
      .filter((time) => time > nowMs);
    return times.length > 0 ? Math.min(...times) : undefined;
  }
}
