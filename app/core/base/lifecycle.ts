/**
 * Cleanup is registered on the line after creation. The standard `using` and `DisposableStack` do the work; what the
 * language leaves out is here: a disposable from a function, and an async stack that tells which cleanup failed.
 */
export interface IDisposable {
  [Symbol.dispose](): void;
}

/** A disposable that runs `cleanup` once, however often it is disposed. */
export function toDisposable(cleanup: () => void): IDisposable {
  let done = false;
  return {
    [Symbol.dispose]() {
      if (done) return;
      done = true;
      cleanup();
    },
  };
}

/** Disposes a value that may not exist yet and may be replaced: the old one is disposed when a new one is set. */
export class MutableDisposable<T extends IDisposable> implements IDisposable {
  #value: T | undefined;
  #disposed = false;

  get value(): T | undefined {
    return this.#value;
  }

  set value(next: T | undefined) {
    const previous = this.#value;
    this.#value = next;
    previous?.[Symbol.dispose]();
    if (this.#disposed && next !== undefined) this.clear();
  }

  clear(): void {
    this.value = undefined;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.clear();
  }
}
