import type { StreamInstall } from '../../protocol/index.ts';

/** The most that a TLS record carries: so much room is left wherever the socket may deliver. */
const recordBytes = 16 * 1024;
/** What goes to the main thread at a time. */
const slotBytes = 256 * 1024;
const slotCount = 12;
/** Full slots that the main thread has not read, beyond which the socket is paused: what it still holds needs room, too. */
const wantedFree = 4;

/** Bytes of a stream in its memory. */
export interface StreamPlace {
  readonly slot: number;
  /** Both within the memory. */
  readonly start: number;
  readonly end: number;
}

export interface StreamOrder {
  readonly streamId: number;
  readonly peerId: string;
  readonly request: StreamInstall;
  /** Where a worker puts what it receives, seen by both threads. */
  readonly memory: SharedArrayBuffer;
}

export function streamMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(slotCount * slotBytes);
}

/** Which slots of a stream's memory are filled, read, free. Pure but for the memory. */
export class StreamSlots {
  readonly #memory: SharedArrayBuffer;
  readonly #free = Array.from({ length: slotCount - 1 }, (_, index) => index + 1);
  /** By slot: places that were handed on and not read yet. */
  readonly #unread = Array.from({ length: slotCount }, () => 0);
  #slot = 0;
  /** Within the slot: up to where it was handed on, and up to where it is filled. */
  #handedOn = 0;
  #filled = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#memory = memory;
  }

  /** Whether nothing more should come for now. */
  get isTight(): boolean {
    return this.#free.length < wantedFree;
  }

  /** Where the next record goes. */
  room(): Uint8Array {
    return new Uint8Array(this.#memory, this.#slot * slotBytes + this.#filled, recordBytes);
  }

  /** A record came. True when the slot is full: `handOn` comes next. */
  add(count: number): boolean {
    this.#filled += count;
    return this.#filled + recordBytes > slotBytes;
  }

  /** What came since the last time. A full slot is left for a free one; throws RangeError where there is none. */
  handOn(): StreamPlace | undefined {
    const offset = this.#slot * slotBytes;
    const place = { slot: this.#slot, start: offset + this.#handedOn, end: offset + this.#filled };
    const isEmpty = this.#handedOn === this.#filled;
    if (!isEmpty) this.#unread[this.#slot] = (this.#unread[this.#slot] ?? 0) + 1;
    this.#handedOn = this.#filled;
    if (this.#filled + recordBytes > slotBytes) this.#leave();
    return isEmpty ? undefined : place;
  }

  /** A place of this slot was read. */
  taken(slot: number): void {
    const left = (this.#unread[slot] ?? 0) - 1;
    this.#unread[slot] = left;
    if (left === 0 && slot !== this.#slot) this.#free.push(slot);
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
