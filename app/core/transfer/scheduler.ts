/**
 * Who fetches what next. Pure and deterministic: time comes in, ranges come out. Pull model: whoever is free takes the
 * next run of missing blocks, as many as it delivers in about a second, so fast peers carry more.
 */
import { Bitmap } from '../base/index.ts';
import { blockSizeBytes, limits, type ManifestLayout } from '../protocol/index.ts';

export interface Range {
  readonly id: number;
  readonly peerId: string;
  readonly firstBlock: number;
  readonly count: number;
}

export interface Strike {
  readonly peerId: string;
  readonly block: number;
  /** The third: the peer is out for this operation. */
  readonly banned: boolean;
}

export type Verdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'running' }
  /** Nothing is under way and nobody is left to ask. */
  | { readonly kind: 'peers-gone' }
  /** Everybody who is left has sent damaged blocks. */
  | { readonly kind: 'no-sound-source'; readonly strike: Strike };

const maxStrikes = 3;
const maxTriesPerBlock = 3;
const smallestBytes = blockSizeBytes;
const largestBytes = 128 * 1024 * 1024;
const firstBytes = 4 * blockSizeBytes;
/** What a range is worth, in milliseconds of the peer's speed. */
const rangeMs = 1_000;
/** A range without a byte for this long may be fetched a second time by somebody idle, in milliseconds. */
const stalledMs = 3_000;
const firstPauseMs = 250;
const longestPauseMs = 8_000;

interface PeerState {
  have: 'all' | Bitmap;
  bytesPerSecond: number | undefined;
  strikes: number;
  failures: number;
  pausedUntilMs: number;
  isBanned: boolean;
  readonly running: Set<number>;
}

interface RangeState extends Range {
  readonly startedMs: number;
  lastByteMs: number;
  bytes: number;
}

export interface SchedulerOptions {
  readonly layout: ManifestLayout;
  /** Blocks that are verified on disk already. */
  readonly verified: Bitmap;
}

export class Scheduler {
  readonly verified: Bitmap;
  readonly #layout: ManifestLayout;
  /** How many running ranges each block is part of. */
  readonly #assigned: Uint8Array;
  readonly #peers = new Map<string, PeerState>();
  readonly #ranges = new Map<number, RangeState>();
  /** Wrong answers, by block and peer. */
  readonly #wrong = new Map<number, Map<string, number>>();
  #lastStrike: Strike | undefined;
  #nextId = 1;
  #lowestMissing = 0;
  #missingBytes = 0;

  constructor({ layout, verified }: SchedulerOptions) {
    this.#layout = layout;
    this.verified = verified;
    this.#assigned = new Uint8Array(layout.blockCount);
    for (let block = 0; block < layout.blockCount; block += 1) {
      if (!verified.has(block)) this.#missingBytes += layout.place(block).lengthBytes;
    }
  }

  get missingBytes(): number {
    return this.#missingBytes;
  }

  /** Adds a peer, or tells what it has now. One that was banned stays banned. */
  putPeer(peerId: string, have: 'all' | Bitmap): void {
    const known = this.#peers.get(peerId);
    if (known) {
      known.have = have;
      return;
    }
    this.#peers.set(peerId, {
      have,
      bytesPerSecond: undefined,
      strikes: 0,
      failures: 0,
      pausedUntilMs: 0,
      isBanned: false,
      running: new Set(),
    });
  }

  /** The peer is gone; its running ranges are to be settled by the caller as failed. */
  removePeer(peerId: string): void {
    const peer = this.#peers.get(peerId);
    // A banned peer is remembered: coming back does not clear its name.
    if (peer && !peer.isBanned) this.#peers.delete(peerId);
  }

  /** Peers that may be asked. */
  usablePeers(): string[] {
    return [...this.#peers].filter(([, peer]) => !peer.isBanned).map(([peerId]) => peerId);
  }

  runningOf(peerId: string): number {
    return this.#peers.get(peerId)?.running.size ?? 0;
  }

  /** Peers that are delivering now. */
  get activePeers(): number {
    return new Set(Array.from(this.#ranges.values(), ({ peerId }) => peerId)).size;
  }

  /** When a paused peer may be asked again; undefined when none is paused. */
  nextWakeMs(nowMs: number): number | undefined {
    const times = [...this.#peers.values()]
      .filter((peer) => !peer.isBanned && peer.pausedUntilMs > nowMs)
      .map((peer) => peer.pausedUntilMs);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** The next range for a peer, or undefined when there is nothing for it now. */
  next(peerId: string, nowMs: number): Range | undefined {
    const peer = this.#peers.get(peerId);
    if (!peer || peer.isBanned || peer.pausedUntilMs > nowMs) return undefined;
    const budgetBytes = this.#budgetOf(peer);
    const firstBlock = this.#firstFor(peerId, peer);
    if (firstBlock === undefined) return this.#duplicate(peerId, peer, nowMs);
    let count = 0;
    let bytes = 0;
    for (let block = firstBlock; count < limits.blocksPerRequest && this.#isFor(block, peerId, peer); block += 1) {
      const { lengthBytes } = this.#layout.place(block);
      if (count > 0 && bytes + lengthBytes > budgetBytes) break;
      bytes += lengthBytes;
      count += 1;
    }
    return this.#assign(peerId, peer, { firstBlock, count, nowMs });
  }

  /** Raw bytes of a running range arrived. */
  onBytes(rangeId: number, bytes: number, nowMs: number): void {
    const range = this.#ranges.get(rangeId);
    if (!range) return;
    range.bytes += bytes;
    range.lastByteMs = nowMs;
  }

  /** A block of a running range was compared. Tells whether it counts now, and the strike if it was wrong. */
  onBlock(rangeId: number, block: number, sound: boolean): { counts: boolean; strike?: Strike } {
    const range = this.#ranges.get(rangeId);
    if (!range) return { counts: false };
    if (sound) {
      const counts = this.verified.add(block);
      if (counts) this.#missingBytes -= this.#layout.place(block).lengthBytes;
      return { counts };
    }
    return { counts: false, strike: this.#strike(range.peerId, block) };
  }

  /** A range ended. `failed`: the peer did not deliver; it is left alone for a while. */
  onSettled(rangeId: number, { failed, nowMs }: { failed: boolean; nowMs: number }): void {
    const range = this.#ranges.get(rangeId);
    if (!range) return;
    this.#ranges.delete(rangeId);
    for (let block = range.firstBlock; block < range.firstBlock + range.count; block += 1) {
      this.#assigned[block] = Math.max(0, (this.#assigned[block] ?? 0) - 1);
    }
    this.#lowestMissing = Math.min(this.#lowestMissing, range.firstBlock);
    const peer = this.#peers.get(range.peerId);
    if (!peer) return;
    peer.running.delete(rangeId);
    if (failed) {
      peer.failures += 1;
      peer.pausedUntilMs = nowMs + Math.min(longestPauseMs, firstPauseMs * 2 ** (peer.failures - 1));
      return;
    }
    peer.failures = 0;
    const elapsedMs = Math.max(1, nowMs - range.startedMs);
    const current = (range.bytes * 1000) / elapsedMs;
    peer.bytesPerSecond = peer.bytesPerSecond === undefined ? current : (peer.bytesPerSecond + current) / 2;
  }

  /** Ranges in which nothing is missing any more: what still runs of them can be cancelled. */
  superfluous(): number[] {
    return Array.from(this.#ranges.values())
      .filter(({ firstBlock, count }) => {
        for (let block = firstBlock; block < firstBlock + count; block += 1)
          if (!this.verified.has(block)) return false;
        return true;
      })
      .map(({ id }) => id);
  }

  verdict(): Verdict {
    if (this.verified.isFull) return { kind: 'done' };
    if (this.#ranges.size > 0) return { kind: 'running' };
    const usable = [...this.#peers].filter(([, peer]) => !peer.isBanned);
    if (usable.some(([peerId, peer]) => this.#firstFor(peerId, peer) !== undefined)) return { kind: 'running' };
    return this.#lastStrike ? { kind: 'no-sound-source', strike: this.#lastStrike } : { kind: 'peers-gone' };
  }

  #budgetOf({ bytesPerSecond }: PeerState): number {
    const speedBytes = bytesPerSecond === undefined ? firstBytes : (bytesPerSecond * rangeMs) / 1000;
    // Towards the end everybody takes smaller pieces, so that all are done at about the same time.
    const shareBytes = this.#missingBytes / (4 * Math.max(1, this.usablePeers().length));
    return Math.max(smallestBytes, Math.min(largestBytes, speedBytes, shareBytes));
  }

  /** The first missing block that nobody fetches and this peer may deliver. */
  #firstFor(peerId: string, peer: PeerState): number | undefined {
    while (
      this.#lowestMissing < this.#layout.blockCount &&
      (this.verified.has(this.#lowestMissing) || this.#assigned[this.#lowestMissing])
    ) {
      this.#lowestMissing += 1;
    }
    for (let block = this.#lowestMissing; block < this.#layout.blockCount; block += 1)
      if (this.#isFor(block, peerId, peer)) return block;
    return undefined;
  }

  #isFor(block: number, peerId: string, peer: PeerState): boolean {
    if (block >= this.#layout.blockCount || this.verified.has(block) || this.#assigned[block]) return false;
    if (peer.have !== 'all' && !peer.have.has(block)) return false;
    const wrong = this.#wrong.get(block);
    const own = wrong?.get(peerId) ?? 0;
    if (own === 0) return true;
    if (own >= maxTriesPerBlock) return false;
    // Somebody who has not failed on this block comes first.
    return !this.usablePeers().some((other) => !wrong?.has(other) && this.#has(other, block));
  }

  #has(peerId: string, block: number): boolean {
    const have = this.#peers.get(peerId)?.have;
    return have === 'all' || (have?.has(block) ?? false);
  }

  /** What is still missing of a range that stands still, for a peer with nothing else to do. */
  #duplicate(peerId: string, peer: PeerState, nowMs: number): Range | undefined {
    for (const range of this.#ranges.values()) {
      if (range.peerId === peerId || nowMs - range.lastByteMs < stalledMs) continue;
      let firstBlock = range.firstBlock;
      const end = range.firstBlock + range.count;
      while (firstBlock < end && (this.verified.has(firstBlock) || (this.#assigned[firstBlock] ?? 0) > 1))
        firstBlock += 1;
      if (firstBlock === end || !this.#has(peerId, firstBlock)) continue;
      let count = 1;
      while (
        firstBlock + count < end &&
        !this.verified.has(firstBlock + count) &&
        this.#has(peerId, firstBlock + count)
      )
        count += 1;
      return this.#assign(peerId, peer, { firstBlock, count, nowMs });
    }
    return undefined;
  }

  #assign(
    peerId: string,
    peer: PeerState,
    { firstBlock, count, nowMs }: { firstBlock: number; count: number; nowMs: number },
  ): Range {
    const range: RangeState = {
      id: this.#nextId++,
      peerId,
      firstBlock,
      count,
      startedMs: nowMs,
      lastByteMs: nowMs,
      bytes: 0,
    };
    this.#ranges.set(range.id, range);
    peer.running.add(range.id);
    for (let block = firstBlock; block < firstBlock + count; block += 1)
      this.#assigned[block] = (this.#assigned[block] ?? 0) + 1;
    return range;
  }

  #strike(peerId: string, block: number): Strike {
    const wrong = this.#wrong.get(block) ?? new Map<string, number>();
    this.#wrong.set(block, wrong.set(peerId, (wrong.get(peerId) ?? 0) + 1));
    const peer = this.#peers.get(peerId);
    if (peer) {
      peer.strikes += 1;
      peer.isBanned = peer.strikes >= maxStrikes;
    }
    this.#lastStrike = { peerId, block, banned: peer?.isBanned ?? true };
    return this.#lastStrike;
  }
}
