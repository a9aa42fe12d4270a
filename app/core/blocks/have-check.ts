/** What a peer tells of its blocks, held against the manifest. Pure. */
import { LanspreadError } from '../base/index.ts';
import type { Have } from '../protocol/index.ts';
import type { BlockRun } from './schedule/block-runs.ts';

/** Errors of peers that told what cannot be, as opposed to messages that were cut off. */
const nonsensical = new WeakSet<LanspreadError>();

export function nonsense(message: string): LanspreadError {
  const error = new LanspreadError('BAD_MESSAGE', { message });
  nonsensical.add(error);
  return error;
}

/** Whether a peer told what cannot be. */
export function isNonsense(error: unknown): boolean {
  return error instanceof LanspreadError && nonsensical.has(error);
}

/**
 * Looks at what somebody tells over one stream. Every block is told once and fetched once at a time, so all that is told
 * is at most the manifest: numbers beyond that are nonsense made to be counted through.
 */
export class HaveCheck {
  readonly #blockCount: number;
  #addedLeft: number;

  constructor(blockCount: number) {
    this.#blockCount = blockCount;
    this.#addedLeft = blockCount;
  }

  /** Throws `BAD_MESSAGE`. */
  check({ added, fetching }: Extract<Have, { ok: true }>): void {
    for (const [first, count] of [...added, ...fetching])
      if (first + count > this.#blockCount) throw nonsense('The peer tells of blocks that the manifest does not have.');
    this.#addedLeft -= blocksIn(added);
    if (this.#addedLeft < 0 || blocksIn(fetching) > this.#blockCount)
      throw nonsense('The peer tells of more blocks than the manifest has.');
  }
}

function blocksIn(runs: readonly BlockRun[]): number {
  return runs.reduce((sum, [, count]) => sum + count, 0);
}
