/**
 * Who fetches what next. Pure and deterministic: time comes in, ranges come out. Pull model: whoever is free takes the
 * next run of missing blocks, as many as it delivers in about a second, so fast peers carry more.
 */
import type { Bitmap } from '../base/index.ts';
import { limits, type ManifestLayout } from '../protocol/index.ts';
import type { BlockRun } from './block-runs.ts';
import { pickBlock } from './pick-piece.ts';
import { Pieces } from './pieces.ts';
import { SourcePeer, type Have, type RangeOutcome } from './source-peer.ts';
import { SwarmView } from './swarm-view.ts';

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

const maxTriesPerBlock = 3;
/** A range without a byte for this long may be fetched a second time by somebody idle, in milliseconds. */
const stalledMs = 3_000;
/** The same for a range that will take this much longer than the idle peer needs for what is missing of it. */
const slowFactor = 3;
const slotsOfOnlyPeer = 4;
const slotsPerPeer = 2;
/** So many others who fetch the same keep a seed busy by themselves. */
const crowd = 3;
/** How many fetch one block at a time, at most. */
const maxCopies = 2;

/** Games smaller than this are fetched in order from the start, in bytes. */
const slowStartFromBytes = 128 * 1024 * 1024;

interface Swarm {
  readonly pieces: Pieces;
  readonly view: SwarmView;
}

interface RangeState extends Range {
  readonly peer: SourcePeer;
  readonly startedMs: number;
  lastByteMs: number;
  bytes: number;
  /** Of its blocks. */
  missing: number;
}

export interface SchedulerOptions {
  readonly layout: ManifestLayout;
  /** Blocks that are verified on disk already. */
  readonly verified: Bitmap;
  /** This PC's peer id: which pieces of a swarm are ours to fetch first follows from it. */
  readonly self?: string;
  /** In [0, 1). */
  readonly random?: () => number;
}

export class Scheduler {
  readonly verified: Bitmap;
  readonly #layout: ManifestLayout;
  /** How many running ranges each block is part of. */
  readonly #copies: Uint8Array;
  readonly #peers = new Map<string, SourcePeer>();
  readonly #ranges = new Map<number, RangeState>();
  /** Wrong answers, by block and peer. */
  readonly #wrong = new Map<number, Map<string, number>>();
  /** The last one of each peer. */
  readonly #strikes = new Map<string, Strike>();
  readonly #self: string;
  readonly #random: () => number;
  /** Made when somebody joins who is still fetching, too. */
  #swarm: Swarm | undefined;
  #nextId = 1;
  /** Every block below is verified or under way: a scan begins here, not at 0. */
  #lowestMissing = 0;
  #missingBytes = 0;

  constructor({ layout, verified, self = '', random = Math.random }: SchedulerOptions) {
    this.#layout = layout;
    this.#self = self;
    this.#random = random;
    this.verified = verified;
    this.#copies = new Uint8Array(layout.blockCount);
    for (let block = 0; block < layout.blockCount; block += 1) {
      if (!verified.has(block)) this.#missingBytes += layout.place(block).lengthBytes;
    }
  }

  get missingBytes(): number {
    return this.#missingBytes;
  }

  /** Adds a peer, or tells what it has now. One that was banned stays banned. */
  putPeer(peerId: string, have: Have): void {
    const known = this.#peers.get(peerId);
    if (known) known.arrive(have);
    else this.#peers.set(peerId, new SourcePeer(peerId, have));
    if (have === 'all') this.#swarm?.view.remove(peerId);
    else this.#joinSwarm().view.put(peerId, have);
  }

  /** Somebody who is still fetching verified more, and is fetching `claims` from those who have everything. */
  updatePeer(
    peerId: string,
    { added, claims, nowMs }: { added: readonly BlockRun[]; claims: readonly BlockRun[]; nowMs: number },
  ): void {
    this.#swarm?.view.add(peerId, added);
    this.#swarm?.view.setClaims(peerId, claims, nowMs);
  }

  /**
   * Ranges that were handed out while nobody else was known to fetch the same, and hold more than one piece: begun anew,
   * piece by piece, they are shared with the others instead of fetched by each.
   */
  oversized(): number[] {
    const { pieces } = this.#swarm ?? {};
    if (!pieces) return [];
    return [...this.#ranges.values()]
      .filter(({ peer, firstBlock, count, missing }) => {
        const isOnePiece = pieces.of(firstBlock) === pieces.of(firstBlock + count - 1);
        return peer.have === 'all' && !isOnePiece && missing > 1;
      })
      .map(({ id }) => id);
  }

  /** What is being fetched from peers that have everything: others in the swarm leave it to us. */
  claims(): BlockRun[] {
    return [...this.#ranges.values()]
      .filter(({ peer }) => peer.have === 'all')
      .map(({ firstBlock, count }) => [firstBlock, count]);
  }

  /** The peer is gone; its running ranges are the caller's to end and to settle. */
  removePeer(peerId: string): void {
    const peer = this.#peers.get(peerId);
    if (peer) peer.isHere = false;
    this.#swarm?.view.remove(peerId);
  }

  /** Whether the peer takes part. */
  isUsable(peerId: string): boolean {
    return this.#peers.get(peerId)?.isUsable ?? false;
  }

  /** Peers that may be asked. */
  usablePeers(): string[] {
    return this.#usable().map(({ peerId }) => peerId);
  }

  /** Ranges that run at a peer. */
  rangesOf(peerId: string): readonly number[] {
    return [...(this.#peers.get(peerId)?.running ?? [])];
  }

  runningOf(peerId: string): number {
    return this.#peers.get(peerId)?.running.size ?? 0;
  }

  /**
   * Requests that a peer is given at a time: enough to keep its connections busy, few enough to share fairly. Where many
   * fetch from one seed, each waits for one block only, or the first block of all would come as late as the last.
   */
  slotsOf(peerId: string): number {
    const peer = this.#peers.get(peerId);
    if (this.#usable().length === 1) return peer && this.#startSlowly(peer) ? slotsPerPeer : slotsOfOnlyPeer;
    const isSeed = peer?.have === 'all';
    return isSeed && (this.#swarm?.view.size ?? 0) >= crowd ? 1 : slotsPerPeer;
  }

  /** Peers that are delivering now. */
  get activePeers(): number {
    return new Set(Array.from(this.#ranges.values(), ({ peerId }) => peerId)).size;
  }

  /** When the first paused peer may be asked again; undefined when none is paused. */
  nextWakeMs(nowMs: number): number | undefined {
    const times = this.#usable()
      .map(({ pausedUntilMs }) => pausedUntilMs)
      .filter((time) => time > nowMs);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** The next range for a peer, or undefined when there is nothing for it now. */
  next(peerId: string, nowMs: number): Range | undefined {
    const peer = this.#peers.get(peerId);
    if (!peer?.isUsable || peer.pausedUntilMs > nowMs) return undefined;
    const swarm = this.#swarm ?? this.#startSlowly(peer);
    if (swarm && (swarm.view.size > 0 || this.#startSlowly(peer))) return this.#nextInSwarm(peer, swarm, nowMs);
    const firstBlock = this.#firstFor(peer);
    if (firstBlock === undefined) return this.#duplicate(peer, nowMs);
    // Towards the end everybody takes smaller pieces, so that all are done at about the same time.
    const budgetBytes = peer.budgetBytes(this.#missingBytes / (4 * this.#usable().length));
    let count = 0;
    let bytes = 0;
    for (let block = firstBlock; count < limits.blocksPerRequest && this.#isFor(block, peer); block += 1) {
      const { lengthBytes } = this.#layout.place(block);
      if (count > 0 && bytes + lengthBytes > budgetBytes) break;
      bytes += lengthBytes;
      count += 1;
    }
    return this.#assign(peer, { firstBlock, count, nowMs });
  }

  /** Raw bytes of a running range arrived. */
  onBytes(rangeId: number, bytes: number, nowMs: number): void {
    const range = this.#ranges.get(rangeId);
    if (!range) return;
    range.bytes += bytes;
    range.lastByteMs = nowMs;
  }

  /** A block of a running range was compared. Tells whether it counts now, and the strike if it was wrong. */
  onBlock(
    rangeId: number,
    { block, sound, nowMs }: { block: number; sound: boolean; nowMs: number },
  ): { counts: boolean; strike?: Strike } {
    const range = this.#ranges.get(rangeId);
    if (!range || block < range.firstBlock || block >= range.firstBlock + range.count) return { counts: false };
    if (!sound) return { counts: false, strike: this.#strike(range.peer, block, nowMs) };
    range.peer.onSound();
    if (!this.verified.add(block)) return { counts: false };
    this.#missingBytes -= this.#layout.place(block).lengthBytes;
    if ((this.#copies[block] ?? 0) <= 1) range.missing -= 1;
    else for (const other of this.#ranges.values()) if (contains(other, block)) other.missing -= 1;
    return { counts: true };
  }

  /** A range ended; what is missing of it may be handed out again. */
  onSettled(rangeId: number, { outcome, nowMs }: { outcome: RangeOutcome; nowMs: number }): void {
    const range = this.#ranges.get(rangeId);
    if (!range) return;
    this.#ranges.delete(rangeId);
    range.peer.running.delete(rangeId);
    for (let block = range.firstBlock; block < range.firstBlock + range.count; block += 1)
      this.#copies[block] = (this.#copies[block] ?? 1) - 1;
    if (range.missing > 0) this.#lowestMissing = Math.min(this.#lowestMissing, range.firstBlock);
    range.peer.onSettled({ outcome, bytes: range.bytes, startedMs: range.startedMs, nowMs });
  }

  /** Ranges in which nothing is missing any more: what still runs of them can be cancelled. */
  superfluous(): number[] {
    return [...this.#ranges.values()].filter(({ missing }) => missing === 0).map(({ id }) => id);
  }

  verdict(): Verdict {
    if (this.verified.isFull) return { kind: 'done' };
    if (this.#ranges.size > 0) return { kind: 'running' };
    if (this.#usable().some((peer) => this.#firstFor(peer) !== undefined)) return { kind: 'running' };
    const liar = [...this.#peers.values()].find(({ isHere, isBanned }) => isHere && isBanned);
    const strike = liar && this.#strikes.get(liar.peerId);
    return strike ? { kind: 'no-sound-source', strike } : { kind: 'peers-gone' };
  }

  #joinSwarm(): Swarm {
    const pieces = this.#swarm?.pieces ?? new Pieces(this.#layout);
    this.#swarm ??= { pieces, view: new SwarmView({ pieces, self: this.#self }) };
    return this.#swarm;
  }

  /**
   * Whoever begins at the same moment begins somewhere else: of a large game the first thing asked of a peer is one
   * piece by chance, because who else fetches it is not known yet.
   */
  #startSlowly(peer: SourcePeer): Swarm | undefined {
    const isLarge = this.#layout.totalBytes >= slowStartFromBytes;
    return isLarge && peer.bytesPerSecond === undefined ? this.#joinSwarm() : undefined;
  }

  #nextInSwarm(peer: SourcePeer, { pieces, view }: Swarm, nowMs: number): Range | undefined {
    const firstOpen = (piece: number): number | undefined => {
      const end = pieces.first(piece + 1);
      for (let block = pieces.first(piece); block < end; block += 1) if (this.#isFor(block, peer)) return block;
      return undefined;
    };
    const isSeed = peer.have === 'all';
    const isFedByMembers = isSeed && [...this.#ranges.values()].some(({ peer: { have } }) => have !== 'all');
    const firstBlock = pickBlock({
      pieces,
      swarm: view,
      isSeed,
      isFedByMembers,
      firstOpen,
      nowMs,
      random: this.#random,
    });
    if (firstBlock === undefined) return this.#duplicate(peer, nowMs);
    const end = Math.min(pieces.first(pieces.of(firstBlock) + 1), firstBlock + limits.blocksPerRequest);
    let count = 1;
    while (firstBlock + count < end && this.#isFor(firstBlock + count, peer)) count += 1;
    return this.#assign(peer, { firstBlock, count, nowMs });
  }

  #usable(): SourcePeer[] {
    return [...this.#peers.values()].filter(({ isUsable }) => isUsable);
  }

  /** The first missing block that nobody fetches and this peer may deliver. */
  #firstFor(peer: SourcePeer): number | undefined {
    const { blockCount } = this.#layout;
    while (this.#lowestMissing < blockCount && !this.#isOpen(this.#lowestMissing)) this.#lowestMissing += 1;
    for (let block = this.#lowestMissing; block < blockCount; block += 1) if (this.#isFor(block, peer)) return block;
    return undefined;
  }

  /** Missing, and nobody fetches it. */
  #isOpen(block: number): boolean {
    return block < this.#layout.blockCount && !this.#copies[block] && !this.verified.has(block);
  }

  #isFor(block: number, peer: SourcePeer): boolean {
    return this.#isOpen(block) && this.#mayAsk(block, peer);
  }

  #mayAsk(block: number, peer: SourcePeer): boolean {
    if (!peer.has(block)) return false;
    const wrong = this.#wrong.get(block);
    const own = wrong?.get(peer.peerId) ?? 0;
    if (own === 0) return true;
    if (own >= maxTriesPerBlock) return false;
    // Somebody who has not failed on this block comes first.
    return !this.#usable().some((other) => !wrong?.has(other.peerId) && other.has(block));
  }

  /** What is still missing of a range that stands still or crawls, for a peer with nothing else to do. */
  #duplicate(peer: SourcePeer, nowMs: number): Range | undefined {
    for (const range of this.#ranges.values()) {
      if (range.peer === peer || range.missing === 0 || !this.#isSlow(range, peer, nowMs)) continue;
      const end = range.firstBlock + range.count;
      const isCandidate = (block: number): boolean =>
        block < end && !this.verified.has(block) && (this.#copies[block] ?? 0) < maxCopies && this.#mayAsk(block, peer);
      let firstBlock = range.firstBlock;
      while (firstBlock < end && !isCandidate(firstBlock)) firstBlock += 1;
      if (firstBlock === end) continue;
      let count = 1;
      while (isCandidate(firstBlock + count)) count += 1;
      return this.#assign(peer, { firstBlock, count, nowMs });
    }
    return undefined;
  }

  #isSlow(range: RangeState, idle: SourcePeer, nowMs: number): boolean {
    if (nowMs - range.lastByteMs >= stalledMs) return true;
    const elapsedMs = nowMs - range.startedMs;
    if (elapsedMs < stalledMs || idle.bytesPerSecond === undefined) return false;
    return idle.bytesPerSecond > (slowFactor * range.bytes * 1000) / elapsedMs;
  }

  #assign(peer: SourcePeer, { firstBlock, count, nowMs }: { firstBlock: number; count: number; nowMs: number }): Range {
    const { peerId } = peer;
    const times = { startedMs: nowMs, lastByteMs: nowMs };
    const range: RangeState = {
      id: this.#nextId++,
      peerId,
      firstBlock,
      count,
      peer,
      ...times,
      bytes: 0,
      missing: count,
    };
    this.#ranges.set(range.id, range);
    peer.running.add(range.id);
    for (let block = firstBlock; block < firstBlock + count; block += 1)
      this.#copies[block] = (this.#copies[block] ?? 0) + 1;
    return range;
  }

  #strike(peer: SourcePeer, block: number, nowMs: number): Strike {
    const { peerId } = peer;
    const wrong = this.#wrong.get(block) ?? new Map<string, number>();
    this.#wrong.set(block, wrong.set(peerId, (wrong.get(peerId) ?? 0) + 1));
    peer.strike(nowMs);
    const strike = { peerId, block, banned: peer.isBanned };
    this.#strikes.set(peerId, strike);
    return strike;
  }
}

function contains({ firstBlock, count }: Range, block: number): boolean {
  return block >= firstBlock && block < firstBlock + count;
}
