import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

/**
 * Lines on a file descriptor without ever blocking the event loop: a pipe written by `process.stdout` is synchronous on
 * POSIX, and a slow reader would stall the peer.
 */
export class LineOutput {
  readonly #stream;
  #failed = false;

  constructor(descriptor: number) {
    this.#stream = createWriteStream('', { fd: descriptor, autoClose: false });
    this.#stream.on('error', () => {
      this.#failed = true;
    });
  }

  write(message: object): void {
    if (!this.#failed) this.#stream.write(`${JSON.stringify(message)}\n`);
  }

  /** Resolves when everything has been handed over. */
  async end(): Promise<void> {
    if (this.#failed) return;
    this.#stream.end();
    await finished(this.#stream).catch(() => undefined);
  }
}
