import type { Readable } from 'node:stream';
import type { Clock, IDisposable } from '../../base/index.ts';

const tailCharacters = 8_000;
const maxLineCharacters = 1_000;
const linesPerSecond = 50;
const bytesPerSecond = 1024 * 1024;
/** A process that is held up this often does nothing but print. */
const maxPauses = 10;

interface OutputOptions {
  readonly onLine: (line: string) => void;
  /** The process was held up again and again. */
  readonly onFlood: () => void;
  readonly clock: Clock;
}

/**
 * What a process prints: lines for the log, and its end. Who prints more than 1 MiB a second is not read from for the rest
 * of that second, and so stands still.
 */
export class OutputLines implements IDisposable {
  readonly #options: OutputOptions;
  readonly #stream: Readable;
  #tail = '';
  #line = '';
  #windowStartedAt = 0;
  #bytes = 0;
  #lines = 0;
  #pause: IDisposable | undefined;
  #pauses = 0;

  constructor(stream: Readable, options: OutputOptions) {
    this.#stream = stream;
    this.#options = options;
    stream.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    // Its end is told by the process.
    stream.on('error', () => {});
  }

  /** The last 8,000 characters. */
  get tail(): string {
    return this.#tail;
  }

  [Symbol.dispose](): void {
    this.#pause?.[Symbol.dispose]();
    this.#stream.destroy();
  }

  #take(text: string): void {
    this.#tail = (this.#tail + text).slice(-tailCharacters);
    const now = this.#options.clock.monotonicMs();
    if (now - this.#windowStartedAt >= 1_000) {
      this.#windowStartedAt = now;
      this.#bytes = 0;
      this.#lines = 0;
    }
    this.#bytes += text.length;
    if (this.#bytes > bytesPerSecond && !this.#pause) this.#standStill(1_000 - (now - this.#windowStartedAt));
    this.#cut(text);
  }

  #cut(text: string): void {
    const [first = '', ...rest] = text.slice(0, linesPerSecond * maxLineCharacters).split('\n');
    this.#line = (this.#line + first).slice(0, maxLineCharacters);
    for (const next of rest) {
      this.#tellLine();
      this.#line = next.slice(0, maxLineCharacters);
    }
  }

  #tellLine(): void {
    this.#lines += 1;
    if (this.#line.trim() !== '' && this.#lines <= linesPerSecond) this.#options.onLine(this.#line.trimEnd());
  }

  #standStill(forMs: number): void {
    this.#pauses += 1;
    if (this.#pauses === maxPauses) this.#options.onFlood();
    this.#stream.pause();
    this.#pause = this.#options.clock.timeout(
      () => {
        this.#pause = undefined;
        this.#stream.resume();
      },
      forMs,
      { background: true },
    );
  }
}
