/** Blocks as runs `[first, count]`, as they go over the wire. */

export type BlockRun = [first: number, count: number];

/** Keeps the order of the blocks; neighbours become one run. */
export function toRuns(blocks: Iterable<number>): BlockRun[] {
  const runs: BlockRun[] = [];
  for (const block of blocks) {
    const last = runs.at(-1);
    if (last && last[0] + last[1] === block) last[1] += 1;
    else runs.push([block, 1]);
  }
  return runs;
}

export function* blocksOf(runs: readonly BlockRun[]): Generator<number> {
  for (const [first, count] of runs) for (let block = first; block < first + count; block += 1) yield block;
}
