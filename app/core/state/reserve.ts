/**
 * Space reserved for a full disk: the file `reserve` in the state folder. When games fill the disk of the state folder,
 * nothing could start, uninstall or remove without the few bytes that the database needs.
 */
import { randomFillSync } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, statfsSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { LanspreadError, sleep, type Clock, type Logger } from '../base/index.ts';

const mebibyte = 1024 * 1024;
const largestBytes = 16 * mebibyte;
/** The reserve takes at most this share of the free space. */
const share = 1 / 8;
/** A smaller reserve would not help. */
const stepBytes = mebibyte;
/** With less than this free, a start needs the reserve, in bytes. */
const tightBytes = stepBytes;
const refillEveryMs = 60_000;

interface ReserveOptions {
  /** The state folder. */
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

  /** Gives a part of the reserve back to the disk. Returns false when the reserve is empty. Never throws. */
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

  /** Call it before a start, which writes more than the database. Never throws. */
  releaseWhenTight(): void {
    try {
      if (freeBytesOf(this.#options.directory) < tightBytes) this.release();
    } catch {
      // A state folder that does not exist yet has no reserve.
    }
  }

  /** Runs work that writes little. On a full disk it releases a part and tries again, until the reserve is empty. */
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

  /** Refills the reserve at intervals, when the disk has space, until the signal aborts. */
  async keepFilled(signal: AbortSignal, clock: Clock): Promise<void> {
    for (;;) {
      try {
        await this.fill(signal);
      } catch (error) {
        // Another program took the space first.
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
      // Random bytes, because a disk that compresses would reserve nothing for zeros.
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
