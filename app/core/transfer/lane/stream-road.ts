import { abortError, SlotRing, type LanspreadError, type RingPlace } from '../../base/index.ts';
import type { ByteRoad } from '../stream/types.ts';

const slotBytes = 1024 * 1024;
const slotCount = 5;
const shape = {
  slotBytes,
  /** The most that a TLS record carries. */
  readBytes: 16 * 1024,
  /** A paused socket brings what it holds already. */
  wantedFree: 2,
};
/** What does not fill a slot is handed on after so long: each piece has its cost on the way to the disk. */
const gatherMs = 10;

export interface StreamRoadOptions {
  readonly signal: AbortSignal;
  /** There is room again after there was none. */
  readonly onRoom: () => void;
  /** The road is left. */
  readonly onLeft: () => void;
}

/** What a stream's connection brings, for whoever reads it in the same thread: the socket stands still while nobody does. */
export class StreamRoad implements ByteRoad {
  readonly #options: StreamRoadOptions;
  readonly #memory = new ArrayBuffer(slotCount * slotBytes);
  readonly #ring = new SlotRing(this.#memory, shape);
  readonly #waiting: RingPlace[] = [];
  readonly #onAbort: () => void;
  #gathering: NodeJS.Timeout | undefined;
  #current: RingPlace | undefined;
  #wake: (() => void) | undefined;
  #end: { readonly error: LanspreadError | undefined } | undefined;
  #isLeft = false;
  #isPaused = false;

  constructor(options: StreamRoadOptions) {
    this.#options = options;
    this.#onAbort = () => this.ended(abortError(options.signal));
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** For `onread.buffer`: where the next record goes. */
  room(): Uint8Array {
    return this.#ring.room();
  }

  /** For `onread.callback`: a record came. Whether more may come. */
  arrived(count: number): boolean {
    if (this.#ring.add(count)) this.#handOn();
    else this.#gathering ??= setTimeout(() => this.#handOn(), gatherMs);
    this.#isPaused = this.#ring.isTight;
    return !this.#isPaused;
  }

  /** Nothing more comes; what came before is still read. */
  ended(error: LanspreadError | undefined): void {
    if (this.#end) return;
    this.#handOn();
    this.#end = { error };
    this.#wake?.();
  }

  async read(): Promise<Uint8Array | undefined> {
    this.#giveBack();
    for (;;) {
      if (this.#options.signal.aborted) throw abortError(this.#options.signal);
      this.#current = this.#waiting.shift();
      if (this.#current) {
        const { start, end } = this.#current;
        return new Uint8Array(this.#memory, start, end - start);
      }
      if (this.#end?.error) throw this.#end.error;
      if (this.#end) return undefined;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isLeft) {
      this.#isLeft = true;
      clearTimeout(this.#gathering);
      this.#options.signal.removeEventListener('abort', this.#onAbort);
      this.#options.onLeft();
    }
    return Promise.resolve();
  }

  #handOn(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    const place = this.#ring.handOn();
    if (!place) return;
    this.#waiting.push(place);
    this.#wake?.();
  }

  #giveBack(): void {
    const place = this.#current;
    this.#current = undefined;
    if (!place) return;
    this.#ring.taken(place.slot);
    if (!this.#isPaused || this.#ring.isTight) return;
    this.#isPaused = false;
    this.#options.onRoom();
  }
}
