import { abortError, LanspreadError, type RingPlace } from '../../base/index.ts';
import type { ByteRoad } from '../stream/types.ts';
import type { ToWorker } from './messages.ts';
import { streamMemory } from './stream-slots.ts';

export interface LaneRoadOptions {
  readonly streamId: number;
  readonly workerIndex: number;
  readonly peerId: string;
  readonly signal: AbortSignal;
  readonly post: (message: ToWorker) => void;
  /** The road is left. */
  readonly onLeft: () => void;
}

/** A stream that a worker receives, as this thread reads it. The worker's socket stands still while nobody reads. */
export class LaneRoad implements ByteRoad {
  readonly #options: LaneRoadOptions;
  /** Where the worker puts what it receives. */
  readonly memory = streamMemory();
  readonly #waiting: RingPlace[] = [];
  readonly #onAbort: () => void;
  #current: RingPlace | undefined;
  #wake: (() => void) | undefined;
  #end: { readonly error: LanspreadError | undefined } | undefined;
  #isLeft = false;

  constructor(options: LaneRoadOptions) {
    this.#options = options;
    this.#onAbort = () => this.ended(abortError(options.signal));
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get workerIndex(): number {
    return this.#options.workerIndex;
  }

  get peerId(): string {
    return this.#options.peerId;
  }

  async read(): Promise<Uint8Array | undefined> {
    this.#giveBack();
    for (;;) {
      if (this.#options.signal.aborted) throw abortError(this.#options.signal);
      this.#current = this.#waiting.shift();
      if (this.#current) {
        const { start, end } = this.#current;
        return new Uint8Array(this.memory, start, end - start);
      }
      if (this.#end?.error) throw this.#end.error;
      if (this.#end) return undefined;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  received(place: RingPlace): void {
    this.#waiting.push(place);
    this.#wake?.();
  }

  /** Nothing more comes; what came before is still read. */
  ended(error: LanspreadError | undefined): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isLeft) return;
    this.#isLeft = true;
    const { streamId, signal, post, onLeft } = this.#options;
    signal.removeEventListener('abort', this.#onAbort);
    this.ended(new LanspreadError('CANCELLED'));
    this.#waiting.length = 0;
    post({ kind: 'leave-stream', streamId });
    onLeft();
  }

  /** The bytes that were read last are done with: the worker may fill their place again. */
  #giveBack(): void {
    const place = this.#current;
    this.#current = undefined;
    if (place) this.#options.post({ kind: 'taken', streamId: this.#options.streamId, slot: place.slot });
  }
}
