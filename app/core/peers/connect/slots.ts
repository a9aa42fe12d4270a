import { abortError, throwIfAborted, toDisposable, type IDisposable, type SignalOptions } from '../../base/index.ts';

/** A number of places, taken first come first served. A place is free again when it is disposed. */
export class Slots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /** Waits for a place. Throws when the signal aborts first. */
  async take({ signal }: SignalOptions = {}): Promise<IDisposable> {
    throwIfAborted(signal);
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    return toDisposable(() => this.#giveBack());
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      if (this.#waiting.delete(resolve) && signal) reject(abortError(signal));
    };
    this.#waiting.add(resolve);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #giveBack(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
