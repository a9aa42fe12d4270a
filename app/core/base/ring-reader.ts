import { SlotRing, type RingPlace, type SlotRingShape } from './slot-ring.ts';

export interface RingReaderOptions extends SlotRingShape {
  /** What does not fill a slot is handed on after so long, in milliseconds. */
  readonly lingerMs: number;
}

/** Between a socket's `onread`, which fills the memory, and one reader in this thread that takes piece after piece. */
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

  /** Whether nothing more should come for now. */
  get isTight(): boolean {
    return this.#ring.isTight;
  }

  /** For `onread.buffer`: where the next read goes. */
  room(): Uint8Array {
    return this.#ring.room();
  }

  /** For `onread.callback`: a read came. Whether more may come. */
  arrived(count: number): boolean {
    if (this.#ring.add(count)) this.#handOn();
    else this.#linger ??= setTimeout(() => this.#handOn(), this.#lingerMs);
    return !this.#ring.isTight;
  }

  /** Nothing more comes; what came is still read. */
  end(): void {
    this.#handOn();
    this.#isOver = true;
    this.#wake?.();
  }

  /** The next place, to be told as `taken` when it was read; undefined at the end. */
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

  /** A place of this slot was read. */
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
