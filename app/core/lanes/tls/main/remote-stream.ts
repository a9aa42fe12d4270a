import { abortError, LanspreadError } from '../../../base/index.ts';
import type { StreamEntry } from '../../../protocol/index.ts';
import type { FromWorker, ToWorker } from '../messages.ts';
import type { IncomingContent, PourTarget } from '../../../content/index.ts';

interface RemoteStreamOptions {
  readonly streamId: number;
  readonly workerIndex: number;
  readonly peerId: string;
  readonly signal: AbortSignal;
  readonly post: (message: ToWorker) => void;
  /** Nothing of it is under way any more. */
  readonly onEnded: () => void;
}

/** What the worker tells of a stream. */
type StreamNews = Extract<FromWorker, { kind: 'stream-plan' | 'stream-wrote' | 'stream-poured' }>;

/** A stream that a worker receives and writes, as this thread steers it. */
export class RemoteStream implements IncomingContent {
  readonly #options: RemoteStreamOptions;
  readonly #planned = Promise.withResolvers<void>();
  readonly #poured = Promise.withResolvers<readonly string[]>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #onAbort: () => void;
  #onBytes: ((bytes: number) => void) | undefined;
  #isLeft = false;
  entries: readonly StreamEntry[] = [];
  totalBytes = 0;
  hashes: readonly string[] = [];

  constructor(options: RemoteStreamOptions) {
    this.#options = options;
    this.#onAbort = () => this.#leave();
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
    // A failure is handled where it is awaited, if anywhere.
    this.#planned.promise.catch(() => {});
    this.#poured.promise.catch(() => {});
  }

  get workerIndex(): number {
    return this.#options.workerIndex;
  }

  get peerId(): string {
    return this.#options.peerId;
  }

  /** Resolves when the plan is there. Errors: the sender's refusal, `PEER_…`, `BAD_MESSAGE`, `CANCELLED`. */
  async planned(): Promise<void> {
    await this.#planned.promise;
  }

  async pour(
    { folder, files }: PourTarget,
    { onBytes }: { onBytes: (bytes: number) => void },
  ): Promise<readonly string[]> {
    const { streamId, post } = this.#options;
    this.#onBytes = onBytes;
    post({ kind: 'pour', order: { streamId, folder, files } });
    return await this.#poured.promise;
  }

  heard(news: StreamNews): void {
    switch (news.kind) {
      case 'stream-plan':
        this.entries = news.entries;
        this.totalBytes = news.totalBytes;
        this.#planned.resolve();
        break;
      case 'stream-wrote':
        this.#onBytes?.(news.bytes);
        break;
      case 'stream-poured':
        this.hashes = news.sender;
        this.#poured.resolve(news.own);
        break;
    }
  }

  /** Nothing more comes, and nothing is written any more. */
  ended(error: LanspreadError | undefined): void {
    const { signal, onEnded } = this.#options;
    signal.removeEventListener('abort', this.#onAbort);
    const reason = signal.aborted ? abortError(signal) : (error ?? new LanspreadError('CANCELLED'));
    this.#planned.reject(reason);
    this.#poured.reject(reason);
    this.#ended.resolve();
    onEnded();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leave();
    await this.#ended.promise;
  }

  #leave(): void {
    if (this.#isLeft) return;
    this.#isLeft = true;
    const { streamId, post } = this.#options;
    post({ kind: 'leave-stream', streamId });
  }
}
