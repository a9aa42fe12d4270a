import { abortError, LanspreadError, toLanspreadError } from '../../../base/index.ts';
import type { FetchListener, FetchRequest } from '../../types.ts';
import type { FetchProgress } from '../messages.ts';

/** A fetch as the main thread sees it: in which worker it runs, and how it ends. */
export class RunningFetch {
  readonly id: number;
  readonly request: FetchRequest;
  readonly workerIndex: number;
  readonly settled: Promise<void>;
  readonly #listener: FetchListener;
  readonly #signal: AbortSignal;
  readonly #resolve: () => void;
  readonly #reject: (error: LanspreadError) => void;
  #firstBlock = Infinity;
  #lastBlock = -Infinity;

  constructor(
    id: number,
    {
      request,
      listener,
      signal,
      workerIndex,
    }: {
      request: FetchRequest;
      listener: FetchListener;
      signal: AbortSignal;
      workerIndex: number;
    },
  ) {
    this.id = id;
    this.request = request;
    this.workerIndex = workerIndex;
    this.#listener = listener;
    this.#signal = signal;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.settled = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    // Nobody may be waiting yet when it fails.
    promise.catch(() => {});
    for (const { blocks } of request.files) {
      for (const { block } of blocks) {
        this.#firstBlock = Math.min(this.#firstBlock, block);
        this.#lastBlock = Math.max(this.#lastBlock, block);
      }
    }
  }

  get peerId(): string {
    return this.request.peerId;
  }

  /** Whether both may write the same block. */
  overlaps(other: RunningFetch): boolean {
    return (
      this.request.request.root === other.request.request.root &&
      this.#firstBlock <= other.#lastBlock &&
      other.#firstBlock <= this.#lastBlock
    );
  }

  progress({ bytes, blocks }: FetchProgress): void {
    if (bytes > 0) this.#listener.onBytes(bytes);
    for (const block of blocks) this.#listener.onBlock(block < 0 ? ~block : block, block >= 0);
  }

  settle(error?: unknown): void {
    if (error === undefined) this.#resolve();
    else if (this.#signal.aborted) this.#reject(abortError(this.#signal));
    else this.#reject(toLanspreadError(error));
  }
}

/** What a fetch fails with when its thread died. */
export function workerDied(cause: unknown): LanspreadError {
  return new LanspreadError('PEER_GONE', { message: 'The thread that fetched stopped; try again.', cause });
}
