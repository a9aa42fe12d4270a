/**
 * Decides which peer is asked for which blocks next. Pure and deterministic: the caller passes the time in, ranges come
 * out. Peers pull: a free peer takes the next run of missing blocks, about a second's worth, so fast peers carry more.
 * While others fetch the same content, it takes one piece at a time; see `sharing.ts`.
 */
import type { Bitmap } from '../../base/index.ts';
import type { ManifestLayout } from '../../protocol/index.ts';
import { blocksOf, type BlockRun } from './block-runs.ts';
import { MissingBlocks, type BlockSpan, type MayAsk } from './missing-blocks.ts';
import { pickDuplicate, type Duplicate } from './pick-duplicate.ts';
import { contains, RunningRanges, type Range } from './running-ranges.ts';
import { Sharing } from './sharing.ts';
import type { OwnedBlocks, RangeOutcome, SourcePeer } from './source-peer.ts';
import { SourcePeers } from './source-peers.ts';
import { WrongAnswers, type Strike } from './wrong-answers.ts';

export type { Range } from './running-ranges.ts';
export type { Strike } from './wrong-answers.ts';

type Verdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'running' }
  /** Nothing is under way, and no peer is left to ask. */
  | { readonly kind: 'peers-gone' }
  /** Every peer that is left has sent damaged blocks. */
  | { readonly kind: 'no-sound-source'; readonly strike: Strike };

const slotsOfOnlyPeer = 4;
const slotsPerPeer = 2;

interface SchedulerOptions {
  readonly layout: ManifestLayout;
  /** Blocks on the disk that are verified already. */
  readonly verified: Bitmap;
  /** The peer id of this node. It decides which pieces of a swarm we fetch first. */
  readonly self?: string;
  /** In [0, 1). */
  readonly random?: () => number;
}

export class Scheduler {
  readonly #peers = new SourcePeers();
  readonly #ranges: RunningRanges;
  readonly #missing: MissingBlocks;
  readonly #wrong = new WrongAnswers();
  readonly #random: () => number;
  readonly #sharing: Sharing;

  constructor({ layout, verified, self = '', random = Math.random }: SchedulerOptions) {
    this.#random = random;
    this.#ranges = new RunningRanges(layout.blockCount);
    this.#missing = new MissingBlocks({ layout, verified, ranges: this.#ranges });
    const [peers, ranges, missing] = [this.#peers, this.#ranges, this.#missing];
    this.#sharing = new Sharing({ layout, peers, ranges, missing, self, random });
  }

  get verified(): Bitmap {
    return this.#missing.verified;
  }

  get missingBytes(): number {
    return this.#missing.bytes;
  }

  /** Adds a peer or updates its blocks. A banned peer stays banned. */
  putPeer(peerId: string, have: OwnedBlocks): void {
    const peer = this.#peers.put(peerId, have);
    if (have === 'all') this.#sharing.remove(peerId);
    else if (peer.isUsable) this.#sharing.put(peerId, have);
  }

  /**
   * A peer that still fetches has verified more, and is fetching `claims` from seeds. Returns the peers that may have
   * something new for us.
   */
  updatePeer(
    peerId: string,
    { added, claims, nowMs }: { added: readonly BlockRun[]; claims: readonly BlockRun[]; nowMs: number },
  ): string[] {
    let hasNew = false;
    for (const block of blocksOf(added)) if (this.#missing.isOpen(block)) hasNew = true;
    const hasLeft = this.#sharing.update(peerId, { added, claims, nowMs });
    return [...(hasNew ? [peerId] : []), ...(hasLeft ? this.#freeSeeds() : [])];
  }

  /** The peer is gone. The caller ends and settles its running ranges. */
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
    const peers = this.#peers.usable().map(({ peerId }) => peerId);
    if (this.#sharing.size === 0) return peers;
    // The first peer varies, so that the longest known peer does not give more than the others.
    const first = Math.floor(this.#random() * peers.length);
    return [...peers.slice(first), ...peers.slice(0, first)];
  }

  /** The running ranges of a peer. */
  rangesOf(peerId: string): readonly number[] {
    return [...(this.#peers.get(peerId)?.running ?? [])];
  }

  runningOf(peerId: string): number {
    return this.#peers.get(peerId)?.running.size ?? 0;
  }

  /**
   * How many requests a peer gets at a time: enough to keep its connections busy, few enough to share fairly. When many
   * fetch from one seed, each asks for one block only, or its first block would come as late as its last.
   */
  slotsOf(peerId: string): number {
    const peer = this.#peers.get(peerId);
    if (this.#peers.isOne) return peer && this.#sharing.startsSlowly(peer) ? slotsPerPeer : slotsOfOnlyPeer;
    return peer && this.#sharing.isDear(peer) ? 1 : slotsPerPeer;
  }

  /** Peers that are delivering now. */
  get activePeers(): number {
    return new Set(Array.from(this.#ranges, ({ peerId }) => peerId)).size;
  }

  /** When the first paused peer may be asked again; undefined when none is paused. */
  nextWakeMs(nowMs: number): number | undefined {
    return this.#peers.nextWakeMs(nowMs);
  }

  /** Running ranges that should be begun anew, see `Sharing`. */
  toBeginAnew(nowMs: number): number[] {
    return this.#sharing.toBeginAnew(nowMs);
  }

  /** The runs that are being fetched from seeds: others in the swarm leave them to us. */
  claims(): BlockRun[] {
    return this.#sharing.claims();
  }

  /** The next range for a peer, or undefined when there is nothing for it now. */
  next(peerId: string, nowMs: number): Range | undefined {
    const peer = this.#peers.get(peerId);
    if (!peer?.isUsable || peer.pausedUntilMs > nowMs) return undefined;
    const run = this.#pick(peer, nowMs) ?? this.#duplicate(peer, nowMs);
    return run && this.#ranges.begin(peer, { ...run, nowMs });
  }

  /** Bytes of a running range arrived. */
  onBytes(rangeId: number, bytes: number, nowMs: number): void {
    const range = this.#ranges.get(rangeId);
    if (!range) return;
    range.bytes += bytes;
    range.lastByteMs = nowMs;
  }

  /**
   * A block of a running range was hashed and compared. Tells whether it counts now, and the strike if it was wrong.
   */
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
    this.#sharing.onVerified(block, nowMs);
    this.#ranges.onArrived(range, block);
    return { counts: true };
  }

  /** A range ended; its missing blocks may be handed out again. */
  onSettled(rangeId: number, { outcome, nowMs }: { outcome: RangeOutcome; nowMs: number }): void {
    const range = this.#ranges.end(rangeId);
    if (!range) return;
    const { peer, firstBlock, count, bytes, startedMs } = range;
    if (range.missing > 0) this.#missing.reopen(firstBlock);
    // Whatever the peer announced, we treat it as having none of these blocks.
    if (outcome === 'absent') this.#sharing.onAbsent(peer.peerId, [firstBlock, count]);
    peer.onSettled({ outcome, bytes, startedMs, nowMs });
    this.#leaveIfUnusable(peer);
  }

  /** Ranges that can be cancelled: nothing is missing in them any more, or another copy began before they did. */
  superfluous(): number[] {
    return this.#ranges.superfluous();
  }

  verdict(): Verdict {
    if (this.verified.isFull) return { kind: 'done' };
    if (this.#ranges.size > 0) return { kind: 'running' };
    if (this.#peers.usable().some((peer) => this.#missing.first(this.#mayAsk(peer)) !== undefined))
      return { kind: 'running' };
    const strike = this.#wrong.ofBanned(this.#peers);
    return strike ? { kind: 'no-sound-source', strike } : { kind: 'peers-gone' };
  }

  /** A peer that is not asked any more leaves the swarm: others are asked for the blocks that it has or fetches. */
  #leaveIfUnusable(peer: SourcePeer): void {
    if (peer.isUsable) return;
    this.#peers.retire(peer);
    this.#sharing.remove(peer.peerId);
  }

  #pick(peer: SourcePeer, nowMs: number): BlockSpan | undefined {
    if (!this.#sharing.concerns(peer)) return this.#pickInOrder(peer);
    return this.#sharing.pick(peer, { mayAsk: this.#mayAsk(peer), nowMs });
  }

  #pickInOrder(peer: SourcePeer): BlockSpan | undefined {
    const mayAsk = this.#mayAsk(peer);
    const first = this.#missing.first(mayAsk);
    if (first === undefined) return undefined;
    // Towards the end ranges become smaller, so that all peers finish at about the same time.
    const budgetBytes = peer.budgetBytes(this.missingBytes / (4 * this.#peers.usable().length));
    return this.#missing.span(first, { mayAsk, budgetBytes });
  }

  #duplicate(idle: SourcePeer, nowMs: number): Duplicate | undefined {
    const mayAsk = this.#mayAsk(idle);
    const isWanted = (block: number): boolean => this.#missing.isMissing(block) && mayAsk(block);
    const { isCrowded } = this.#sharing;
    const isDear = this.#sharing.isDear(idle);
    return pickDuplicate({ ranges: this.#ranges, idle, isDear, isCrowded, isWanted, nowMs });
  }

  #freeSeeds(): string[] {
    const free: string[] = [];
    for (const { peerId, running, isUsable } of this.#peers.seeds)
      if (isUsable && running.size < this.slotsOf(peerId)) free.push(peerId);
    return free;
  }

  #mayAsk(peer: SourcePeer): MayAsk {
    return (block) => peer.has(block) && this.#wrong.mayAsk(block, peer, () => this.#peers.usable());
  }
}
