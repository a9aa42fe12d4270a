import type { TLSSocket } from 'node:tls';
import { ContentFramer } from '../../../streamed/index.ts';
import type { StreamStep } from '../messages.ts';

interface StreamAnswerHost {
  /** The socket took so much. */
  sent(bytes: number): void;
  /** It took what one feed, or the end of a section, brought. */
  fed(): void;
}

/**
 * The answer to a stream's request on its connection. Content is hashed here, while it is about to be encrypted anyway: the
 * thread that reads from the unpacker has to be quick, or that one waits for it.
 */
export class StreamAnswer {
  readonly requestId: number;
  readonly #socket: TLSSocket;
  readonly #host: StreamAnswerHost;
  #framer = new ContentFramer([]);
  #writesInFlight = 0;
  #lastProgressMs = 0;

  constructor(requestId: number, { socket, host }: { socket: TLSSocket; host: StreamAnswerHost }) {
    this.requestId = requestId;
    this.#socket = socket;
    this.#host = host;
  }

  /** Since when the peer took nothing of what waits for it, monotonic; undefined while nothing does. */
  get waitsSinceMs(): number | undefined {
    return this.#writesInFlight > 0 ? this.#lastProgressMs : undefined;
  }

  /** Throws RangeError for content that was not expected. */
  take(step: StreamStep): void {
    switch (step.kind) {
      case 'feed':
        return this.#writeAll(
          step.section === undefined ? [step.bytes] : this.#framer.content(step.section, step.bytes),
        );
      case 'expect':
        this.#framer = new ContentFramer(step.sizes);
        return undefined;
      case 'end-section':
        return this.#writeAll(this.#framer.end(step.section));
      case 'end':
        this.#socket.end();
        return undefined;
    }
  }

  #writeAll(parts: Iterable<Uint8Array>): void {
    let waiting = 1;
    const done = (): void => {
      waiting -= 1;
      if (waiting === 0) this.#host.fed();
    };
    for (const part of parts) {
      waiting += 1;
      this.#write(part, done);
    }
    done();
  }

  #write(bytes: Uint8Array, done: () => void): void {
    const { length } = bytes;
    if (this.#writesInFlight === 0) this.#lastProgressMs = performance.now();
    this.#writesInFlight += 1;
    this.#socket.write(bytes, (error) => {
      this.#writesInFlight -= 1;
      if (error || this.#socket.destroyed) return;
      this.#lastProgressMs = performance.now();
      this.#host.sent(length);
      done();
    });
  }
}
