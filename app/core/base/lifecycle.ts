/**
 * Cleanup is registered on the line after creation. The standard `using` and `DisposableStack` do the work. This file adds
 * two things the language lacks: a disposable made from a function, and a place for a value that is replaced.
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

/** Holds a value that may not exist yet and may be replaced: setting a new one disposes the old one. */
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
