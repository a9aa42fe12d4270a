/** What a download knows of one peer that it may fetch from. Pure: the caller passes the time in. */
import { backoffMs, type Bitmap } from '../../base/index.ts';
import { blockSizeBytes } from '../../protocol/index.ts';

/** The blocks of the manifest that a peer holds. */
export type OwnedBlocks = 'all' | Bitmap;

/**
 * How a range ended. `delivered`: all blocks were answered; `failed`: the peer did not deliver; `absent`: the peer does
 * not have blocks that it announced; `busy`: the peer asks us to come again later; `cancelled`: we stopped it, which
 * says nothing about the peer.
 */
export type RangeOutcome = 'delivered' | 'failed' | 'absent' | 'busy' | 'cancelled';

const maxStrikes = 3;
/** A peer counts as gone after this many failures in a row without a sound block between them. */
const maxFailuresInRow = 8;
const firstPauseMs = 250;
const longestPauseMs = 8_000;
const smallestBytes = blockSizeBytes;
const largestBytes = 128 * 1024 * 1024;
const firstBytes = 4 * blockSizeBytes;
/** The length of a range, in milliseconds at the peer's speed. */
const rangeMs = 1_000;

/** Kept for the whole operation, so that a peer that leaves and comes back keeps its strikes. */
export class SourcePeer {
  readonly peerId: string;
  have: OwnedBlocks;
  isHere = true;
  readonly running = new Set<number>();
  bytesPerSecond: number | undefined;
  #strikes = 0;
  #failuresInRow = 0;
  #pausedUntilMs = 0;

  constructor(peerId: string, have: OwnedBlocks) {
    this.peerId = peerId;
    this.have = have;
  }

  /** The peer came, came back, or has other blocks now. */
  arrive(have: OwnedBlocks): void {
    this.have = have;
    if (this.isHere) return;
    this.isHere = true;
    this.#failuresInRow = 0;
    this.#pausedUntilMs = 0;
  }

  get isBanned(): boolean {
    return this.#strikes >= maxStrikes;
  }

  get isUsable(): boolean {
    return this.isHere && !this.isBanned;
  }

  /** The peer is left alone until this time; a time in the past when it is not paused. */
  get pausedUntilMs(): number {
    return this.#pausedUntilMs;
  }

  has(block: number): boolean {
    return this.have === 'all' || this.have.has(block);
  }

  strike(nowMs: number): void {
    this.#strikes += 1;
    this.#pause(nowMs, this.#strikes);
  }

  /** A sound block came: earlier failures do not count any more. */
  onSound(): void {
    this.#failuresInRow = 0;
  }

  onSettled({
    outcome,
    bytes,
    startedMs,
    nowMs,
  }: {
    outcome: RangeOutcome;
    bytes: number;
    startedMs: number;
    nowMs: number;
  }): void {
    if (outcome === 'delivered' && bytes > 0) {
      const current = (bytes * 1000) / Math.max(1, nowMs - startedMs);
      this.bytesPerSecond = this.bytesPerSecond === undefined ? current : (this.bytesPerSecond + current) / 2;
    }
    // Requests that ran at the same time fail together and count as one failure.
    if (outcome === 'delivered' || outcome === 'cancelled' || nowMs < this.#pausedUntilMs) return;
    this.#failuresInRow += 1;
    this.#pause(nowMs, this.#failuresInRow);
    if (outcome === 'busy') this.#failuresInRow = Math.min(this.#failuresInRow, maxFailuresInRow - 2);
    else if (this.#failuresInRow >= maxFailuresInRow) this.isHere = false;
  }

  /** The bytes that one range should hold: about a second at the peer's speed, less towards the end. */
  budgetBytes(shareBytes: number): number {
    const speedBytes = this.bytesPerSecond === undefined ? firstBytes : (this.bytesPerSecond * rangeMs) / 1000;
    return Math.max(smallestBytes, Math.min(largestBytes, speedBytes, shareBytes));
  }

  #pause(nowMs: number, times: number): void {
    this.#pausedUntilMs = nowMs + backoffMs(times, { firstMs: firstPauseMs, longestMs: longestPauseMs });
  }
}
