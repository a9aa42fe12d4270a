/** What to fetch a second time, for a peer that has nothing else to do. Pure. */
import type { BlockSpan } from './missing-blocks.ts';
import { contains, type RangePurpose, type RunningRange, type RunningRanges } from './running-ranges.ts';
import type { SourcePeer } from './source-peer.ts';

/** A range without a byte for this long may be fetched a second time by somebody idle, in milliseconds. */
const stalledMs = 3_000;
/** The same for a range that will take this much longer than the idle peer needs for what is missing of it. */
const slowFactor = 3;
/** The same where the idle one is a seed that many ask: its bytes are dear, and who waits in a queue is no stalled one. */
const stalledInCrowdMs = 15_000;
/**
 * In a crowd who has a new piece is asked for it by all. A range that has not begun for this long waits in somebody's
 * queue, and whoever has got the piece meanwhile may begin with it sooner, in milliseconds.
 */
const notBegunMs = 500;
/** How many fetch one block at a time: two, and a third only where both are slow. */
const usualCopies = 2;
const mostCopies = 3;

interface DuplicateOptions {
  readonly ranges: RunningRanges;
  readonly idle: SourcePeer;
  /** The idle one is a seed that many ask. */
  readonly isDear: boolean;
  /** Many others fetch the same. */
  readonly isCrowded: boolean;
  /** Missing, and the idle peer may be asked for it. */
  readonly isWanted: (block: number) => boolean;
  readonly nowMs: number;
}

export interface Duplicate extends BlockSpan {
  readonly purpose: RangePurpose;
}

/** What is still missing of a range that stands still or crawls. */
export function pickDuplicate(options: DuplicateOptions): Duplicate | undefined {
  const { ranges, idle, isWanted, nowMs } = options;
  const isCandidate = (block: number): boolean => isWanted(block) && mayCopy(block, options);
  const leastMs = options.isCrowded ? notBegunMs : stalledMs;
  for (const range of ranges) {
    // They come in the order in which they began.
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

/** Whether one more may fetch a block that is being fetched. Two slow peers must not keep a fast one from it. */
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
