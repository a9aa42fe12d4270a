/**
 * Who fetches what next. Pure and deterministic: time comes in, ranges come out. Pull model: whoever is free takes the
 * next run of missing blocks, as many as it delivers in about a second, so fast peers carry more. Beside others who fetch
 * the same it takes piece by piece, see `pick-piece.ts`.
 */
import type { Bitmap } from '../base/index.ts';
import type { ManifestLayout } from '../protocol/index.ts';
import { blocksOf, type BlockRun } from './block-runs.ts';
import { MissingBlocks, type BlockSpan, type MayAsk } from './missing-blocks.ts';
import { pickDuplicate } from './pick-duplicate.ts';
import { pickBlock } from './pick-piece.ts';
import { Pieces } from './pieces.ts';
import { contains, RunningRanges, type Range, type RunningRange } from './running-ranges.ts';
import { SourcePeer, type Have, type RangeOutcome } from './source-peer.ts';
import { SwarmView } from './swarm-view.ts';
import { WrongAnswers, type Strike } from './wrong-answers.ts';

export type { Range } from './running-ranges.ts';
export type { Strike } from './wrong-answers.ts';

export type Verdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'running' }
  /** Nothing is under way and nobody is left to ask. */
  | { readonly kind: 'peers-gone' }
  /** Everybody who is left has sent damaged blocks. */
  | { readonly kind: 'no-sound-source'; readonly strike: Strike };

const slotsOfOnlyPeer = 4;
const slotsPerPeer = 2;
/** So many others who fetch the same, for each seed, keep it busy by themselves. */
const crowd = 3;
/**
 * From so many others on queues are long enough to look for shorter ones. With fewer it does harm: a cancelled request
 * ends its connection, and on a busy PC everything seems to wait.
 */
const queuesFrom = 16;
/**
 * Pieces asked of members at a time, at most. In a large room all would otherwise ask for all they hear of at once and
 * wait for it in long queues, while others get it meanwhile whom nobody asks any more.
 */
const mostFromMembers = 16;
/** Games smaller than this are fetched in order from the start, in bytes. */
const slowStartFromBytes = 128 * 1024 * 1024;

interface Swarm {
  readonly pieces: Pieces;
  readonly view: SwarmView;
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
  readonly #layout: ManifestLayout;
  readonly #peers = new Map<string, SourcePeer>();
  /** Those of them that have everything. */
  readonly #seeds = new Set<SourcePeer>();
  readonly #ranges: RunningRanges;
  readonly #missing: MissingBlocks;
  readonly #wrong = new WrongAnswers();
  readonly #self: string;
  readonly #random: () => number;
  /** Made when somebody joins who is still fetching, too. */
  #swarm: Swarm | undefined;

  constructor({ layout, verified, self = '', random = Math.random }: SchedulerOptions) {
    this.#layout = layout;
    this.#self = self;
    this.#random = random;
    this.#ranges = new RunningRanges(layout.blockCount);
    this.#missing = new MissingBlocks({ layout, verified, ranges: this.#ranges });
  }

  get verified(): Bitmap {
    return this.#missing.verified;
  }

  get missingBytes(): number {
    return this.#missing.bytes;
  }

  /** Adds a peer, or tells what it has now. One that was banned stays banned. */
  putPeer(peerId: string, have: Have): void {
    const peer = this.#peers.get(peerId) ?? new SourcePeer(peerId, have);
    this.#peers.set(peerId, peer);
    peer.arrive(have);
    if (have === 'all') {
      this.#seeds.add(peer);
      this.#swarm?.view.remove(peerId);
    } else {
      this.#seeds.delete(peer);
      if (peer.isUsable) this.#joinSwarm().view.put(peerId, have);
    }
  }

  /**
   * Somebody who is still fetching verified more, and is fetching `claims` from those who have everything. Returns whom
   * there may be something new to ask for.
   */
  updatePeer(
    peerId: string,
    { added, claims, nowMs }: { added: readonly BlockRun[]; claims: readonly BlockRun[]; nowMs: number },
  ): string[] {
    const { view } = this.#swarm ?? {};
    if (!view) return [];
    let hasNew = false;
    for (const block of blocksOf(added)) if (this.#missing.isOpen(block)) hasNew = true;
    view.add(peerId, added, nowMs);
    const hasLeft = view.setClaims(peerId, claims, nowMs);
    return [...(hasNew ? [peerId] : []), ...(hasLeft ? this.#freeSeeds() : [])];
  }

  /** The peer is gone; its running ranges are the caller's to end and to settle. */
  removePeer(peerId: string): void {
    const peer = this.#peers.get(peerId);
    if (!peer) return;
    peer.isHere = false;
    this.#leaveIfUnusable(peer);
  }

  /** Whether the peer takes part. */
  isUsable(peerId: string): boolean {
    return this.#peers.get(peerId)?.isUsable ?? false;
  }

  /** Peers that may be asked. */
  usablePeers(): string[] {
    const peers = this.#usable().map(({ peerId }) => peerId);
    if (!this.#swarm || this.#swarm.view.size === 0) return peers;
    // Who is asked first changes, so that nobody has to give more than others because it is known longest.
    const first = Math.floor(this.#random() * peers.length);
    return [...peers.slice(first), ...peers.slice(0, first)];
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
    if (this.#hasOnePeer()) return peer && this.#startSlowly(peer) ? slotsPerPeer : slotsOfOnlyPeer;
    return peer && this.#isDear(peer) ? 1 : slotsPerPeer;
  }

  /** Peers that are delivering now. */
  get activePeers(): number {
    return new Set(Array.from(this.#ranges, ({ peerId }) => peerId)).size;
  }

  /** When the first paused peer may be asked again; undefined when none is paused. */
  nextWakeMs(nowMs: number): number | undefined {
    const times = this.#usable()
      .map(({ pausedUntilMs }) => pausedUntilMs)
      .filter((time) => time > nowMs);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /**
   * Ranges that are better begun anew: those of more than one piece, handed out while nobody else was known to fetch the
   * same, who will share them; and those of a piece that a seed has not begun to send and that comes another way.
   */
  toBeginAnew(nowMs: number): number[] {
    const { pieces, view } = this.#swarm ?? {};
    if (!pieces || !view || view.size === 0) return [];
    const isFedByMembers = this.#ranges.fromMembers > 0;
    const isBetterShared = ({ firstBlock, count, missing, bytes }: RunningRange): boolean => {
      if (missing === 0) return false;
      const piece = pieces.of(firstBlock);
      if (piece !== pieces.of(firstBlock + count - 1)) return missing > 1;
      return bytes === 0 && ((isFedByMembers && view.holders(piece) > 0) || view.isOutbid(piece, nowMs));
    };
    return this.#fromSeeds()
      .filter(isBetterShared)
      .map(({ id }) => id);
  }

  /** What is being fetched from peers that have everything: others in the swarm leave it to us. */
  claims(): BlockRun[] {
    return this.#fromSeeds().map(({ firstBlock, count }) => [firstBlock, count]);
  }

  /** The next range for a peer, or undefined when there is nothing for it now. */
  next(peerId: string, nowMs: number): Range | undefined {
    const peer = this.#peers.get(peerId);
    if (!peer?.isUsable || peer.pausedUntilMs > nowMs) return undefined;
    const run = this.#pick(peer, nowMs) ?? this.#duplicate(peer, nowMs);
    return run && this.#ranges.begin(peer, { ...run, nowMs });
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
    if (!range || !contains(range, block)) return { counts: false };
    if (!sound) {
      const strike = this.#wrong.strike(range.peer, block, nowMs);
      this.#leaveIfUnusable(range.peer);
      return { counts: false, strike };
    }
    range.peer.onSound();
    if (!this.#missing.onVerified(block)) return { counts: false };
    this.#swarm?.view.onVerified(block, nowMs);
    this.#ranges.onArrived(range, block);
    return { counts: true };
  }

  /** A range ended; what is missing of it may be handed out again. */
  onSettled(rangeId: number, { outcome, nowMs }: { outcome: RangeOutcome; nowMs: number }): void {
    const range = this.#ranges.end(rangeId);
    if (!range) return;
    const { peer, firstBlock, count, bytes, startedMs } = range;
    if (range.missing > 0) this.#missing.reopen(firstBlock);
    // Whatever it has told: as far as we are concerned it has nothing of these.
    if (outcome === 'absent') this.#swarm?.view.retract(peer.peerId, [firstBlock, count]);
    peer.onSettled({ outcome, bytes, startedMs, nowMs });
    this.#leaveIfUnusable(peer);
  }

  /** Ranges in which nothing is missing any more: what still runs of them can be cancelled. */
  superfluous(): number[] {
    return this.#ranges.superfluous();
  }

  verdict(): Verdict {
    if (this.verified.isFull) return { kind: 'done' };
    if (this.#ranges.size > 0) return { kind: 'running' };
    if (this.#usable().some((peer) => this.#missing.first(this.#mayAsk(peer)) !== undefined))
      return { kind: 'running' };
    const strike = this.#wrong.ofBanned(this.#peers.values());
    return strike ? { kind: 'no-sound-source', strike } : { kind: 'peers-gone' };
  }

  #joinSwarm(): Swarm {
    if (this.#swarm) return this.#swarm;
    const pieces = new Pieces(this.#layout);
    this.#swarm = { pieces, view: new SwarmView({ pieces, self: this.#self, verified: this.verified }) };
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

  /** Who is not asked any more has nothing for anybody: others are asked for what it says to have or to fetch. */
  #leaveIfUnusable(peer: SourcePeer): void {
    if (peer.isUsable) return;
    this.#seeds.delete(peer);
    this.#swarm?.view.remove(peer.peerId);
  }

  /** A seed that many ask. */
  #isDear({ have }: SourcePeer): boolean {
    return have === 'all' && (this.#swarm?.view.size ?? 0) >= crowd * this.#seeds.size;
  }

  #pick(peer: SourcePeer, nowMs: number): BlockSpan | undefined {
    const swarm = this.#startSlowly(peer) ?? (this.#swarm && this.#swarm.view.size > 0 ? this.#swarm : undefined);
    return swarm ? this.#pickPiece(peer, swarm, nowMs) : this.#pickInOrder(peer);
  }

  #pickInOrder(peer: SourcePeer): BlockSpan | undefined {
    const mayAsk = this.#mayAsk(peer);
    const first = this.#missing.first(mayAsk);
    if (first === undefined) return undefined;
    // Towards the end everybody takes smaller pieces, so that all are done at about the same time.
    const budgetBytes = peer.budgetBytes(this.missingBytes / (4 * this.#usable().length));
    return this.#missing.span(first, { mayAsk, budgetBytes });
  }

  #pickPiece(peer: SourcePeer, { pieces, view }: Swarm, nowMs: number): BlockSpan | undefined {
    const { fromMembers } = this.#ranges;
    if (peer.have !== 'all' && fromMembers >= mostFromMembers) return undefined;
    const mayAsk = this.#mayAsk(peer);
    const first = pickBlock({
      swarm: view,
      member: peer.have === 'all' ? undefined : peer.peerId,
      isFedByMembers: fromMembers > 0,
      firstOpen: (piece) =>
        this.#missing.firstWithin({ first: pieces.first(piece), end: pieces.first(piece + 1) }, mayAsk),
      nowMs,
      random: this.#random,
    });
    return first === undefined
      ? undefined
      : this.#missing.span(first, { mayAsk, end: pieces.first(pieces.of(first) + 1) });
  }

  #duplicate(idle: SourcePeer, nowMs: number): BlockSpan | undefined {
    const mayAsk = this.#mayAsk(idle);
    const isWanted = (block: number): boolean => this.#missing.isMissing(block) && mayAsk(block);
    const isCrowded = (this.#swarm?.view.size ?? 0) >= queuesFrom;
    return pickDuplicate({ ranges: this.#ranges, idle, isDear: this.#isDear(idle), isCrowded, isWanted, nowMs });
  }

  #fromSeeds(): RunningRange[] {
    const ranges: RunningRange[] = [];
    for (const { running } of this.#seeds)
      for (const id of running) {
        const range = this.#ranges.get(id);
        if (range) ranges.push(range);
      }
    return ranges;
  }

  #freeSeeds(): string[] {
    const free: string[] = [];
    for (const { peerId, running, isUsable } of this.#seeds)
      if (isUsable && running.size < this.slotsOf(peerId)) free.push(peerId);
    return free;
  }

  #hasOnePeer(): boolean {
    let count = 0;
    for (const { isUsable } of this.#peers.values()) if (isUsable && (count += 1) > 1) return false;
    return count === 1;
  }

  #usable(): SourcePeer[] {
    return [...this.#peers.values()].filter(({ isUsable }) => isUsable);
  }

  #mayAsk(peer: SourcePeer): MayAsk {
    return (block) => peer.has(block) && this.#wrong.mayAsk(block, peer, () => this.#usable());
  }
}
