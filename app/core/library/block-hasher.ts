import { Worker } from 'node:worker_threads';
import { abortError, LanspreadError, throwIfAborted } from '../base/index.ts';
import { blockSizeBytes } from '../protocol/index.ts';
import { CheckBlocksJob, HashFileJob, type HashJob } from './hash-jobs.ts';
import type { BlockToCheck, HashReply, HashSlice, HashWorkerSetup } from './hash-messages.ts';
import type { BlockHasher, HashOptions } from './types.ts';

interface Waiting {
  readonly job: HashJob;
  readonly isUrgent: () => boolean;
  readonly onProgress: ((hashedBytes: number) => void) | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const always = (): boolean => true;
const never = (): boolean => false;
/** The thread holds one small buffer and no data. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 };

/**
 * Hashes in one worker thread, a slice of one file at a time: after each slice the most urgent job goes on. The thread
 * starts with the first job, and keeps the process alive only while there is work.
 */
export class WorkerBlockHasher implements BlockHasher {
  /** First come, first served: first among the urgent jobs, then among the others. The running job keeps its place. */
  readonly #jobs: Waiting[] = [];
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));
  #running: { readonly waiting: Waiting; readonly sliceId: number } | undefined;
  #worker: Worker | undefined;
  #lastSliceId = 0;
  #disposed = false;

  async hashFile(path: string, options: HashOptions = {}): Promise<string[]> {
    const job = new HashFileJob(path);
    await this.#run(job, { isUrgent: never, ...options });
    return job.hashes;
  }

  async checkBlocks(path: string, blocks: readonly BlockToCheck[], options: HashOptions = {}): Promise<boolean[]> {
    throwIfAborted(options.signal);
    if (blocks.length === 0) return [];
    const job = new CheckBlocksJob(path, blocks);
    await this.#run(job, { isUrgent: always, ...options });
    return job.sound;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    for (const { reject } of this.#jobs.splice(0)) reject(new LanspreadError('SHUTTING_DOWN'));
    this.#running = undefined;
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #run(job: HashJob, { signal, onProgress, isUrgent = never }: HashOptions): Promise<void> {
    throwIfAborted(signal);
    if (this.#disposed) throw new LanspreadError('SHUTTING_DOWN');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { job, isUrgent, onProgress, resolve, reject };
    this.#jobs.push(waiting);
    const onAbort = (): void => {
      this.#drop(waiting);
      if (this.#running?.waiting === waiting) Atomics.store(this.#stop, 0, this.#running.sliceId);
      if (signal) reject(abortError(signal));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#startNext();
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #startNext(): void {
    if (this.#running || this.#disposed) return;
    const next = this.#jobs.find(({ isUrgent }) => isUrgent()) ?? this.#jobs[0];
    if (!next) {
      this.#worker?.unref();
      return;
    }
    // Ids fit the shared word; 0 stops no slice.
    this.#lastSliceId = (this.#lastSliceId % 0x7fff_ffff) + 1;
    const { job } = next;
    const slice: HashSlice = { id: this.#lastSliceId, path: job.path, task: job.nextTask() };
    this.#running = { waiting: next, sliceId: slice.id };
    this.#worker ??= this.#startWorker();
    this.#worker.ref();
    this.#worker.postMessage(slice);
  }

  #startWorker(): Worker {
    const workerData: HashWorkerSetup = { blockSizeBytes, stop: this.#stop };
    const options = { workerData, name: 'block hasher', resourceLimits };
    const worker = new Worker(new URL('./hash-worker.ts', import.meta.url), options);
    let cause: unknown;
    worker.on('message', (reply: HashReply) => this.#onReply(reply));
    worker.on('error', (error) => {
      cause = error;
    });
    worker.once('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#settle(new LanspreadError('INTERNAL', { message: 'The hashing thread failed.', cause }));
    });
    return worker;
  }

  #onReply(reply: HashReply): void {
    const running = this.#running;
    if (reply.id !== running?.sliceId) return;
    const { job, onProgress } = running.waiting;
    if (reply.kind === 'failed') {
      this.#settle(Object.assign(new Error(reply.message), reply.code !== undefined && { code: reply.code }));
      return;
    }
    const isDone = job.accept(reply);
    if (this.#jobs.includes(running.waiting)) onProgress?.(job.doneBytes);
    if (isDone) this.#settle(undefined);
    else {
      this.#running = undefined;
      this.#startNext();
    }
  }

  /** The running job is over. Aborted callers have had their answer already. */
  #settle(error: Error | undefined): void {
    const waiting = this.#running?.waiting;
    this.#running = undefined;
    if (waiting) {
      this.#drop(waiting);
      if (error) waiting.reject(error);
      else waiting.resolve();
    }
    this.#startNext();
  }

  #drop(waiting: Waiting): void {
    const place = this.#jobs.indexOf(waiting);
    if (place >= 0) this.#jobs.splice(place, 1);
  }
}
