import { Worker } from 'node:worker_threads';
import { abortError, LanspreadError, throwIfAborted } from '../base/index.ts';
import type { BlockToCheck, HashJob, HashReply } from './hash-messages.ts';
import type { BlockHasher, HashOptions } from './types.ts';

interface Pending {
  readonly job: HashJob;
  readonly onProgress: ((hashedBytes: number) => void) | undefined;
  readonly settle: (reply: HashReply | LanspreadError) => void;
}

/**
 * Hashes in one worker thread, one file at a time; `urgent` jobs go before the others that wait. The thread starts with
 * the first job and keeps no process alive.
 */
export class WorkerBlockHasher implements BlockHasher {
  readonly #waiting: Pending[] = [];
  #current: Pending | undefined;
  #worker: Worker | undefined;
  #nextId = 1;
  #disposed = false;

  async hashFile(path: string, options: HashOptions & { urgent?: boolean } = {}): Promise<string[]> {
    const reply = await this.#run({ path, task: { kind: 'hash' } }, options);
    return reply.kind === 'hashed' ? reply.hashes : [];
  }

  async checkBlocks(path: string, blocks: readonly BlockToCheck[], options: HashOptions = {}): Promise<boolean[]> {
    if (blocks.length === 0) return [];
    const reply = await this.#run({ path, task: { kind: 'check', blocks } }, { ...options, urgent: true });
    return reply.kind === 'checked' ? reply.sound : [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    const gone = new LanspreadError('SHUTTING_DOWN');
    for (const { settle } of this.#waiting.splice(0)) settle(gone);
    this.#current?.settle(gone);
    this.#current = undefined;
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #run(
    { path, task }: Pick<HashJob, 'path' | 'task'>,
    { signal, onProgress, urgent }: HashOptions & { urgent?: boolean },
  ): Promise<HashReply> {
    throwIfAborted(signal);
    if (this.#disposed) throw new LanspreadError('SHUTTING_DOWN');
    const { promise, resolve } = Promise.withResolvers<HashReply | LanspreadError>();
    const job: HashJob = { id: this.#nextId++, path, task, stop: new Int32Array(new SharedArrayBuffer(4)) };
    const pending: Pending = { job, onProgress, settle: resolve };
    if (urgent) this.#waiting.unshift(pending);
    else this.#waiting.push(pending);
    const onAbort = (): void => {
      Atomics.store(job.stop, 0, 1);
      const place = this.#waiting.indexOf(pending);
      if (place >= 0) this.#waiting.splice(place, 1);
      if (signal) resolve(abortError(signal));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#startNext();
    try {
      const reply = await promise;
      if (reply instanceof LanspreadError) throw reply;
      if (reply.kind === 'failed') throw Object.assign(new Error(reply.message), reply.code && { code: reply.code });
      return reply;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  #startNext(): void {
    if (this.#current || this.#disposed) return;
    const next = this.#waiting.shift();
    if (!next) return;
    this.#current = next;
    this.#worker ??= this.#startWorker();
    this.#worker.ref();
    this.#worker.postMessage(next.job);
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL('./hash-worker.ts', import.meta.url));
    worker.on('message', (reply: HashReply) => this.#onReply(reply));
    worker.on('error', (cause) => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#finish(new LanspreadError('INTERNAL', { message: 'The hashing thread failed.', cause }));
    });
    return worker;
  }

  #onReply(reply: HashReply): void {
    if (reply.id !== this.#current?.job.id) return;
    if (reply.kind === 'progress') this.#current.onProgress?.(reply.hashedBytes);
    else this.#finish(reply);
  }

  #finish(outcome: HashReply | LanspreadError): void {
    const finished = this.#current;
    this.#current = undefined;
    this.#worker?.unref();
    finished?.settle(outcome);
    this.#startNext();
  }
}
