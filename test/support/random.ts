/**
 * Bytes from a seed: equal seeds give equal bytes on every machine, and no two blocks of a file are alike, so that a
 * block written to the wrong place can never pass unnoticed. The generator is sfc32 over whole 32-bit words.
 */
import { asBuffer } from '../../app/core/base/index.ts';

/** 32 bits from a text: FNV-1a. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** A stream of pseudo-random numbers from a seed, for tests alone. */
export class SeededRandom {
  #a: number;
  #b: number;
  #c = 0x9e3779b9;
  #counter = 1;

  /** `stream` separates sequences of one seed, such as the blocks of one file. */
  constructor(seed: number | string, stream = 0) {
    this.#a = typeof seed === 'string' ? seedOf(seed) : seed >>> 0;
    this.#b = stream >>> 0;
    for (let round = 0; round < 12; round += 1) this.word();
  }

  /** The next 32 bits. */
  word(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** An integer from 0 up to and without `end`. */
  below(end: number): number {
    return Math.floor((this.word() / 2 ** 32) * end);
  }

  /** One of the list. Throws RangeError for an empty list. */
  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  /** Overwrites the words with the next numbers; the state lives in locals, which is what makes it fast. */
  fill(words: Uint32Array): void {
    let [a, b, c, counter] = [this.#a, this.#b, this.#c, this.#counter];
    for (let index = 0; index < words.length; index += 1) {
      const result = (a + b + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + result) | 0;
      words[index] = result;
    }
    [this.#a, this.#b, this.#c, this.#counter] = [a, b, c, counter];
  }
}

/** How many bytes `seededChunks` hands out at a time. */
export const chunkBytes = 4 * 1024 * 1024;

/** The bytes of a seed in chunks of `chunkBytes`. The buffer is reused: use a chunk before asking for the next one. */
export function* seededChunks(seed: number | string, sizeBytes: number): Generator<Buffer> {
  const words = new Uint32Array(Math.ceil(Math.min(sizeBytes, chunkBytes) / 4));
  const bytes = asBuffer(new Uint8Array(words.buffer));
  for (let offset = 0, stream = 0; offset < sizeBytes; offset += chunkBytes, stream += 1) {
    new SeededRandom(seed, stream).fill(words);
    yield bytes.subarray(0, Math.min(chunkBytes, sizeBytes - offset));
  }
}

/** All bytes of a seed at once. */
export function seededBytes(seed: number | string, sizeBytes: number): Buffer {
  const all = Buffer.allocUnsafe(sizeBytes);
  let offset = 0;
  for (const chunk of seededChunks(seed, sizeBytes)) offset += chunk.copy(all, offset);
  return all;
}
