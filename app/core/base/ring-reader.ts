import { SlotRing, type RingPlace, type SlotRingShape } from './slot-ring.ts';

export interface RingReaderOptions extends SlotRingShape {
  /** After this time a partly filled slot is handed on, in milliseconds. */
  readonly lingerMs: number;
}

/**
 * Connects a socket's `onread`, which fills the memory, with one reader in this thread that takes one piece after another.
 */
export class RingReader<Memory extends ArrayBufferLike> implements Disposable {
  readonly memory: Memory;
  readonly #ring: SlotRing;
  readonly #lingerMs: number;
  readonly #waiting: RingPlace[] = [];
  #linger: NodeJS.Timeout | undefined;
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(memory: Memory, { lingerMs, ...shape }: RingReaderOptions) {
    this.memory = memory;
    this.#ring = new SlotRing(memory, shape);
    this.#lingerMs = lingerMs;
  }

  /** Whether no more data should come for now. */
  get isTight(): boolean {
    return this.#ring.isTight;
  }

  /** For `onread.buffer`: the space for the next read. */
  room(): Uint8Array {
    return this.#ring.room();
  }

  /** For `onread.callback`: adds a read; returns whether more may come. */
  arrived(count: number): boolean {
    if (this.#ring.add(count)) this.#handOn();
    else this.#linger ??= setTimeout(() => this.#handOn(), this.#lingerMs);
    return !this.#ring.isTight;
  }

  /** No more data comes; the data so far is still read. */
  end(): void {
    this.#handOn();
    this.#isOver = true;
    this.#wake?.();
  }

  /** The next place; report its slot to `taken` after reading it. Undefined at the end. */
  async next(): Promise<RingPlace | undefined> {
    for (;;) {
      const place = this.#waiting.shift();
      if (place || this.#isOver) return place;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
      this.#wake = undefined;
    }
  }

  bytesOf({ start, end }: RingPlace): Uint8Array<Memory> {
    return new Uint8Array(this.memory, start, end - start);
  }

  /** See `SlotRing.keep`. */
  keep(byteOffset: number): number {
    return this.#ring.keep(byteOffset);
  }

  /** Reports that a place in this slot was read. */
  taken(slot: number): void {
    this.#ring.taken(slot);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#linger);
  }

  #handOn(): void {
    clearTimeout(this.#linger);
    this.#linger = undefined;
    const place = this.#ring.handOn();
    if (!place) return;
    this.#waiting.push(place);
    this.#wake?.();
  }
}
