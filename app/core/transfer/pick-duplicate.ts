/** What to fetch a second time, for a peer that has nothing else to do. Pure. */
import type { BlockSpan } from './missing-blocks.ts';
import type { RunningRange, RunningRanges } from './running-ranges.ts';
import type { SourcePeer } from './source-peer.ts';

/** A range without a byte for this long may be fetched a second time by somebody idle, in milliseconds. */
const stalledMs = 3_000;
/** The same for a range that will take this much longer than the idle peer needs for what is missing of it. */
const slowFactor = 3;
/** How many fetch one block at a time, at most. */
const maxCopies = 2;

export interface DuplicateOptions {
  readonly ranges: RunningRanges;
  readonly idle: SourcePeer;
  /** Missing, and the idle peer may be asked for it. */
  readonly isWanted: (block: number) => boolean;
  readonly nowMs: number;
}

/** What is still missing of a range that stands still or crawls. */
export function pickDuplicate({ ranges, idle, isWanted, nowMs }: DuplicateOptions): BlockSpan | undefined {
  const isCandidate = (block: number): boolean => ranges.copiesOf(block) < maxCopies && isWanted(block);
  for (const range of ranges) {
    if (range.peer === idle || range.missing === 0 || !isSlow(range, idle, nowMs)) continue;
    const end = range.firstBlock + range.count;
    let firstBlock = range.firstBlock;
    while (firstBlock < end && !isCandidate(firstBlock)) firstBlock += 1;
    if (firstBlock === end) continue;
    let count = 1;
    while (firstBlock + count < end && isCandidate(firstBlock + count)) count += 1;
    return { firstBlock, count };
  }
  return undefined;
}

function isSlow(range: RunningRange, idle: SourcePeer, nowMs: number): boolean {
  if (nowMs - range.lastByteMs >= stalledMs) return true;
  const elapsedMs = nowMs - range.startedMs;
  if (elapsedMs < stalledMs || idle.bytesPerSecond === undefined) return false;
  return idle.bytesPerSecond > (slowFactor * range.bytes * 1000) / elapsedMs;
}
