/** The receiving end of a streamed install: frames in, entries and content out. Believes nothing it did not check. */
import { isErrorCode, LanspreadError, throwIfAborted } from '../../base/index.ts';
import {
  decodeFrameBody,
  decodeStreamPrefix,
  limits,
  prefixBytes,
  streamMessageSchema,
  streamReplySchema,
  type StreamEntry,
  type StreamMessage,
} from '../../protocol/index.ts';
import type { z } from 'zod';
import { PacedRoad } from './paced-road.ts';
import { toldCodes } from './told-codes.ts';
import type { ByteRoad, ByteStream } from './types.ts';

export interface ReceiveOptions {
  readonly peerId: string;
  readonly signal: AbortSignal;
}

/**
 * Reads up to the end of the entries. The road is disposed with what is returned, and when this fails. Errors: the
 * sender's refusal, `BAD_MESSAGE`, `FRAME_TOO_LARGE`, `ARCHIVE_HOSTILE` (too many entries), those of the road.
 */
export async function receiveStream(road: ByteRoad, options: ReceiveOptions): Promise<ByteStream> {
  const reader = new StreamReader(new PacedRoad(road), options);
  try {
    await reader.readPlan();
    return reader;
  } catch (error) {
    await reader[Symbol.asyncDispose]();
    throw error;
  }
}

class StreamReader implements ByteStream {
  readonly #road: PacedRoad;
  readonly #options: ReceiveOptions;
  #entries: StreamEntry[] = [];
  #fileCount = 0;
  totalBytes = 0;
  readonly #hashes: string[] = [];
  /** What came and was not looked at yet. */
  #rest: Uint8Array = new Uint8Array(0);

  constructor(road: PacedRoad, options: ReceiveOptions) {
    this.#road = road;
    this.#options = options;
  }

  get entries(): readonly StreamEntry[] {
    return this.#entries;
  }

  get hashes(): readonly string[] {
    return this.#hashes;
  }

  async readPlan(): Promise<void> {
    const { lengthBytes, isContent } = await this.#prefix();
    if (isContent) throw this.#nonsense('content comes before the answer');
    const reply = await this.#body(streamReplySchema, lengthBytes, 'reply to StreamInstall');
    if (!reply.ok) throw this.#refusal(reply);
    const plan = await this.#plan();
    if (!Number.isSafeInteger(plan.totalBytes)) throw this.#nonsense('the size is impossible');
    let bytes = 0;
    while (this.#entries.length < plan.entries) {
      const message = await this.#message();
      if (message.kind !== 'entries') throw this.#unexpected(message, 'entries');
      if (this.#entries.length + message.entries.length > plan.entries) throw this.#nonsense('more entries than told');
      for (const entry of message.entries) {
        this.#entries.push(entry);
        if (entry.copyOf !== undefined) {
          if (entry.kind !== 'file') throw this.#nonsense('a folder is a copy');
          continue;
        }
        if (entry.kind === 'file') this.#fileCount += 1;
        else if (entry.size !== 0) throw this.#nonsense('a folder has a size');
        bytes += entry.size;
      }
    }
    if (bytes !== plan.totalBytes) throw this.#nonsense('the sizes do not add up to what was told');
    this.totalBytes = plan.totalBytes;
  }

  async *bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    let missing = this.totalBytes;
    for (;;) {
      const { isContent, lengthBytes } = await this.#prefix();
      if (isContent) {
        if (lengthBytes === 0 || lengthBytes > missing) throw this.#nonsense('the content is not as long as told');
        missing -= lengthBytes;
        yield* this.#content(lengthBytes);
        continue;
      }
      const message = await this.#body(streamMessageSchema, lengthBytes, 'message of a stream');
      if (message.kind === 'hashes') {
        this.#hashes.push(...message.hashes);
        if (this.#hashes.length > this.#fileCount) throw this.#nonsense('more hashes than files');
        continue;
      }
      if (message.kind === 'failed') throw this.#refusal(message);
      if (message.kind !== 'sound') throw this.#unexpected(message, 'content');
      if (missing > 0) throw this.#nonsense(`${missing} bytes are missing`);
      if (this.#hashes.length !== this.#fileCount) throw this.#nonsense('hashes are missing');
      return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#road[Symbol.asyncDispose]();
  }

  async *#content(lengthBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let missing = lengthBytes; missing > 0; ) {
      if (this.#rest.length === 0) await this.#more();
      const piece = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(piece.length);
      missing -= piece.length;
      yield piece;
    }
  }

  /** Looking may take long, but not for ever; whoever keeps saying so for nothing is given up. */
  async #plan(): Promise<Extract<StreamMessage, { kind: 'plan' }>> {
    const sinceMs = performance.now();
    for (;;) {
      const message = await this.#message();
      if (message.kind === 'plan') return message;
      if (message.kind !== 'looking') throw this.#unexpected(message, 'a plan');
      this.#road.restart();
      if (performance.now() - sinceMs > limits.streamPlanMs) {
        const text = 'The sender does not come to an end looking into its archives.';
        throw new LanspreadError('PEER_TIMEOUT', { message: text, details: { peerId: this.#options.peerId } });
      }
    }
  }

  async #message(): Promise<StreamMessage> {
    const { isContent, lengthBytes } = await this.#prefix();
    if (isContent) throw this.#nonsense('content comes where a message should');
    const message = await this.#body(streamMessageSchema, lengthBytes, 'message of a stream');
    if (message.kind === 'failed') throw this.#refusal(message);
    return message;
  }

  async #prefix(): Promise<{ isContent: boolean; lengthBytes: number }> {
    return decodeStreamPrefix(await this.#exactly(prefixBytes));
  }

  async #body<T>(schema: z.ZodType<T>, lengthBytes: number, what: string): Promise<T> {
    return decodeFrameBody(schema, await this.#exactly(lengthBytes), what);
  }

  /** Gathered as it comes: an announced length alone costs no memory. */
  async #exactly(count: number): Promise<Uint8Array> {
    if (this.#rest.length === 0 && count > 0) await this.#more();
    const whole = this.#rest.subarray(0, count);
    if (whole.length === count) {
      this.#rest = this.#rest.subarray(count);
      return whole;
    }
    // Copied: it has to outlive the next bytes.
    const parts: Uint8Array[] = [];
    for (let missing = count; missing > 0; ) {
      if (this.#rest.length === 0) await this.#more();
      const part = new Uint8Array(this.#rest.subarray(0, missing));
      this.#rest = this.#rest.subarray(part.length);
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts, count);
  }

  async #more(): Promise<void> {
    throwIfAborted(this.#options.signal);
    const { peerId } = this.#options;
    const bytes = await this.#road.read();
    if (!bytes) throw new LanspreadError('PEER_GONE', { message: 'The stream ended early.', details: { peerId } });
    this.#rest = bytes;
  }

  #refusal({ code, message }: { code: string; message: string }): LanspreadError {
    const known = isErrorCode(code) && toldCodes.has(code) ? code : 'NOT_SERVED';
    return new LanspreadError(known, { message, details: { peerId: this.#options.peerId } });
  }

  #unexpected({ kind }: StreamMessage, wanted: string): LanspreadError {
    return this.#nonsense(`${kind} comes where ${wanted} should`);
  }

  #nonsense(what: string): LanspreadError {
    const { peerId } = this.#options;
    return new LanspreadError('BAD_MESSAGE', {
      message: `The sender's stream is not sound: ${what}.`,
      details: { peerId },
    });
  }
}
