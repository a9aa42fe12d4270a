/** Gives a target many mutations, one after another, and sees that nothing but a coded refusal comes of it. */
import { LanspreadError } from '../../app/core/base/index.ts';
import { mutated } from '../support/mutate.ts';
import { SeededRandom } from '../support/random.ts';
import type { FuzzTarget } from './targets.ts';

export interface FuzzResult {
  readonly accepted: number;
  readonly refused: number;
  /** How much more memory the process held at the end than after the first tenth, in bytes. */
  readonly growthBytes: number;
}

/** Throws with the offending bytes and what to repeat it with. */
export function fuzz(target: FuzzTarget, { seed, count }: { seed: number; count: number }): FuzzResult {
  let accepted = 0;
  let refused = 0;
  let beforeBytes = 0;
  for (let number = 0; number < count; number += 1) {
    if (number === Math.floor(count / 10)) beforeBytes = heldBytes();
    // Each has its own stream, so that one alone can be repeated.
    const random = new SeededRandom(seed, number);
    const bytes = mutated(random, target.samples);
    try {
      if (target.judge(bytes, random)) accepted += 1;
      else refused += 1;
    } catch (error) {
      if (!(error instanceof LanspreadError) || error.code === 'INTERNAL')
        throw new Error(
          `${target.name}, number ${number} of seed ${seed}: ${JSON.stringify(bytes.toString('latin1'))}`,
          {
            cause: error,
          },
        );
      refused += 1;
    }
  }
  return { accepted, refused, growthBytes: heldBytes() - beforeBytes };
}

/** After a collection, where the process allows one to be asked for. */
function heldBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
}
