/**
 * JSON-RPC messages on a pipe, for both ends. A frame: the length of the JSON and that of the bytes beside it (32 bits
 * each, little-endian), the JSON in UTF-8, the bytes. Bytes stand for `params.bytes` or `result.bytes`: a piece of an
 * archive never goes through JSON.
 */
import type { Duplex } from 'node:stream';
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Disposable as RpcDisposable,
  type Message,
} from 'vscode-jsonrpc/node';
import { maxJsonBytes, maxPieceBytes } from './limits.ts';

const headerBytes = 8;

/** The carriers of bytes in a message. */
interface Carrier {
  params?: Record<string, unknown> | undefined;
  result?: Record<string, unknown> | undefined;
}

/** Why a frame is not acceptable. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The frame of a message, in the pieces to write. Throws `FrameError` when it is too large for the other end. */
export function encodeLinkFrame(message: object): Buffer[] {
  const carrier: Carrier = message;
  const bytes = carrier.params?.['bytes'] ?? carrier.result?.['bytes'];
  const piece = bytes instanceof Uint8Array ? bytes : undefined;
  const json = Buffer.from(JSON.stringify(piece === undefined ? message : withoutBytes(carrier)));
  if (json.length > maxJsonBytes) throw new FrameError(`a message of ${json.length} bytes is too long`);
  if ((piece?.length ?? 0) > maxPieceBytes) throw new FrameError(`a piece of ${piece?.length} bytes is too long`);
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(json.length, 0);
  header.writeUInt32LE(piece === undefined ? 0 : piece.length + 1, 4);
  const first = Buffer.concat([header, json]);
  return piece === undefined ? [first] : [first, Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)];
}

function withoutBytes(carrier: Carrier): Carrier {
  const { params, result } = carrier;
  return {
    ...carrier,
    ...(params && { params: { ...params, bytes: undefined } }),
    ...(result && { result: { ...result, bytes: undefined } }),
  };
}

/** A message from a frame's parts. Throws `FrameError`. */
function decode(json: Buffer, piece: Buffer | undefined): Message {
  let message: unknown;
  try {
    message = JSON.parse(json.toString('utf8'));
  } catch (cause) {
    throw new FrameError('a message is not JSON', { cause });
  }
  if (!isRecord(message) || message['jsonrpc'] !== '2.0') throw new FrameError('a message is not JSON-RPC 2.0');
  const { params, result } = message;
  if (piece) {
    const carrier = isRecord(params) ? params : result;
    if (!isRecord(carrier)) throw new FrameError('bytes came with a message that has no place for them');
    carrier['bytes'] = piece;
  }
  // JSON-RPC 2.0 was looked for above; its reader judges the rest.
  return message as unknown as Message;
}

interface FrameReaderOptions {
  /** Called with each message before it is passed on. Throw to end the reading. */
  readonly inspect?: (message: Message) => void;
  /** Called once, with why the other end is not to be listened to any longer. */
  readonly onViolation: (error: Error) => void;
}

export class LinkFrameReader extends AbstractMessageReader {
  readonly #pipe: Duplex;
  readonly #options: FrameReaderOptions;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #callback: DataCallback | undefined;
  #isHeld = false;
  #isOver = false;

  constructor(pipe: Duplex, options: FrameReaderOptions) {
    super();
    this.#pipe = pipe;
    this.#options = options;
    pipe.once('close', () => this.fireClose());
    pipe.on('error', (error) => this.fireError(error));
  }

  listen(callback: DataCallback): RpcDisposable {
    this.#callback = callback;
    const onData = (chunk: Buffer): void => {
      this.#waiting.push(chunk);
      this.#waitingBytes += chunk.length;
      this.#parse();
    };
    this.#pipe.on('data', onData);
    return {
      dispose: () => {
        this.#isOver = true;
        this.#pipe.off('data', onData);
      },
    };
  }

  /** Reads nothing more until `release`; what has arrived waits, and so does who sends. */
  hold(): void {
    this.#isHeld = true;
    this.#pipe.pause();
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#parse();
    if (!this.#isHeld) this.#pipe.resume();
  }

  #parse(): void {
    try {
      while (!this.#isOver && !this.#isHeld) {
        const message = this.#next();
        if (!message) return;
        this.#options.inspect?.(message);
        this.#callback?.(message);
      }
    } catch (error) {
      this.#isOver = true;
      this.#waiting = [];
      this.#pipe.pause();
      this.#options.onViolation(error instanceof Error ? error : new FrameError(String(error)));
    }
  }

  #next(): Message | undefined {
    const header = this.#peek(headerBytes);
    if (!header) return undefined;
    const jsonBytes = header.readUInt32LE(0);
    const marked = header.readUInt32LE(4);
    const pieceBytes = Math.max(0, marked - 1);
    if (jsonBytes > maxJsonBytes || pieceBytes > maxPieceBytes)
      throw new FrameError(`a message of ${jsonBytes + pieceBytes} bytes is too long`);
    const whole = this.#peek(headerBytes + jsonBytes + pieceBytes);
    if (!whole) return undefined;
    this.#drop(headerBytes + jsonBytes + pieceBytes);
    const json = whole.subarray(headerBytes, headerBytes + jsonBytes);
    const end = headerBytes + jsonBytes + pieceBytes;
    return decode(json, marked === 0 ? undefined : whole.subarray(headerBytes + jsonBytes, end));
  }

  /** The first bytes that wait, in one buffer, or undefined when there are not as many yet. */
  #peek(lengthBytes: number): Buffer | undefined {
    if (this.#waitingBytes < lengthBytes) return undefined;
    const [first = Buffer.alloc(0)] = this.#waiting;
    if (first.length >= lengthBytes) return first;
    const joined = Buffer.concat(this.#waiting);
    this.#waiting = [joined];
    return joined;
  }

  #drop(lengthBytes: number): void {
    const [first = Buffer.alloc(0)] = this.#waiting;
    this.#waitingBytes -= lengthBytes;
    if (first.length > lengthBytes) this.#waiting[0] = first.subarray(lengthBytes);
    else this.#waiting.shift();
  }
}

interface FrameWriterOptions {
  /** Called when a message has left this process. */
  readonly onWritten?: (message: Message) => void;
}

export class FrameWriter extends AbstractMessageWriter {
  readonly #pipe: Duplex;
  readonly #options: FrameWriterOptions;

  constructor(pipe: Duplex, options: FrameWriterOptions = {}) {
    super();
    this.#pipe = pipe;
    this.#options = options;
    pipe.once('close', () => this.fireClose());
  }

  async write(message: Message): Promise<void> {
    const frame = encodeLinkFrame(message);
    if (this.#pipe.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#pipe.cork();
    // A pipe that breaks is told by its `close`; nobody needs to hear it from here as well.
    for (const [index, piece] of frame.entries())
      this.#pipe.write(piece, index === frame.length - 1 ? () => resolve() : undefined);
    this.#pipe.uncork();
    await promise;
    this.#options.onWritten?.(message);
  }

  end(): void {
    this.#pipe.end();
  }
}
