/** Finds the first of several addresses that answers (RFC 8305). */
import { abortError, anySignal } from './cancellation.ts';
import type { Clock } from './clock.ts';
import { LanspreadError } from './errors.ts';
import type { IDisposable } from './lifecycle.ts';

/**
 * The wait before the next address is tried, in milliseconds. A LAN answers within a few; a firewall that drops packets never
 * answers.
 */
export const nextAddressMs = 300;

export interface FirstAnswer<Address, Answer> {
  readonly address: Address;
  readonly answer: Answer;
  /** Addresses that failed before this one answered. */
  readonly failed: ReadonlySet<Address>;
}

export interface FirstAnswerOptions<Address, Answer> {
  dial: (address: Address, options: { signal: AbortSignal }) => Promise<Answer>;
  /** Disposes of an answer that came after the first one. */
  discard: (late: Answer) => void;
  /** Whether no other address would help after this error. Default: never. */
  isFinal?: (error: unknown) => boolean;
  signal: AbortSignal;
  clock: Clock;
}

/**
 * Dials addresses until one answers. The next dial starts `nextAddressMs` after the one before, or at once when that has
 * failed. The first answer aborts all other dials. Rejects with the last error when all have failed, or at once with an error
 * that is final.
 */
export async function firstAnswer<Address, Answer>(
  addresses: readonly Address[],
  { dial, discard, isFinal = () => false, signal, clock }: FirstAnswerOptions<Address, Answer>,
): Promise<FirstAnswer<Address, Answer>> {
  const over = new AbortController();
  const dialling = anySignal(signal, over.signal);
  const { promise, resolve, reject } = Promise.withResolvers<FirstAnswer<Address, Answer>>();
  const waiting = [...addresses];
  const failed = new Set<Address>();
  let nextTurn: IDisposable | undefined;
  const beginNext = (): void => {
    nextTurn?.[Symbol.dispose]();
    const address = waiting.shift();
    if (address === undefined || dialling.aborted) return;
    nextTurn = clock.timeout(beginNext, nextAddressMs);
    void attempt(address);
  };
  const attempt = async (address: Address): Promise<void> => {
    try {
      const answer = await dial(address, { signal: dialling });
      if (over.signal.aborted) return discard(answer);
      over.abort();
      resolve({ address, answer, failed });
    } catch (error) {
      failed.add(address);
      if (isFinal(error) || failed.size === addresses.length) reject(error);
      else beginNext();
    }
  };
  const onAbort = (): void => reject(abortError(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    else if (addresses.length === 0) reject(new LanspreadError('PEER_UNREACHABLE'));
    else beginNext();
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    nextTurn?.[Symbol.dispose]();
    over.abort();
  }
}
