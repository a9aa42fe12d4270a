/** Places for dials: one at a time for each host, so that one that invents peers delays nobody but itself. */
import { abortError, throwIfAborted, type SignalOptions } from '../../base/index.ts';

interface Waiter {
  readonly host: string;
  readonly admit: () => void;
}

/** Hosts whose failures are remembered; a limit, so that a flood of invented hosts cannot fill the memory. */
const rememberedHosts = 10_000;

export class DialPlaces {
  #free: number;
  readonly #busy = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #waiting = new Set<Waiter>();

  constructor(count: number) {
    this.#free = count;
  }

  /** Runs `work` in a place of the host's. Hosts that failed least often go first. Throws when the signal aborts before. */
  async run<T>(host: string, work: () => Promise<T>, { signal }: SignalOptions = {}): Promise<T> {
    await this.#take(host, signal);
    try {
      const result = await work();
      this.#failures.delete(host);
      return result;
    } catch (error) {
      this.#failed(host);
      throw error;
    } finally {
      this.#busy.delete(host);
      this.#free += 1;
      this.#admitNext();
    }
  }

  async #take(host: string, signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { host, admit: resolve };
    // An admitted waiter keeps its place, and gives it back after its work.
    const onAbort = (): void => {
      if (this.#waiting.delete(waiter) && signal) reject(abortError(signal));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#waiting.add(waiter);
    this.#admitNext();
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #admitNext(): void {
    while (this.#free > 0) {
      const next = this.#best();
      if (!next) return;
      this.#waiting.delete(next);
      this.#free -= 1;
      this.#busy.add(next.host);
      next.admit();
    }
  }

  /** Of the waiters whose host has no place: the one of the host that failed least often, of several the first. */
  #best(): Waiter | undefined {
    let best: Waiter | undefined;
    let fewest = Infinity;
    for (const waiter of this.#waiting) {
      if (this.#busy.has(waiter.host)) continue;
      const failures = this.#failures.get(waiter.host) ?? 0;
      if (failures === 0) return waiter;
      if (failures < fewest) [best, fewest] = [waiter, failures];
    }
    return best;
  }

  #failed(host: string): void {
    if (this.#failures.size >= rememberedHosts) this.#failures.clear();
    this.#failures.set(host, (this.#failures.get(host) ?? 0) + 1);
  }
}
