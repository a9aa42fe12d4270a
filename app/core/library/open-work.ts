import { LanspreadError, throwIfAborted, toLanspreadError, type Logger } from '../base/index.ts';

/** Work that ends with its owner: disposing aborts the running work and waits for it. */
export class OpenWork implements AsyncDisposable {
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Runs `work` with a signal that aborts with the caller's, or with `SHUTTING_DOWN`. */
  async run(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const joined = signal ? AbortSignal.any([signal, this.#stopping.signal]) : this.#stopping.signal;
    throwIfAborted(joined);
    const running = work(joined);
    this.#running.add(running);
    try {
      await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Runs `work` without a waiting caller: a failure is logged. */
  async inBackground(what: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await this.run(undefined, work);
    } catch (error) {
      if (!this.isStopping) this.#logger.warn({ err: toLanspreadError(error) }, what);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new LanspreadError('SHUTTING_DOWN'));
    await Promise.allSettled(this.#running);
  }
}
