/** How much work runs at a time, and when failed work is tried again: one semaphore, one pool, one backoff. */
import { abortError, throwIfAborted, type SignalOptions } from './cancellation.ts';
import { toDisposable, type IDisposable } from './lifecycle.ts';

interface Waiter {
  readonly admit: () => void;
  state: 'waits' | 'admitted' | 'gone';
}

/** The line is compacted only when it has at least this many empty places. */
const mostEmptyPlaces = 1_024;

/** Runs at most `limit` pieces of work at a time; the others wait in the order in which they came. */
export class Semaphore {
  #free: number;
  /** Waiters before `#head` have had their turn. Compacting the line for each one would cost its whole length every time. */
  #line: Waiter[] = [];
  #head = 0;
  #waiting = 0;

  constructor(limit: number) {
    this.#free = limit;
  }

  async run<T>(work: () => Promise<T>, { signal }: SignalOptions = {}): Promise<T> {
    using _place = await this.take({ signal });
    return await work();
  }

  /** Waits for a place; disposing the result frees it. Throws when the signal aborts first. */
  async take({ signal }: SignalOptions = {}): Promise<IDisposable> {
    await this.#acquire(signal);
    return toDisposable(() => this.#release());
  }

  #release(): void {
    const next = this.#next();
    if (next) next.admit();
    else this.#free += 1;
  }

  async #acquire(signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal);
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { admit: resolve, state: 'waits' };
    this.#line.push(waiter);
    this.#waiting += 1;
    const onAbort = (): void => {
      // An admitted waiter keeps its place and releases it itself.
      if (waiter.state !== 'waits') return;
      waiter.state = 'gone';
      this.#waiting -= 1;
      this.#closeUp();
      reject(signal && abortError(signal));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Admits the first waiter of the line that still waits. */
  #next(): Waiter | undefined {
    let next: Waiter | undefined;
    while (!next && this.#head < this.#line.length) {
      const waiter = this.#line[this.#head];
      this.#head += 1;
      if (waiter?.state === 'waits') next = waiter;
    }
    if (next) {
      next.state = 'admitted';
      this.#waiting -= 1;
    }
    this.#closeUp();
    return next;
  }

  /** Compacts only when most places are empty, so the cost per place stays constant. */
  #closeUp(): void {
    const emptyPlaces = this.#line.length - this.#waiting;
    if (emptyPlaces < mostEmptyPlaces || emptyPlaces * 2 < this.#line.length) return;
    this.#line = this.#line.filter(({ state }) => state === 'waits');
    this.#head = 0;
  }
}

const parallelWorks = 16;

/**
 * Runs `work` for every item, a few at a time, started in order. Suitable for lists of hundreds of thousands, because it does
 * not create all promises in advance. Throws the first error once no work runs any more; later items are not started.
 */
export async function forEachParallel<T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
  { signal, parallel = parallelWorks }: SignalOptions & { parallel?: number } = {},
): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  const runner = async (): Promise<void> => {
    for (let index = next++; index < items.length && failures.length === 0; index = next++) {
      const item = items[index];
      try {
        throwIfAborted(signal);
        // `index` is within the list, so an undefined value here is an item.
        await work(item as T, index);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, runner));
  if (failures.length > 0) throw failures[0];
}

/**
 * The wait before the next try, in milliseconds: `firstMs` after the first failure, doubled with each further failure in a
 * row, up to `longestMs`.
 */
export function backoffMs(
  failures: number,
  { firstMs, longestMs = Number.POSITIVE_INFINITY }: { firstMs: number; longestMs?: number },
): number {
  if (failures <= 0) return 0;
  return Math.min(longestMs, firstMs * 2 ** (failures - 1));
}
