/** What a download knows of one peer that it may fetch from. Pure: time comes in. */
import { backoffMs, type Bitmap } from '../../base/index.ts';
import { blockSizeBytes } from '../../protocol/index.ts';

/** What a peer holds of the manifest. */
export type OwnedBlocks = 'all' | Bitmap;

/**
 * How a range ended. `delivered`: all was answered; `failed`: the peer did not deliver; `absent`: it does not have what it
 * told to have; `busy`: it asks to come again later; `cancelled`: broken off from here, which says nothing about the peer.
 */
export type RangeOutcome = 'delivered' | 'failed' | 'absent' | 'busy' | 'cancelled';

const maxStrikes = 3;
/** Failures in a row, without one sound block between them, after which a peer counts as gone. */
const maxFailuresInRow = 8;
const firstPauseMs = 250;
const longestPauseMs = 8_000;
const smallestBytes = blockSizeBytes;
const largestBytes = 128 * 1024 * 1024;
const firstBytes = 4 * blockSizeBytes;
/** What a range is worth, in milliseconds of the peer's speed. */
const rangeMs = 1_000;

/** Kept for the whole operation, so that a peer that leaves and comes back does not clear its name. */
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

  /** It came, came back, or has something else now. */
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

  /** Until when it is left alone; a time in the past when it is not. */
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

  /** A sound block came: whatever failed before, it does deliver. */
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
    // Requests that were under way together fail together: that is one failure.
    if (outcome === 'delivered' || outcome === 'cancelled' || nowMs < this.#pausedUntilMs) return;
    this.#failuresInRow += 1;
    this.#pause(nowMs, this.#failuresInRow);
    if (outcome === 'busy') this.#failuresInRow = Math.min(this.#failuresInRow, maxFailuresInRow - 2);
    else if (this.#failuresInRow >= maxFailuresInRow) this.isHere = false;
  }

  /** How much one range should hold: about a second of its speed, less towards the end. */
  budgetBytes(shareBytes: number): number {
    const speedBytes = this.bytesPerSecond === undefined ? firstBytes : (this.bytesPerSecond * rangeMs) / 1000;
    return Math.max(smallestBytes, Math.min(largestBytes, speedBytes, shareBytes));
  }

  #pause(nowMs: number, times: number): void {
    this.#pausedUntilMs = nowMs + backoffMs(times, { firstMs: firstPauseMs, longestMs: longestPauseMs });
  }
}
