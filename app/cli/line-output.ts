import { write } from 'node:fs';
import { jsonLine, systemCode } from '../core/rpc/index.ts';

/** The wait before a full pipe is tried again, in milliseconds. */
const fullPipePauseMs = 5;

/**
 * Writes lines to a file descriptor without blocking the event loop. `process.stdout` writes to a pipe synchronously on
 * POSIX, so a slow reader would stall the peer. A full pipe (`EAGAIN`) is tried again; a pipe without a reader ends the
 * output.
 */
export class LineOutput {
  readonly #descriptor: number;
  #waiting: string[] = [];
  #idle: PromiseWithResolvers<void> | undefined;
  #failed = false;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  write(message: object): void {
    if (this.#failed) return;
    this.#waiting.push(jsonLine(message));
    if (this.#idle) return;
    this.#idle = Promise.withResolvers<void>();
    this.#writeNext();
  }

  /** Resolves when everything is written, or when the reader is gone. */
  async end(): Promise<void> {
    await this.#idle?.promise;
  }

  #writeNext(): void {
    const lines = this.#waiting;
    this.#waiting = [];
    if (lines.length === 0) {
      this.#idle?.resolve();
      this.#idle = undefined;
      return;
    }
    this.#writeAll(Buffer.from(lines.join('')));
  }

  #writeAll(bytes: Buffer): void {
    write(this.#descriptor, bytes, 0, bytes.length, null, (error, count) => {
      if (error && systemCode(error) === 'EAGAIN') setTimeout(() => this.#writeAll(bytes), fullPipePauseMs);
      else if (error) {
        this.#failed = true;
        this.#waiting = [];
        this.#writeNext();
      } else if (count < bytes.length) this.#writeAll(bytes.subarray(count));
      else this.#writeNext();
    });
  }
}
