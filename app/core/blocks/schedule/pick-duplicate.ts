/** Picks blocks to fetch a second time, for a peer that has nothing else to do. Pure. */
import type { BlockSpan } from './missing-blocks.ts';
import { contains, type RangePurpose, type RunningRange, type RunningRanges } from './running-ranges.ts';
import type { SourcePeer } from './source-peer.ts';

/** An idle peer may fetch a range a second time when no byte of it came for this long, in milliseconds. */
const stalledMs = 3_000;
/** It may also do so when it is more than this many times as fast as the range. */
const slowFactor = 3;
/**
 * The wait when the idle peer is a seed that many ask, in milliseconds. A seed's bytes are scarce, and a range that
 * waits in a queue has not stalled.
 */
const stalledInCrowdMs = 15_000;
/**
 * In a crowd, all peers ask the first holder for a new piece. A range that has not begun for this long waits in its
 * queue, and another holder may be faster, in milliseconds.
 */
const notBegunMs = 500;
/** How many ranges may fetch one block at a time: two, and a third only if both are slow. */
const usualCopies = 2;
const mostCopies = 3;

interface DuplicateOptions {
  readonly ranges: RunningRanges;
  readonly idle: SourcePeer;
  /** The idle peer is a seed that many ask. */
  readonly isDear: boolean;
  /** Many other peers fetch the same content. */
  readonly isCrowded: boolean;
  /** Whether a block is missing and the idle peer may be asked for it. */
  readonly isWanted: (block: number) => boolean;
  readonly nowMs: number;
}

export interface Duplicate extends BlockSpan {
  readonly purpose: RangePurpose;
}

/** Picks the missing blocks of a range that stands still or is slow. */
export function pickDuplicate(options: DuplicateOptions): Duplicate | undefined {
  const { ranges, idle, isWanted, nowMs } = options;
  const isCandidate = (block: number): boolean => isWanted(block) && mayCopy(block, options);
  const leastMs = options.isCrowded ? notBegunMs : stalledMs;
  for (const range of ranges) {
    // Ranges come in the order in which they began.
    if (nowMs - range.startedMs < leastMs) break;
    if (range.peer === idle || range.missing === 0) continue;
    const purpose = whyCopy(range, options);
    if (!purpose) continue;
    const end = range.firstBlock + range.count;
    let firstBlock = range.firstBlock;
    while (firstBlock < end && !isCandidate(firstBlock)) firstBlock += 1;
    if (firstBlock === end) continue;
    let count = 1;
    while (firstBlock + count < end && isCandidate(firstBlock + count)) count += 1;
    return { firstBlock, count, purpose };
  }
  return undefined;
}

/** Whether one more range may fetch a block that is under way. Two slow peers must not keep a fast one from it. */
function mayCopy(block: number, options: DuplicateOptions): boolean {
  const { ranges, idle } = options;
  const copies = ranges.copiesOf(block);
  if (copies < usualCopies) return true;
  if (copies >= mostCopies) return false;
  for (const range of ranges)
    if (contains(range, block) && (range.peer === idle || whyCopy(range, options) !== 'rescue')) return false;
  return true;
}

function whyCopy(
  range: RunningRange,
  { idle, isDear, isCrowded, nowMs }: DuplicateOptions,
): 'race' | 'rescue' | undefined {
  const elapsedMs = nowMs - range.startedMs;
  const silentMs = nowMs - range.lastByteMs;
  if (isDear) return silentMs >= stalledInCrowdMs ? 'rescue' : undefined;
  if (isCrowded && range.bytes === 0 && range.peer.have !== 'all') return elapsedMs >= notBegunMs ? 'race' : undefined;
  if (silentMs >= stalledMs) return 'rescue';
  if (elapsedMs < stalledMs || idle.bytesPerSecond === undefined) return undefined;
  return idle.bytesPerSecond > (slowFactor * range.bytes * 1000) / elapsedMs ? 'rescue' : undefined;
}
