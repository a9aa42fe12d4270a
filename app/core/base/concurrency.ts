/** How much happens at a time, and when something is tried again: one semaphore, one pool, one backoff. */
import { abortError, throwIfAborted, type SignalOptions } from './cancellation.ts';
import { toDisposable, type IDisposable } from './lifecycle.ts';

interface Waiter {
  readonly admit: () => void;
  state: 'waits' | 'admitted' | 'gone';
}

/** The line is only made shorter once it has this many empty places. */
const mostEmptyPlaces = 1_024;

/** Lets at most `limit` pieces of work run at a time; the rest waits its turn, first come first served. */
export class Semaphore {
  #free: number;
  /** Those before `#head` have had their turn: closing up for each would cost the length of the line every time. */
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

  /** Waits for a place, which is free again once it is disposed. Throws when the signal aborts first. */
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
      // Whoever was let in already keeps the place, and gives it back.
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

  /** The first of the line that still waits; it is let in. */
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

  /** Only once most places are empty, so that it costs each of them no more than once. */
  #closeUp(): void {
    const emptyPlaces = this.#line.length - this.#waiting;
    if (emptyPlaces < mostEmptyPlaces || emptyPlaces * 2 < this.#line.length) return;
    this.#line = this.#line.filter(({ state }) => state === 'waits');
    this.#head = 0;
  }
}

const parallelWorks = 16;

/**
 * Does some work for every item, a few at a time, begun in order: made for lists of hundreds of thousands, which cost no
 * promise each. Throws what the first failing work threw, once none is under way any more; later items are not begun.
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
        // `index` is within the list: what is undefined here is an item.
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
 * How long to wait before the next try: doubles with each failure in a row, from `firstMs` after the first one up to
 * `longestMs`. All in milliseconds.
 */
export function backoffMs(
  failures: number,
  { firstMs, longestMs = Number.POSITIVE_INFINITY }: { firstMs: number; longestMs?: number },
): number {
  if (failures <= 0) return 0;
  return Math.min(longestMs, firstMs * 2 ** (failures - 1));
}
