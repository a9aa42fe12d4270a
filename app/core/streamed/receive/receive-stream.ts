/** The receiving end of a streamed install: frames come in, entries and content go out. It checks everything. */
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
  type StreamPrefix,
} from '../../protocol/index.ts';
import type { z } from 'zod';
import { PacedRoad } from './paced-road.ts';
import { toldCodes } from '../frames.ts';
import type { ByteRoad, ByteStream, StreamPiece } from '../types.ts';

interface ReceiveOptions {
  readonly peerId: string;
  readonly signal: AbortSignal;
}

/**
 * Reads up to the end of the entries. `road` is disposed with the result, or when this fails. Errors: the sender's
 * refusal, `BAD_MESSAGE`, `FRAME_TOO_LARGE`, `ARCHIVE_HOSTILE` (too many entries), those of `road`.
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

/** A stretch of entries whose contents come one after another. */
interface Section {
  /** The number of files, without copies. */
  files: number;
  /** Bytes that have not come yet. */
  missingBytes: number;
  readonly hashes: string[];
}

class StreamReader implements ByteStream {
  readonly #road: PacedRoad;
  readonly #options: ReceiveOptions;
  #entries: StreamEntry[] = [];
  #sections: Section[] = [];
  totalBytes = 0;
  /** Bytes that have come and are not parsed yet. */
  #rest: Uint8Array = new Uint8Array(0);

  constructor(road: PacedRoad, options: ReceiveOptions) {
    this.#road = road;
    this.#options = options;
  }

  get entries(): readonly StreamEntry[] {
    return this.#entries;
  }

  get hashes(): readonly string[] {
    return this.#sections.flatMap(({ hashes }) => hashes);
  }

  get sectionFiles(): readonly number[] {
    return this.#sections.map(({ files }) => files);
  }

  async readPlan(): Promise<void> {
    const { lengthBytes, section } = await this.#prefix();
    if (section !== undefined) throw this.#nonsense('content comes before the answer');
    const reply = await this.#body(streamReplySchema, lengthBytes, 'reply to StreamInstall');
    if (!reply.ok) throw this.#refusal(reply);
    const plan = await this.#plan();
    if (!Number.isSafeInteger(plan.totalBytes)) throw this.#nonsense('the size is impossible');
    const starts = [0, ...(plan.sections ?? [])];
    if (starts.some((start, index) => index > 0 && (start <= (starts[index - 1] ?? 0) || start >= plan.entries)))
      throw this.#nonsense('its sections make no sense');
    let bytes = 0;
    while (this.#entries.length < plan.entries) {
      const message = await this.#message();
      if (message.kind !== 'entries') throw this.#unexpected(message, 'entries');
      if (this.#entries.length + message.entries.length > plan.entries) throw this.#nonsense('more entries than told');
      for (const entry of message.entries) {
        if (this.#entries.length === starts[this.#sections.length])
          this.#sections.push({ files: 0, missingBytes: 0, hashes: [] });
        const section = this.#sections.at(-1);
        this.#entries.push(entry);
        if (entry.copyOf !== undefined) {
          if (entry.kind !== 'file') throw this.#nonsense('a folder is a copy');
          continue;
        }
        if (entry.kind === 'directory' && entry.size !== 0) throw this.#nonsense('a folder has a size');
        bytes += entry.size;
        if (!section || entry.kind === 'directory') continue;
        section.files += 1;
        section.missingBytes += entry.size;
      }
    }
    if (bytes !== plan.totalBytes) throw this.#nonsense('the sizes do not add up to what was told');
    this.totalBytes = plan.totalBytes;
  }

  async *pieces(): AsyncGenerator<StreamPiece, void, undefined> {
    for (;;) {
      const { section, lengthBytes } = await this.#prefix();
      if (section !== undefined) {
        const of = this.#sections[section];
        if (!of || lengthBytes === 0 || lengthBytes > of.missingBytes)
          throw this.#nonsense('the content is not as long as told');
        of.missingBytes -= lengthBytes;
        yield* this.#content(section, lengthBytes);
        continue;
      }
      const message = await this.#body(streamMessageSchema, lengthBytes, 'message of a stream');
      if (message.kind === 'hashes') {
        const of = this.#sections[message.section ?? 0];
        of?.hashes.push(...message.hashes);
        if (!of || of.hashes.length > of.files) throw this.#nonsense('more hashes than files');
        continue;
      }
      if (message.kind === 'failed') throw this.#refusal(message);
      if (message.kind !== 'sound') throw this.#unexpected(message, 'content');
      for (const { missingBytes, hashes, files } of this.#sections) {
        if (missingBytes > 0) throw this.#nonsense(`${missingBytes} bytes are missing`);
        if (hashes.length !== files) throw this.#nonsense('hashes are missing');
      }
      return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#road[Symbol.asyncDispose]();
  }

  async *#content(section: number, lengthBytes: number): AsyncGenerator<StreamPiece, void, undefined> {
    for (let missing = lengthBytes; missing > 0; ) {
      if (this.#rest.length === 0) await this.#more();
      const bytes = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(bytes.length);
      missing -= bytes.length;
      yield { section, bytes };
    }
  }

  /**
   * The sender may take long to list its archives, but not for ever. A sender that repeats `looking` beyond the limit
   * is given up.
   */
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
    const { section, lengthBytes } = await this.#prefix();
    if (section !== undefined) throw this.#nonsense('content comes where a message should');
    const message = await this.#body(streamMessageSchema, lengthBytes, 'message of a stream');
    if (message.kind === 'failed') throw this.#refusal(message);
    return message;
  }

  async #prefix(): Promise<StreamPrefix> {
    return decodeStreamPrefix(await this.#exactly(prefixBytes));
  }

  async #body<T>(schema: z.ZodType<T>, lengthBytes: number, what: string): Promise<T> {
    return decodeFrameBody(schema, await this.#exactly(lengthBytes), what);
  }

  /** Collects the bytes as they come: an announced length alone costs no memory. */
  async #exactly(count: number): Promise<Uint8Array> {
    if (this.#rest.length === 0 && count > 0) await this.#more();
    const whole = this.#rest.subarray(0, count);
    if (whole.length === count) {
      this.#rest = this.#rest.subarray(count);
      return whole;
    }
    // Copied, because the parts must outlive the next read.
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
