/** The jobs of the hashing thread, cut into slices. Pure: no thread, no file. */
import { blockCountOf, blockSizeBytes } from '../protocol/index.ts';
import type { BlockToCheck, HashReply, HashSlice } from './hash-messages.ts';

/** Blocks per slice: 64 MiB, a moment on any disk. */
export const sliceBlocks = 16;

/** The work on one file: hands out one slice after another and collects the replies. */
export interface HashJob {
  readonly path: string;
  nextTask(): HashSlice['task'];
  /** Takes a slice's reply; true when the job is done. */
  accept(reply: HashReply): boolean;
  readonly doneBytes: number;
}

/**
 * Hashes every block of a file, up to the length that it had when it was first opened. So a file that keeps growing
 * comes to an end.
 */
export class HashFileJob implements HashJob {
  readonly path: string;
  readonly hashes: string[] = [];
  #blockCount: number | undefined;
  #sizeBytes = 0;

  constructor(path: string) {
    this.path = path;
  }

  get doneBytes(): number {
    return Math.min(this.hashes.length * blockSizeBytes, this.#sizeBytes);
  }

  nextTask(): HashSlice['task'] {
    const left = (this.#blockCount ?? sliceBlocks) - this.hashes.length;
    return { kind: 'hash', fromBlock: this.hashes.length, count: Math.min(sliceBlocks, left) };
  }

  accept(reply: HashReply): boolean {
    if (reply.kind !== 'hashed') return true;
    const asked = this.nextTask();
    if (this.#blockCount === undefined) {
      this.#sizeBytes = reply.sizeBytes;
      this.#blockCount = blockCountOf(reply.sizeBytes);
    }
    this.hashes.push(...reply.hashes);
    const isShort = asked.kind === 'hash' && reply.hashes.length < asked.count;
    return isShort || this.hashes.length >= this.#blockCount;
  }
}

/** Compares blocks of a file with their hashes. */
export class CheckBlocksJob implements HashJob {
  readonly path: string;
  readonly sound: boolean[] = [];
  readonly #blocks: readonly BlockToCheck[];
  #doneBytes = 0;

  constructor(path: string, blocks: readonly BlockToCheck[]) {
    this.path = path;
    this.#blocks = blocks;
  }

  get doneBytes(): number {
    return this.#doneBytes;
  }

  nextTask(): HashSlice['task'] {
    return { kind: 'check', blocks: this.#blocks.slice(this.sound.length, this.sound.length + sliceBlocks) };
  }

  accept(reply: HashReply): boolean {
    if (reply.kind !== 'checked') return true;
    for (const sound of reply.sound) {
      this.#doneBytes += this.#blocks[this.sound.length]?.lengthBytes ?? 0;
      this.sound.push(sound);
    }
    return this.sound.length >= this.#blocks.length;
  }
}
