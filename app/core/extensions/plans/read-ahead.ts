import type { Readable } from 'node:stream';

/** Handed on at once: a pipe gives 40 KiB at a time, and every piece has its cost at each hop to the socket. */
const pieceBytes = 512 * 1024;
/** Beyond this the tool stands still. */
const aheadBytes = 4 * 1024 * 1024;

/**
 * Gives the memory of bytes back that nobody uses any more. Left to the collector, a stream of them keeps it busier than
 * unpacking does. Bytes that share their memory with others are left alone.
 */
export function giveBack({ buffer, length }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
}

/**
 * Reads a tool's output ahead and joins it to larger pieces. A pipe alone holds so little that the tool would stand still
 * whenever the reader is busy with what it has. Nothing is lost when the tool ends before it was asked.
 */
export class ReadAhead implements AsyncIterable<Buffer> {
  readonly #output: Readable;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #isOver = false;
  #failure: unknown;
  #wake: (() => void) | undefined;

  constructor(output: Readable) {
    this.#output = output;
    output.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#bytes += chunk.length;
      if (this.#bytes >= aheadBytes) output.pause();
      if (this.#bytes >= pieceBytes) this.#wake?.();
    });
    output.once('end', () => this.#end(undefined));
    output.once('close', () => this.#end(undefined));
    output.once('error', (error) => this.#end(error));
  }

  /** Errors: the output's. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      while (this.#bytes < pieceBytes && !this.#isOver) await this.#more();
      if (this.#bytes === 0) break;
      const piece = this.#take();
      if (this.#output.isPaused()) this.#output.resume();
      yield piece;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
    this.#wake = undefined;
  }

  #take(): Buffer {
    const piece = Buffer.allocUnsafeSlow(this.#bytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      piece.set(chunk, at);
      at += chunk.length;
      giveBack(chunk);
    }
    this.#chunks = [];
    this.#bytes = 0;
    return piece;
  }

  #end(failure: unknown): void {
    this.#failure ??= failure;
    this.#isOver = true;
    this.#wake?.();
  }
}
