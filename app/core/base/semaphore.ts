import { abortError, throwIfAborted, type SignalOptions } from './cancellation.ts';
import { toDisposable, type IDisposable } from './lifecycle.ts';

interface Waiter {
  readonly admit: () => void;
  state: 'waits' | 'admitted' | 'gone';
}

/** So many empty places the line may have before it is closed up. */
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
