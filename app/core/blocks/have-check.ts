/** Checks what a peer says about its blocks against the manifest. Pure. */
import { LanspreadError } from '../base/index.ts';
import type { Have } from '../protocol/index.ts';
import type { BlockRun } from './schedule/block-runs.ts';

/** Errors of peers that sent impossible claims, as opposed to messages that were cut off. */
const nonsensical = new WeakSet<LanspreadError>();

export function nonsense(message: string): LanspreadError {
  const error = new LanspreadError('BAD_MESSAGE', { message });
  nonsensical.add(error);
  return error;
}

/** Whether the error means that a peer sent impossible claims. */
export function isNonsense(error: unknown): boolean {
  return error instanceof LanspreadError && nonsensical.has(error);
}

/**
 * Checks the messages of one stream. A peer reports every block once and fetches it once at a time, so its reports
 * never exceed the manifest. Larger numbers are nonsense that only costs time to count.
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
