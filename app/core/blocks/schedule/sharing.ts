/**
 * The rules while others fetch the same content at the same time: pieces are taken one by one, a busy seed is spared,
 * and content that others will share is not fetched in long runs. Pure: the caller passes time and randomness in.
 */
import type { Bitmap } from '../../base/index.ts';
import type { ManifestLayout } from '../../protocol/index.ts';
import type { BlockRun } from './block-runs.ts';
import type { BlockSpan, MayAsk, MissingBlocks } from './missing-blocks.ts';
import { pickBlock } from './pick-piece.ts';
import { Pieces } from './pieces.ts';
import type { RunningRange, RunningRanges } from './running-ranges.ts';
import type { SourcePeer } from './source-peer.ts';
import type { SourcePeers } from './source-peers.ts';
import { SwarmView } from './swarm-view.ts';

/** This many members for each seed keep the seeds busy by themselves. */
const crowd = 3;
/**
 * With this many members, queues are long enough to look for shorter ones. With fewer it does harm: a cancelled request
 * ends its connection, and on a busy PC every request seems to wait.
 */
const queuesFrom = 16;
/**
 * The most pieces asked of members at a time. Without this limit all peers in a large room would ask for every new
 * piece at once. They would wait in long queues and ignore the peers that have got the piece meanwhile.
 */
const mostFromMembers = 16;
/** Smaller games are fetched in order from the start, in bytes. */
const slowStartFromBytes = 128 * 1024 * 1024;

interface Swarm {
  readonly pieces: Pieces;
  readonly view: SwarmView;
}

interface SharingOptions {
  readonly layout: ManifestLayout;
  readonly peers: SourcePeers;
  readonly ranges: RunningRanges;
  readonly missing: MissingBlocks;
  /** The peer id of this node. */
  readonly self: string;
  /** In [0, 1). */
  readonly random: () => number;
}

export class Sharing {
  readonly #options: SharingOptions;
  /** Created when the first peer that still fetches joins. */
  #swarm: Swarm | undefined;

  constructor(options: SharingOptions) {
    this.#options = options;
  }

  /** How many other peers fetch the same content. */
  get size(): number {
    return this.#swarm?.view.size ?? 0;
  }

  /** Whether many other peers fetch the same content. */
  get isCrowded(): boolean {
    return this.size >= queuesFrom;
  }

  /** A peer still fetches and has these blocks. */
  put(peerId: string, have: Bitmap): void {
    this.#join().view.put(peerId, have);
  }

  /** A peer has everything, or is not asked any more. */
  remove(peerId: string): void {
    this.#swarm?.view.remove(peerId);
  }

  /** A peer has verified more, and is fetching `claims` from seeds. Tells whether it has given up a claim. */
  update(
    peerId: string,
    { added, claims, nowMs }: { added: readonly BlockRun[]; claims: readonly BlockRun[]; nowMs: number },
  ): boolean {
    this.#swarm?.view.add(peerId, added, nowMs);
    return this.#swarm?.view.setClaims(peerId, claims, nowMs) ?? false;
  }

  /** A block was verified here. */
  onVerified(block: number, nowMs: number): void {
    this.#swarm?.view.onVerified(block, nowMs);
  }

  /** A peer was asked for these blocks and does not have them. */
  onAbsent(peerId: string, run: BlockRun): void {
    this.#swarm?.view.retract(peerId, run);
  }

  /** Whether the peer is a seed that many ask. */
  isDear({ have }: SourcePeer): boolean {
    return have === 'all' && this.size >= crowd * this.#options.peers.seeds.size;
  }

  /**
   * Whether to begin with one random piece. Peers that begin a large game at the same moment do not know of each other
   * yet; random first pieces make them fetch different parts.
   */
  startsSlowly({ bytesPerSecond }: SourcePeer): boolean {
    return this.#options.layout.totalBytes >= slowStartFromBytes && bytesPerSecond === undefined;
  }

  /** Whether a peer is asked for pieces one by one, by `pick`. */
  concerns(peer: SourcePeer): boolean {
    return this.size > 0 || this.startsSlowly(peer);
  }

  /** The blocks to ask a peer for next, within one piece; undefined when there is nothing for it now. */
  pick(peer: SourcePeer, { mayAsk, nowMs }: { mayAsk: MayAsk; nowMs: number }): BlockSpan | undefined {
    const { pieces, view } = this.#join();
    const { ranges, missing, random } = this.#options;
    const { fromMembers } = ranges;
    if (peer.have !== 'all' && fromMembers >= mostFromMembers) return undefined;
    const first = pickBlock({
      swarm: view,
      member: peer.have === 'all' ? undefined : peer.peerId,
      isFedByMembers: fromMembers > 0,
      firstOpen: (piece) => missing.firstWithin({ first: pieces.first(piece), end: pieces.first(piece + 1) }, mayAsk),
      nowMs,
      random,
    });
    return first === undefined ? undefined : missing.span(first, { mayAsk, end: pieces.first(pieces.of(first) + 1) });
  }

  /**
   * Ranges that should be begun anew. First, ranges of more than one piece that were handed out before others were
   * known to fetch the same content: now they share the pieces. Second, ranges whose piece a seed has not begun to send
   * and that comes another way.
   */
  toBeginAnew(nowMs: number): number[] {
    const { pieces, view } = this.#swarm ?? {};
    if (!pieces || !view || view.size === 0) return [];
    const isFedByMembers = this.#options.ranges.fromMembers > 0;
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

  /** The runs that are being fetched from seeds: others leave them to us. */
  claims(): BlockRun[] {
    return this.#fromSeeds().map(({ firstBlock, count }) => [firstBlock, count]);
  }

  #fromSeeds(): RunningRange[] {
    const { peers, ranges } = this.#options;
    const found: RunningRange[] = [];
    for (const { running } of peers.seeds)
      for (const id of running) {
        const range = ranges.get(id);
        if (range) found.push(range);
      }
    return found;
  }

  #join(): Swarm {
    if (this.#swarm) return this.#swarm;
    const { layout, self, missing } = this.#options;
    const pieces = new Pieces(layout);
    this.#swarm = { pieces, view: new SwarmView({ pieces, self, verified: missing.verified }) };
    return this.#swarm;
  }
}
