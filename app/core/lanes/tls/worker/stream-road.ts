import { abortError, RingReader, type LanspreadError, type RingPlace } from '../../../base/index.ts';
import type { ByteRoad } from '../../../streamed/index.ts';

const slotBytes = 1024 * 1024;
const slotCount = 5;
const shape = {
  slotBytes,
  /** The most that a TLS record carries. */
  readBytes: 16 * 1024,
  /** A paused socket brings what it holds already. */
  wantedFree: 2,
  /** Each piece has its cost on the way to the disk. */
  lingerMs: 10,
};

interface StreamRoadOptions {
  readonly signal: AbortSignal;
  /** There is room again after there was none. */
  readonly onRoom: () => void;
  /** The reader has left. */
  readonly onLeft: () => void;
}

/** The bytes of a stream's connection, for a reader in the same thread. The socket pauses while nobody reads. */
export class StreamRoad implements ByteRoad {
  readonly #options: StreamRoadOptions;
  readonly #reader = new RingReader(new ArrayBuffer(slotCount * slotBytes), shape);
  readonly #onAbort: () => void;
  #current: RingPlace | undefined;
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
    return this.#reader.room();
  }

  /** For `onread.callback`: a record came. Whether more may come. */
  arrived(count: number): boolean {
    const mayMore = this.#reader.arrived(count);
    this.#isPaused = !mayMore;
    return mayMore;
  }

  /** Nothing more comes; what came before is still read. */
  ended(error: LanspreadError | undefined): void {
    if (this.#end) return;
    this.#end = { error };
    this.#reader.end();
  }

  async read(): Promise<Uint8Array | undefined> {
    this.#giveBack();
    const { signal } = this.#options;
    if (signal.aborted) throw abortError(signal);
    this.#current = await this.#reader.next();
    // It may have come to its end while it was waited for.
    if (signal.aborted) throw abortError(signal);
    if (this.#current) return this.#reader.bytesOf(this.#current);
    if (this.#end?.error) throw this.#end.error;
    return undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isLeft) {
      this.#isLeft = true;
      this.#reader[Symbol.dispose]();
      this.#options.signal.removeEventListener('abort', this.#onAbort);
      this.#options.onLeft();
    }
    return Promise.resolve();
  }

  #giveBack(): void {
    const place = this.#current;
    this.#current = undefined;
    if (!place) return;
    this.#reader.taken(place.slot);
    if (!this.#isPaused || this.#reader.isTight) return;
    this.#isPaused = false;
    this.#options.onRoom();
  }
}
