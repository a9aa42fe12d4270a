/**
 * Space kept back for a full disk: the file `reserve` in the state directory. Where games lie on the same disk, nothing
 * could start, uninstall or remove without the few bytes that the database needs for it.
 */
import { randomFillSync } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, statfsSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { LanspreadError, sleep, type Clock, type Logger } from '../base/index.ts';

const mebibyte = 1024 * 1024;
const largestBytes = 16 * mebibyte;
/** The reserve takes this part of what is free, at most. */
const share = 1 / 8;
/** Smaller than that it would help nobody. */
const stepBytes = mebibyte;
/** With less than this free, a start needs the reserve. */
const tightBytes = stepBytes;
const refillEveryMs = 60_000;

interface ReserveOptions {
  /** The state directory. */
  readonly directory: string;
  readonly logger: Logger;
}

export class Reserve {
  readonly #path: string;
  readonly #options: ReserveOptions;

  constructor(options: ReserveOptions) {
    this.#options = options;
    this.#path = join(options.directory, 'reserve');
  }

  /** In bytes. */
  get size(): number {
    return statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Gives a step of the reserve back to the disk. Answers false when there is none. Never throws. */
  release(): boolean {
    try {
      const { size } = this;
      if (size === 0) return false;
      const file = openSync(this.#path, 'r+');
      try {
        ftruncateSync(file, Math.max(0, size - stepBytes));
      } finally {
        closeSync(file);
      }
      this.#options.logger.warn({ leftBytes: this.size }, 'The disk with the state directory is full.');
      return true;
    } catch {
      return false;
    }
  }

  /** Before a start, which writes more than the database. Never throws. */
  releaseWhenTight(): void {
    try {
      if (freeBytesOf(this.#options.directory) < tightBytes) this.release();
    } catch {
      // A state directory that is not there yet has no reserve either.
    }
  }

  /** Runs work that writes little; on a full disk again, as often as there is something to release. */
  secure<T>(work: () => T): T {
    for (;;) {
      try {
        return work();
      } catch (error) {
        const isFull = error instanceof LanspreadError && error.code === 'DISK_FULL';
        if (!isFull || !this.release()) throw error;
      }
    }
  }

  /** Fills it up again and again, where there is plenty of space, until the signal aborts. */
  async keepFilled(signal: AbortSignal, clock: Clock): Promise<void> {
    for (;;) {
      try {
        await this.fill(signal);
      } catch (error) {
        // Somebody else was quicker to take the space.
        this.#options.logger.debug({ err: error }, 'The reserve could not be filled.');
      }
      await sleep(refillEveryMs, { signal, clock });
    }
  }

  /** Errors: the file system's; `CANCELLED`. */
  async fill(signal?: AbortSignal): Promise<void> {
    const has = this.size;
    const wanted = Math.min(largestBytes, Math.floor((freeBytesOf(this.#options.directory) + has) * share));
    if (wanted < stepBytes || wanted - has < stepBytes) return;
    await using file = await open(this.#path, has === 0 ? 'w' : 'r+', 0o600);
    const block = Buffer.alloc(mebibyte);
    for (let at = has; at < wanted; at += block.length) {
      signal?.throwIfAborted();
      // A disk that compresses would keep nothing back for zeros.
      randomFillSync(block);
      await file.write(block, 0, Math.min(block.length, wanted - at), at);
    }
    await file.sync();
  }
}

function freeBytesOf(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}
