/** Bytes in a ring's memory. */
export interface RingPlace {
  readonly slot: number;
  /** Both are offsets in the memory. */
  readonly start: number;
  readonly end: number;
}

export interface SlotRingShape {
  readonly slotBytes: number;
  /** The most bytes that one read may bring. A slot with less room than this is left. */
  readonly readBytes: number;
  /** While fewer slots are free, no more data should come, because data on its way also needs room. */
  readonly wantedFree: number;
}

/**
 * Memory that is filled read by read and emptied place by place, again and again. Tracks which slots are being filled, read,
 * or free. The reader may be another thread. Pure except for the memory.
 */
export class SlotRing {
  readonly #memory: ArrayBufferLike;
  readonly #shape: SlotRingShape;
  readonly #free: number[];
  /** By slot: the number of places that were handed on and not read yet. */
  readonly #unread: number[];
  #slot = 0;
  /** Offsets within the slot: how far it was handed on, and how far it is filled. */
  #handedOn = 0;
  #filled = 0;

  constructor(memory: ArrayBufferLike, shape: SlotRingShape) {
    this.#memory = memory;
    this.#shape = shape;
    const slotCount = Math.floor(memory.byteLength / shape.slotBytes);
    this.#free = Array.from({ length: slotCount - 1 }, (_, index) => index + 1);
    this.#unread = Array.from({ length: slotCount }, () => 0);
  }

  /** Whether no more data should come for now. */
  get isTight(): boolean {
    return this.#free.length < this.#shape.wantedFree;
  }

  /** The space for the next read. It moves to another slot only when this one is full. */
  room(): Uint8Array {
    const { slotBytes, readBytes } = this.#shape;
    return new Uint8Array(this.#memory, this.#slot * slotBytes + this.#filled, readBytes);
  }

  /** Adds a read. Returns true when the slot is full; call `handOn` next. */
  add(count: number): boolean {
    this.#filled += count;
    return this.#isFull;
  }

  /** The data since the last call. Leaves a full slot for a free one; throws RangeError when there is none. */
  handOn(): RingPlace | undefined {
    const offset = this.#slot * this.#shape.slotBytes;
    const place = { slot: this.#slot, start: offset + this.#handedOn, end: offset + this.#filled };
    const isEmpty = this.#handedOn === this.#filled;
    if (!isEmpty) this.#unread[this.#slot] = (this.#unread[this.#slot] ?? 0) + 1;
    this.#handedOn = this.#filled;
    if (this.#isFull) this.#leave();
    return isEmpty ? undefined : place;
  }

  /** Counts one more reader of the slot at this offset; returns the slot, which must be reported to `taken` once more. */
  keep(byteOffset: number): number {
    const slot = Math.floor(byteOffset / this.#shape.slotBytes);
    this.#unread[slot] = (this.#unread[slot] ?? 0) + 1;
    return slot;
  }

  /** Reports that a place in this slot was read. */
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
    // All its places may have been read already.
    if (this.#unread[full] === 0) this.#free.push(full);
  }
}
