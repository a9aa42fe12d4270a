/**
 * Keeps the most recently used values, up to a limit in bytes. The most recent one stays even if it alone exceeds the
 * limit.
 */
export class LruByBytes<K, V> {
  readonly #limitBytes: number;
  readonly #bytesOf: (value: V) => number;
  /** The most recently used one comes last. */
  readonly #values = new Map<K, V>();
  #totalBytes = 0;

  constructor(limitBytes: number, bytesOf: (value: V) => number) {
    this.#limitBytes = limitBytes;
    this.#bytesOf = bytesOf;
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  get(key: K): V | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  /** Reads a value; does not count as a use. */
  peek(key: K): V | undefined {
    return this.#values.get(key);
  }

  set(key: K, value: V): void {
    this.delete(key);
    this.#values.set(key, value);
    this.#totalBytes += this.#bytesOf(value);
    for (const oldest of this.#values.keys()) {
      if (this.#totalBytes <= this.#limitBytes || oldest === key) break;
      this.delete(oldest);
    }
  }

  delete(key: K): void {
    const value = this.#values.get(key);
    if (value === undefined) return;
    this.#values.delete(key);
    this.#totalBytes -= this.#bytesOf(value);
  }
}
