import { closeSync, constants, openSync, readSync } from 'node:fs';
import { LanspreadError } from '../../../base/index.ts';
import type { ServePlan } from '../../types.ts';
import { diskError } from '../../disk-errors.ts';

const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

/** Reads a plan's bytes in order, running on from file to file. Synchronous: it runs in a lane worker. */
export class SegmentReader {
  #remainingBytes: number;
  readonly #segments: ServePlan['segments'];
  #index = 0;
  /** Bytes of the current segment read so far. */
  #done = 0;
  #descriptor: number | undefined;
  #descriptorPath = '';

  constructor(plan: ServePlan) {
    this.#segments = plan.segments;
    this.#remainingBytes = plan.totalBytes;
  }

  get remainingBytes(): number {
    return this.#remainingBytes;
  }

  /** Fills up to `limit` bytes of the buffer; returns how many. Throws `IO_ERROR` also for a file that got shorter. */
  fill(buffer: Buffer, limit: number): number {
    const wanted = Math.min(limit, this.#remainingBytes);
    let filled = 0;
    while (filled < wanted) {
      const segment = this.#segments[this.#index];
      if (!segment) throw new LanspreadError('INTERNAL', { message: 'A plan shorter than it says.' });
      const count = Math.min(wanted - filled, segment.lengthBytes - this.#done);
      if (count > 0) this.#read(segment, { buffer, filled, count });
      filled += count;
      this.#done += count;
      if (this.#done < segment.lengthBytes) continue;
      this.#index += 1;
      this.#done = 0;
    }
    this.#remainingBytes -= filled;
    return filled;
  }

  close(): void {
    const descriptor = this.#descriptor;
    // Forgotten first: a close that fails has closed it, and the number may be another file's by now.
    this.#descriptor = undefined;
    if (descriptor !== undefined) closeSync(descriptor);
  }

  #read(
    segment: ServePlan['segments'][number],
    { buffer, filled, count }: { buffer: Buffer; filled: number; count: number },
  ): void {
    let done = 0;
    try {
      const descriptor = this.#open(segment.path);
      while (done < count) {
        const position = segment.offsetBytes + this.#done + done;
        const read = readSync(descriptor, buffer, filled + done, count - done, position);
        if (read === 0) throw new LanspreadError('IO_ERROR', { message: `${segment.path} is shorter than it was.` });
        done += read;
      }
    } catch (error) {
      throw diskError(error, segment.path);
    }
  }

  #open(path: string): number {
    if (this.#descriptor !== undefined && this.#descriptorPath === path) return this.#descriptor;
    this.close();
    this.#descriptor = openSync(path, openFlags);
    this.#descriptorPath = path;
    return this.#descriptor;
  }
}
