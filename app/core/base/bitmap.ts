/** A fixed-size set of small integers: which blocks of a manifest are present. Bit `i` is byte `i >> 3`, bit `i & 7`. */
export class Bitmap {
  readonly size: number;
  readonly #bytes: Uint8Array;
  #count = 0;

  /** Copies `bytes`; missing bytes are zero, bits beyond `size` are dropped. */
  constructor(size: number, bytes?: Uint8Array) {
    this.size = size;
    this.#bytes = new Uint8Array(Math.ceil(size / 8));
    if (!bytes) return;
    this.#bytes.set(bytes.subarray(0, this.#bytes.length));
    const spare = this.#bytes.length * 8 - size;
    const last = this.#bytes.length - 1;
    if (spare > 0) this.#bytes[last] = (this.#bytes[last] ?? 0) & (0xff >> spare);
    for (let index = 0; index < size; index += 1) if (this.has(index)) this.#count += 1;
  }

  static full(size: number): Bitmap {
    return new Bitmap(size, new Uint8Array(Math.ceil(size / 8)).fill(0xff));
  }

  /** The number of integers in the set. */
  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.size;
  }

  has(index: number): boolean {
    if (!Number.isInteger(index) || index < 0 || index >= this.size) return false;
    return ((this.#bytes[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }

  /** Adds an integer; returns whether it was new. */
  add(index: number): boolean {
    if (!Number.isInteger(index) || index < 0 || index >= this.size || this.has(index)) return false;
    this.#bytes[index >> 3] = (this.#bytes[index >> 3] ?? 0) | (1 << (index & 7));
    this.#count += 1;
    return true;
  }

  /** Removes an integer; returns whether it was in the set. */
  delete(index: number): boolean {
    if (!this.has(index)) return false;
    this.#bytes[index >> 3] = (this.#bytes[index >> 3] ?? 0) & ~(1 << (index & 7));
    this.#count -= 1;
    return true;
  }

  /** A copy of the bytes, for the database and the wire. */
  toBytes(): Uint8Array {
    return this.#bytes.slice();
  }
}
