import { decodeFrameBody, decodeFrameLength, limits, prefixBytes } from '../../../protocol/index.ts';
import type { z } from 'zod';

/** Collects one length-prefixed header from bytes that come in any pieces. Holds at most the header's limit. */
export class LaneFrameReader {
  readonly #maxBytes: number;
  readonly #prefix = Buffer.alloc(prefixBytes);
  #prefixFilled = 0;
  #body: Buffer | undefined;
  #bodyFilled = 0;

  constructor(maxBytes: number = limits.laneHeaderBytes) {
    this.#maxBytes = maxBytes;
  }

  /** Whether a header has begun and is not whole. */
  get isPartial(): boolean {
    return this.#prefixFilled > 0;
  }

  /** Takes bytes from `start`; returns how many. Stops at the end of a header. Throws `FRAME_TOO_LARGE`. */
  take(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (this.#prefixFilled < prefixBytes && at < end) {
      this.#prefix[this.#prefixFilled] = bytes[at] ?? 0;
      this.#prefixFilled += 1;
      at += 1;
    }
    if (this.#prefixFilled < prefixBytes) return at - start;
    this.#body ??= Buffer.alloc(decodeFrameLength(this.#prefix, { maxBytes: this.#maxBytes }));
    const count = Math.min(this.#body.length - this.#bodyFilled, end - at);
    this.#body.set(bytes.subarray(at, at + count), this.#bodyFilled);
    this.#bodyFilled += count;
    return at + count - start;
  }

  get isWhole(): boolean {
    return this.#body !== undefined && this.#bodyFilled === this.#body.length;
  }

  /** The whole header; the reader starts afresh. Throws `BAD_MESSAGE`. */
  finish<T>(schema: z.ZodType<T>, what: string): T {
    const body = this.#body ?? Buffer.alloc(0);
    this.#prefixFilled = 0;
    this.#body = undefined;
    this.#bodyFilled = 0;
    return decodeFrameBody(schema, body, what);
  }
}
