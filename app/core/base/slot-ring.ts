/** Bytes in a ring's memory. */
export interface RingPlace {
  readonly slot: number;
  /** Both within the memory. */
  readonly start: number;
  readonly end: number;
}

export interface SlotRingShape {
  readonly slotBytes: number;
  /** The most that one read may bring: a slot is left when less room is left in it. */
  readonly readBytes: number;
  /** While fewer slots are free nothing more should come: what is on its way already needs room, too. */
  readonly wantedFree: number;
}

/**
 * Memory that is filled read by read and emptied place by place, again and again: which slots are filled, read, free. Whoever
 * reads may be another thread. Pure but for the memory.
 */
export class SlotRing {
  readonly #memory: ArrayBufferLike;
  readonly #shape: SlotRingShape;
  readonly #free: number[];
  /** By slot: places that were handed on and not read yet. */
  readonly #unread: number[];
  #slot = 0;
  /** Within the slot: up to where it was handed on, and up to where it is filled. */
  #handedOn = 0;
  #filled = 0;

  constructor(memory: ArrayBufferLike, shape: SlotRingShape) {
    this.#memory = memory;
    this.#shape = shape;
    const slotCount = Math.floor(memory.byteLength / shape.slotBytes);
    this.#free = Array.from({ length: slotCount - 1 }, (_, index) => index + 1);
    this.#unread = Array.from({ length: slotCount }, () => 0);
  }

  /** Whether nothing more should come for now. */
  get isTight(): boolean {
    return this.#free.length < this.#shape.wantedFree;
  }

  /** Where the next read goes. Stays there until the slot is full. */
  room(): Uint8Array {
    const { slotBytes, readBytes } = this.#shape;
    return new Uint8Array(this.#memory, this.#slot * slotBytes + this.#filled, readBytes);
  }

  /** A read came. True when the slot is full: `handOn` comes next. */
  add(count: number): boolean {
    this.#filled += count;
    return this.#isFull;
  }

  /** What came since the last time. A full slot is left for a free one; throws RangeError where there is none. */
  handOn(): RingPlace | undefined {
    const offset = this.#slot * this.#shape.slotBytes;
    const place = { slot: this.#slot, start: offset + this.#handedOn, end: offset + this.#filled };
    const isEmpty = this.#handedOn === this.#filled;
    if (!isEmpty) this.#unread[this.#slot] = (this.#unread[this.#slot] ?? 0) + 1;
    this.#handedOn = this.#filled;
    if (this.#isFull) this.#leave();
    return isEmpty ? undefined : place;
  }

  /** What lies there is read once more, by somebody else: answers with the slot that is to be `taken` for it, too. */
  keep(byteOffset: number): number {
    const slot = Math.floor(byteOffset / this.#shape.slotBytes);
    this.#unread[slot] = (this.#unread[slot] ?? 0) + 1;
    return slot;
  }

  /** A place of this slot was read. */
  taken(slot: number): void {
    const left = (this.#unread[slot] ?? 0) - 1;
    this.#unread[slot] = left;
    if (left === 0 && slot !== this.#slot) this.#free.push(slot);
  }

  get #isFull(): boolean {
    return this.#filled + this.#shape.readBytes > this.#shape.slotBytes;
  }

  #leave(): void {
    const full = this.#slot;
    const next = this.#free.shift();
    if (next === undefined) throw new RangeError('more came than was asked for');
    this.#slot = next;
    this.#handedOn = 0;
    this.#filled = 0;
    // Everything in it may have been read already.
    if (this.#unread[full] === 0) this.#free.push(full);
  }
}
