/** Keeps the values used last, up to so many bytes; the one used last stays whatever its size. */
export class LruByBytes<K, V> {
  readonly #limitBytes: number;
  readonly #bytesOf: (value: V) => number;
  /** The one used last comes last. */
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

  /** Without counting as a use. */
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
