import { closeSync, constants, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { createHasher, LanspreadError, writeAllSync, type Hasher } from '../../../base/index.ts';
import { changedMeanwhile, diskError, isCut, openError } from '../../disk-errors.ts';
import type { FileWrite } from '../../types.ts';

const editFlags = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0);
const makeFlags = editFlags | constants.O_CREAT;

/**
 * Puts a response's bytes where they belong: writes at positions and hashes while the bytes are hot in the cache, and
 * reports each block. Synchronous on purpose: it runs in a lane worker, and handing cold blocks to the thread pool
 * cost nearly half of the receiver's time.
 */
export class BlockSink {
  readonly totalBytes: number;
  /** Bytes taken so far. */
  takenBytes = 0;
  readonly #files: readonly FileWrite[];
  readonly #onBlock: (block: number, sound: boolean) => void;
  readonly #hasher: Hasher = createHasher();
  #fileIndex = 0;
  #blockIndex = 0;
  /** Bytes of the current block taken so far. */
  #blockFilled = 0;
  #descriptor: number | undefined;
  #isCareful: boolean;
  /** Of the current block: the bytes not yet written because the block is not verified yet. The buffer is reused. */
  #held: Buffer | undefined;
  #isHolding = false;
  #heldFrom = 0;

  constructor(
    files: readonly FileWrite[],
    { isCareful, onBlock }: { isCareful: boolean; onBlock: (block: number, sound: boolean) => void },
  ) {
    this.#files = files;
    this.#isCareful = isCareful;
    this.#onBlock = onBlock;
    this.totalBytes = files.reduce(
      (total, { blocks }) => total + blocks.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0),
      0,
    );
  }

  get isComplete(): boolean {
    return this.takenBytes === this.totalBytes;
  }

  /**
   * From here on only verified bytes are written: another fetch has the same blocks, and a wrong copy must never land
   * on a sound one.
   */
  beCareful(): void {
    this.#isCareful = true;
  }

  /** Takes at most what the response still lacks; returns how many. Throws `DISK_FULL` or `IO_ERROR` with the path. */
  take(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && !this.isComplete) {
      const file = this.#currentFile();
      const block = file.blocks[this.#blockIndex];
      if (!block) throw new LanspreadError('INTERNAL', { message: 'A block without a place.' });
      const count = Math.min(block.lengthBytes - this.#blockFilled, end - at);
      const part = at === 0 && count === bytes.length ? bytes : bytes.subarray(at, at + count);
      this.#hasher.update(part);
      if (this.#isCareful) this.#hold(part, block.lengthBytes);
      else this.#write(file, part, block.offsetBytes + this.#blockFilled);
      this.#blockFilled += count;
      this.takenBytes += count;
      at += count;
      if (this.#blockFilled === block.lengthBytes) this.#finishBlock(file, block);
    }
    return at - start;
  }

  /** Makes the empty files that are left and closes. Throws as `take`. */
  finish(): void {
    while (this.#fileIndex < this.#files.length) {
      const file = this.#files[this.#fileIndex];
      if (!file || file.blocks.length > this.#blockIndex) break;
      this.#open(file);
      this.#leaveFile();
    }
    this.close();
  }

  /** Throws what the system says of bytes that it could not write after all; nothing is open then either. */
  close(): void {
    this.#held = undefined;
    this.#closeFile();
  }

  /** Moves past files that have no (more) blocks. */
  #currentFile(): FileWrite {
    for (;;) {
      const file = this.#files[this.#fileIndex];
      if (!file) throw new LanspreadError('INTERNAL', { message: 'Bytes without a file.' });
      if (this.#blockIndex < file.blocks.length) return file;
      this.#open(file);
      this.#leaveFile();
    }
  }

  #closeFile(): void {
    const descriptor = this.#descriptor;
    // Forgotten first: a close that fails has closed it, and the number may be another file's by now.
    this.#descriptor = undefined;
    if (descriptor !== undefined) closeSync(descriptor);
  }

  #leaveFile(): void {
    this.#closeFile();
    this.#fileIndex += 1;
    this.#blockIndex = 0;
  }

  #finishBlock(file: FileWrite, block: FileWrite['blocks'][number]): void {
    const isSound = this.#hasher.finish() === block.hash;
    if (this.#held && this.#isHolding && isSound) {
      const held = this.#held.subarray(0, block.lengthBytes - this.#heldFrom);
      this.#write(file, held, block.offsetBytes + this.#heldFrom);
    }
    this.#isHolding = false;
    this.#blockFilled = 0;
    this.#blockIndex += 1;
    if (this.#blockIndex === file.blocks.length) this.#leaveFile();
    this.#onBlock(block.block, isSound);
  }

  #hold(part: Buffer, lengthBytes: number): void {
    if (!this.#isHolding) this.#heldFrom = this.#blockFilled;
    this.#isHolding = true;
    if (!this.#held || this.#held.length < lengthBytes) this.#held = Buffer.allocUnsafeSlow(lengthBytes);
    part.copy(this.#held, this.#blockFilled - this.#heldFrom);
  }

  #write(file: FileWrite, part: Buffer, position: number): void {
    const descriptor = this.#open(file);
    try {
      writeAllSync(descriptor, part, position);
    } catch (error) {
      throw diskError(error, file.path);
    }
  }

  #open(file: FileWrite): number {
    if (this.#descriptor !== undefined) return this.#descriptor;
    try {
      const descriptor = openSync(file.path, file.isBegun ? editFlags : makeFlags, 0o644);
      this.#descriptor = descriptor;
      const { size } = fstatSync(descriptor);
      if (file.isBegun && isCut(file, size)) throw changedMeanwhile(file.path);
      // Small new files grow to their size by being written; a second change of size would be half of what they cost.
      const isWrittenWhole = size === 0 && file.blocks.length === 1 && file.blocks[0]?.lengthBytes === file.sizeBytes;
      if (size !== file.sizeBytes && !isWrittenWhole) ftruncateSync(descriptor, file.sizeBytes);
      return descriptor;
    } catch (error) {
      throw openError(error, file);
    }
  }
}
