import type { Stream, StreamMessageEvent } from '@libp2p/interface';
import type { z } from 'zod';
import {
  abortError,
  LanspreadError,
  systemClock,
  toLanspreadError,
  type Clock,
  type IDisposable,
} from '../../base/index.ts';
import { decodeFrameBody, decodeFrameLength, encodeFrame, limits, prefixBytes } from '../../protocol/index.ts';
import type { PeerStream } from '../types.ts';

interface PeerStreamOptions {
  peerId: string;
  /** Ends the stream. */
  signal?: AbortSignal | undefined;
  /** Without a byte in the awaited direction for this long the stream ends, in milliseconds. */
  idleLimitMs?: number;
  clock?: Clock;
  /** Called once when nothing can be read or written any more. */
  onClosed?: () => void;
}

interface FrameTimes {
  /** How long to wait for the first byte, in milliseconds. Default: the idle limit. */
  startLimitMs?: number;
  /** How long the whole frame may take from its first byte on, in milliseconds. Default: the idle limit. */
  frameLimitMs?: number;
}

/** The sender is made to pause beyond this many unread bytes. */
const highWaterBytes = 512 * 1024;
/** Bytes handed to libp2p at a time, so that progress is seen. */
const writeBytes = 256 * 1024;
/** How long the other side may take to end its half once a handler is done, in milliseconds. */
const finishLimitMs = 5_000;

/** A libp2p stream as the core uses it: awaited reads and writes with back-pressure, an idle limit and coded errors. */
export class LibP2pStream implements PeerStream, IDisposable {
  readonly peerId: string;
  readonly #stream: Stream;
  readonly #signal: AbortSignal | undefined;
  readonly #idleLimitMs: number;
  readonly #clock: Clock;
  readonly #onClosed: (() => void) | undefined;
  readonly #ended = new AbortController();
  readonly #chunks: Uint8Array[] = [];
  #bufferedBytes = 0;
  #takenBytes = 0;
  #isPaused = false;
  #hasEnded = false;
  #isClosed = false;
  #failure: LanspreadError | undefined;
  /** Called when something happened to the reading side. */
  #wakeReader: (() => void) | undefined;
  /** Called when the transport takes more, or when the stream is over. */
  #wakeWriter: (() => void) | undefined;
  #lingering: IDisposable | undefined;

  constructor(stream: Stream, options: PeerStreamOptions) {
    this.peerId = options.peerId;
    this.#stream = stream;
    this.#signal = options.signal;
    this.#idleLimitMs = options.idleLimitMs ?? limits.requestIdleMs;
    this.#clock = options.clock ?? systemClock;
    this.#onClosed = options.onClosed;
    stream.addEventListener('message', this.#onMessage);
    stream.addEventListener('end', this.#onEnd);
    stream.addEventListener('drain', this.#onDrain);
    stream.addEventListener('close', this.#onClose);
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (this.#signal?.aborted) this.#onAbort();
    else if (stream.status !== 'open' && stream.status !== 'closing') this.#over(undefined);
    else if (stream.readableEnded) this.#hasEnded = true;
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  async readMessage<T>(schema: z.ZodType<T>, what: string): Promise<T> {
    return decodeFrameBody(schema, await this.readFrame(), what);
  }

  /** The body of the next frame. Throws `FRAME_TOO_LARGE` before a byte of it is read. */
  async readFrame({ startLimitMs, frameLimitMs = this.#idleLimitMs }: FrameTimes = {}): Promise<Uint8Array> {
    const first = await this.#some(1, startLimitMs ?? this.#idleLimitMs);
    // From here on the frame has to come as a whole: a drip of single bytes would hold the stream for ever.
    using _limit = this.#clock.timeout(() => {
      this.abort(new LanspreadError('PEER_TIMEOUT', { message: `A message took over ${frameLimitMs} ms.` }));
    }, frameLimitMs);
    const prefix = Buffer.concat([first ?? new Uint8Array(), await this.readBytes(prefixBytes - (first?.length ?? 0))]);
    return await this.readBytes(decodeFrameLength(prefix));
  }

  async writeMessage(message: unknown): Promise<void> {
    await this.#send(encodeFrame(message));
  }

  async readBytes(length: number): Promise<Uint8Array> {
    // Gathered as it comes, so that an announced length alone costs no memory.
    const parts: Uint8Array[] = [];
    let missing = length;
    while (missing > 0) {
      const some = await this.readSome(missing);
      if (!some) throw new LanspreadError('BAD_MESSAGE', { message: `The stream ended ${missing} bytes early.` });
      parts.push(some);
      missing -= some.length;
    }
    const [only] = parts;
    return parts.length === 1 && only ? only : Buffer.concat(parts, length);
  }

  async readSome(maxLength: number): Promise<Uint8Array | undefined> {
    return await this.#some(maxLength, this.#idleLimitMs);
  }

  async write(bytes: Uint8Array): Promise<void> {
    // libp2p may keep the bytes queued; the caller may reuse its buffer.
    await this.#send(bytes.slice());
  }

  async close(): Promise<void> {
    if (this.#failure || this.#isClosed) return;
    const limit = new AbortController();
    using _timer = this.#clock.timeout(() => limit.abort(), this.#idleLimitMs);
    try {
      await this.#stream.close({ signal: limit.signal });
    } catch (cause) {
      if (this.#failure) throw this.#failure;
      const code = limit.signal.aborted ? 'PEER_TIMEOUT' : 'PEER_GONE';
      const error = new LanspreadError(code, { message: 'The other PC did not close the connection.', cause });
      this.abort(error);
      throw error;
    }
    this.#lingerWhileRead();
  }

  abort(error: unknown): void {
    const coded = toLanspreadError(error, 'PEER_GONE');
    this.#failure ??= coded;
    this.#dropUnread();
    this.#stream.abort(coded);
    this.#over(coded);
  }

  /** The handler is done: ends the own side, and the other one if it does not end soon. Never throws. */
  async finish(): Promise<void> {
    try {
      await this.close();
    } catch {
      // `close` has aborted the stream and its error told the reader; there is nobody else to tell.
      return;
    }
    if (this.#isClosed) return;
    this.#dropUnread();
    this.#linger(finishLimitMs, () => this.#giveUp());
  }

  /** Ends the stream at once unless it is over. */
  [Symbol.dispose](): void {
    if (!this.#isClosed) this.abort(new LanspreadError('CANCELLED', { message: 'The stream was given up.' }));
  }

  async #some(maxLength: number, limitMs: number): Promise<Uint8Array | undefined> {
    for (;;) {
      const first = this.#chunks[0];
      if (first) return this.#take(first, maxLength);
      if (this.#failure) throw this.#failure;
      if (this.#hasEnded) return undefined;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wakeReader = resolve;
      using _timer = this.#clock.timeout(() => {
        this.abort(new LanspreadError('PEER_TIMEOUT', { message: `No byte for ${limitMs} ms.` }));
      }, limitMs);
      await promise;
    }
  }

  #take(first: Uint8Array, maxLength: number): Uint8Array {
    const taken = first.subarray(0, maxLength);
    if (taken.length === first.length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(maxLength);
    this.#bufferedBytes -= taken.length;
    this.#takenBytes += taken.length;
    if (this.#isPaused && this.#bufferedBytes < highWaterBytes / 2) {
      this.#isPaused = false;
      if (this.#stream.readStatus === 'paused') this.#stream.resume();
    }
    return taken;
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (let offset = 0; offset < bytes.length; offset += writeBytes) {
      if (this.#failure) throw this.#failure;
      let hasRoom: boolean;
      try {
        hasRoom = this.#stream.send(bytes.subarray(offset, offset + writeBytes));
      } catch (cause) {
        throw this.#failure ?? new LanspreadError('PEER_GONE', { details: { peerId: this.peerId }, cause });
      }
      while (!hasRoom) {
        await this.#untilDrained();
        hasRoom = !this.#stream.writableNeedsDrain;
      }
    }
  }

  /** libp2p's own `onDrain` resolves at once from the second time on, so its event is listened to. */
  async #untilDrained(): Promise<void> {
    if (!this.#stream.writableNeedsDrain) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wakeWriter = resolve;
    using _timer = this.#clock.timeout(() => {
      this.abort(new LanspreadError('PEER_TIMEOUT', { message: `Nothing taken for ${this.#idleLimitMs} ms.` }));
    }, this.#idleLimitMs);
    await promise;
    if (this.#failure) throw this.#failure;
    if (this.#isClosed) throw new LanspreadError('PEER_GONE', { details: { peerId: this.peerId } });
  }

  /** Ends a half-closed stream that nobody reads any more. */
  #lingerWhileRead(): void {
    const taken = this.#takenBytes;
    this.#linger(this.#idleLimitMs, () => {
      if (this.#wakeReader || this.#takenBytes !== taken) this.#lingerWhileRead();
      else this.#giveUp();
    });
  }

  #linger(limitMs: number, then: () => void): void {
    if (this.#isClosed) return;
    this.#lingering?.[Symbol.dispose]();
    this.#lingering = this.#clock.timeout(then, limitMs, { background: true });
  }

  #giveUp(): void {
    this.abort(new LanspreadError('PEER_TIMEOUT', { message: 'The other PC did not close the connection.' }));
  }

  #dropUnread(): void {
    this.#chunks.length = 0;
    this.#bufferedBytes = 0;
  }

  readonly #onMessage = ({ data }: StreamMessageEvent): void => {
    for (const part of data instanceof Uint8Array ? [data] : data) {
      if (part.length === 0) continue;
      this.#chunks.push(part);
      this.#bufferedBytes += part.length;
    }
    if (!this.#isPaused && this.#bufferedBytes > highWaterBytes && this.#stream.readStatus === 'readable') {
      this.#isPaused = true;
      this.#stream.pause();
    }
    this.#wake();
  };

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    this.#wake();
  };

  readonly #onDrain = (): void => {
    this.#wakeWriter?.();
    this.#wakeWriter = undefined;
  };

  readonly #onClose = ({ error }: { error?: Error }): void => {
    this.#over(error && toLanspreadError(error, 'PEER_GONE'));
  };

  readonly #onAbort = (): void => {
    if (this.#signal) this.abort(abortError(this.#signal));
  };

  /** Nothing comes or goes any more, except what waits in libp2p's buffer of a stream that ended well. */
  #over(error: LanspreadError | undefined): void {
    if (error) this.#failure ??= error;
    if (error || this.#stream.readBufferLength === 0) this.#hasEnded = true;
    this.#wake();
    this.#onDrain();
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#lingering?.[Symbol.dispose]();
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#onClosed?.();
    this.#ended.abort(this.#failure ?? new LanspreadError('PEER_GONE', { details: { peerId: this.peerId } }));
  }

  #wake(): void {
    const wake = this.#wakeReader;
    this.#wakeReader = undefined;
    wake?.();
  }
}
