import { toDisposable, type IDisposable } from './lifecycle.ts';
import { onUnexpectedError } from './unexpected-errors.ts';

/** An event that can be listened to. Disposing the result ends the listening. */
export type Event<T> = (listener: (value: T) => void) => IDisposable;

export interface EmitterOptions {
  /** Receives the error of a listener; the other listeners still run. Default: `onUnexpectedError`. */
  onListenerError?: (error: unknown) => void;
}

/**
 * The owner's side of an event. Listeners are called synchronously, in order of registration. A listener that throws does not
 * stop the others; one that is added or removed during a call takes effect with the next value.
 */
export class Emitter<T> implements IDisposable {
  readonly #listeners = new Set<(value: T) => void>();
  readonly #onListenerError: (error: unknown) => void;
  #disposed = false;

  constructor({ onListenerError = onUnexpectedError }: EmitterOptions = {}) {
    this.#onListenerError = onListenerError;
  }

  readonly event: Event<T> = (listener) => {
    if (this.#disposed) return toDisposable(() => {});
    const own = (value: T): void => listener(value);
    this.#listeners.add(own);
    return toDisposable(() => this.#listeners.delete(own));
  };

  fire(value: T): void {
    for (const listener of Array.from(this.#listeners)) {
      try {
        listener(value);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#listeners.clear();
  }
}

export interface OnceOptions {
  signal?: AbortSignal | undefined;
}

/** The next value of an event that `accept` takes. Rejects with the signal's reason when the signal aborts first. */
export function once<T>(event: Event<T>, accept: (value: T) => boolean, { signal }: OnceOptions = {}): Promise<T> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const listening = event((value) => {
    if (accept(value)) resolve(value);
  });
  const onAbort = (): void => reject(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  return promise.finally(() => {
    listening[Symbol.dispose]();
    signal?.removeEventListener('abort', onAbort);
  });
}
