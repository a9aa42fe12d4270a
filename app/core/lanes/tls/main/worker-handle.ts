import { Worker } from 'node:worker_threads';
import { LanspreadError } from '../../../base/index.ts';
import type { ErrorFacts, FromWorker, ToWorker, WorkerSetup } from '../messages.ts';

const stopLimitMs = 1_000;
/** A lane worker holds few objects; its buffers lie outside the heap. */
const resourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 };

type WithoutToken<T> = T extends unknown ? Omit<T, 'token'> : never;
/** A message that is acknowledged. */
type Question = WithoutToken<Extract<ToWorker, { readonly token: number }>>;

/** One worker thread: sends, waits for acknowledgements, tells when it died. */
export class WorkerHandle {
  readonly #worker: Worker;
  readonly #answers = new Map<number, () => void>();
  readonly #onMessage: (message: FromWorker) => void;
  readonly #exited: Promise<void>;
  #nextToken = 1;
  #isGone = false;

  constructor(
    setup: WorkerSetup,
    handlers: { onMessage: (message: FromWorker) => void; onExit: (cause: unknown) => void },
  ) {
    this.#onMessage = handlers.onMessage;
    this.#worker = new Worker(new URL('../worker/worker.ts', import.meta.url), {
      workerData: setup,
      name: `lane ${setup.index}`,
      resourceLimits,
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exited = promise;
    let cause: unknown;
    this.#worker.on('error', (error) => {
      cause = error;
    });
    this.#worker.on('message', (message: FromWorker) => this.#handle(message));
    this.#worker.once('exit', () => {
      this.#isGone = true;
      // A dead worker trusts nobody and writes nothing, so every question counts as answered.
      for (const answer of this.#answers.values()) answer();
      this.#answers.clear();
      handlers.onExit(cause);
      resolve();
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  post(message: ToWorker): void {
    if (!this.#isGone) this.#worker.postMessage(message);
  }

  /** Posts and resolves when the worker has done it, or died. */
  ask(message: Question): Promise<void> {
    if (this.#isGone) return Promise.resolve();
    const token = this.#nextToken;
    this.#nextToken += 1;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#answers.set(token, resolve);
    this.post({ ...message, token });
    return promise;
  }

  /** Lets it end by itself, and after a second without it. */
  async stop(): Promise<void> {
    this.post({ kind: 'stop' });
    const timer = setTimeout(() => void this.#worker.terminate(), stopLimitMs);
    await this.#exited;
    clearTimeout(timer);
  }

  /** Ends it at once. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #handle(message: FromWorker): void {
    if (message.kind !== 'done') return this.#onMessage(message);
    this.#answers.get(message.token)?.();
    this.#answers.delete(message.token);
    return undefined;
  }
}

export function errorOf({ code, message, details }: ErrorFacts): LanspreadError {
  return new LanspreadError(code, { message, details });
}
