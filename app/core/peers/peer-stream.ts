import type { Stream, StreamMessageEvent } from '@libp2p/interface';
import type { z } from 'zod';
import { abortError, LanspreadError, systemClock, type Clock, type IDisposable } from '../base/index.ts';
import { decodeFrameBody, decodeFrameLength, encodeFrame, limits, prefixBytes } from '../protocol/index.ts';
import type { PeerStream } from './types.ts';

export interface PeerStreamOptions {
  peerId: string;
  signal?: AbortSignal | undefined;
  /** Without a byte in the awaited direction for this long the stream ends, in milliseconds. */
  idleLimitMs?: number;
  clock?: Clock;
}

/** The sender is told to pause beyond this many unread bytes. */
const highWaterBytes = 2 * 1024 * 1024;

/** A libp2p stream as the core uses it: awaited reads and writes with back-pressure, an idle limit and coded errors. */
export class LibP2pStream implements PeerStream, IDisposable {
  readonly peerId: string;
  readonly #stream: Stream;
  readonly #signal: AbortSignal | undefined;
  readonly #idleLimitMs: number;
  readonly #clock: Clock;
  #chunks: Uint8Array[] = [];
  #bufferedBytes = 0;
  #isPaused = false;
  #hasEnded = false;
  #failure: LanspreadError | undefined;
  #wake: (() => void) | undefined;

  constructor(
    stream: Stream,
    { peerId, signal, idleLimitMs = limits.requestIdleMs, clock = systemClock }: PeerStreamOptions,
  ) {
    this.#stream = stream;
    this.peerId = peerId;
    this.#signal = signal;
    this.#idleLimitMs = idleLimitMs;
    this.#clock = clock;
    stream.addEventListener('message', this.#onMessage);
    stream.addEventListener('end', this.#onEnd);
    stream.addEventListener('remoteCloseWrite', this.#onEnd);
    stream.addEventListener('close', this.#onClose);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
  }

  async readMessage<T>(schema: z.ZodType<T>, what: string): Promise<T> {
    const length = decodeFrameLength(await this.readBytes(prefixBytes));
    return decodeFrameBody(schema, await this.readBytes(length), what);
  }

  async writeMessage(message: unknown): Promise<void> {
    await this.#send(encodeFrame(message));
  }

  async readBytes(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const some = await this.readSome(length - done);
      if (!some) throw new LanspreadError('BAD_MESSAGE', { message: `The stream ended ${length - done} bytes early.` });
      bytes.set(some, done);
      done += some.length;
    }
    return bytes;
  }

  async readSome(maxLength: number): Promise<Uint8Array | undefined> {
    for (;;) {
      const first = this.#chunks[0];
      if (first) return this.#take(first, maxLength);
      if (this.#failure) throw this.#failure;
      if (this.#hasEnded) return undefined;
      await this.#untilSomething();
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    // libp2p may keep the bytes queued; the caller may reuse its buffer.
    await this.#send(bytes.slice());
  }

  async close(): Promise<void> {
    if (this.#failure) return;
    await this.#limited('closing the stream', (signal) => this.#stream.close({ signal }));
  }

  abort(error: unknown): void {
    this.#fail(error instanceof LanspreadError ? error : new LanspreadError('PEER_GONE', { cause: error }));
    this.#stream.abort(error instanceof Error ? error : new Error(String(error)));
  }

  /** The handler is done: closes the own side, reads away what is left, frees the stream. */
  async finish(): Promise<void> {
    try {
      if (!this.#failure && this.#stream.writeStatus === 'writable') await this.close();
    } catch {
      // The stream is gone already; `close` has aborted it.
    } finally {
      this.#signal?.removeEventListener('abort', this.#onAbort);
    }
  }

  /** Takes the listeners away; ends the stream if nobody did. */
  [Symbol.dispose](): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    if (this.#stream.status === 'open') this.#stream.abort(new Error('the stream was given up'));
  }

  async #send(bytes: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure;
    try {
      if (this.#stream.send(bytes)) return;
    } catch (cause) {
      throw this.#failure ?? new LanspreadError('PEER_GONE', { cause });
    }
    await this.#limited('the peer does not take what is sent', (signal) => this.#stream.onDrain({ signal }));
  }

  async #limited(what: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const limit = new AbortController();
    using _timer = this.#clock.timeout(() => limit.abort(), this.#idleLimitMs);
    try {
      await work(limit.signal);
    } catch (cause) {
      if (this.#failure) throw this.#failure;
      const error = new LanspreadError(limit.signal.aborted ? 'PEER_TIMEOUT' : 'PEER_GONE', {
        message: `Gave up: ${what}.`,
        cause,
      });
      this.abort(error);
      throw error;
    }
  }

  #take(first: Uint8Array, maxLength: number): Uint8Array {
    const taken = first.subarray(0, maxLength);
    if (taken.length === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(maxLength);
    this.#bufferedBytes -= taken.length;
    if (this.#isPaused && this.#bufferedBytes < highWaterBytes / 2) {
      this.#isPaused = false;
      this.#stream.resume();
    }
    return taken;
  }

  async #untilSomething(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    using _timer = this.#clock.timeout(() => {
      this.abort(new LanspreadError('PEER_TIMEOUT', { message: `No byte for ${this.#idleLimitMs} ms.` }));
    }, this.#idleLimitMs);
    await promise;
  }

  readonly #onMessage = ({ data }: StreamMessageEvent): void => {
    const parts = data instanceof Uint8Array ? [data] : [...data];
    for (const part of parts) {
      if (part.length === 0) continue;
      this.#chunks.push(part);
      this.#bufferedBytes += part.length;
    }
    if (!this.#isPaused && this.#bufferedBytes > highWaterBytes) {
      this.#isPaused = true;
      this.#stream.pause();
    }
    this.#rouse();
  };

  readonly #onEnd = (): void => {
    if (this.#stream.readBufferLength > 0) return;
    this.#hasEnded = true;
    this.#rouse();
  };

  readonly #onClose = (event: { error?: Error }): void => {
    if (event.error) this.#fail(new LanspreadError('PEER_GONE', { cause: event.error }));
    this.#hasEnded = true;
    this.#rouse();
  };

  readonly #onAbort = (): void => {
    if (this.#signal) this.abort(abortError(this.#signal));
  };

  #fail(error: LanspreadError): void {
    this.#failure ??= error;
    this.#rouse();
  }

  #rouse(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
