/** The frames of a stream: messages, content, and the hashes that follow it. */
import { createHasher, type ErrorCode } from '../base/index.ts';
import { contentPrefix, encodeFrame, limits, type StreamMessage, type StreamReply } from '../protocol/index.ts';

/** The sizes of each section's files, without copies, in order. */
export type SectionSizes = readonly (readonly number[])[];

export function messageFrame(message: StreamMessage | StreamReply): Uint8Array {
  return encodeFrame(message);
}

/** Turns content into frames and hashes it on the way. */
export class ContentFramer {
  readonly #sections: readonly FileHashes[];

  constructor(sizes: SectionSizes) {
    this.#sections = sizes.map((files) => new FileHashes(files));
  }

  /**
   * The frames in parts, `bytes` among them. A file's hash is sent after its last byte, never before. Throws as
   * `FileHashes.add`.
   */
  *content(section: number, bytes: Uint8Array): Generator<Uint8Array> {
    const hashes = this.#hashesOf(section);
    hashes.add(bytes);
    for (let at = 0; at < bytes.length; at += limits.streamFrameBytes) {
      const part = bytes.subarray(at, at + limits.streamFrameBytes);
      yield contentPrefix(part.length, section);
      yield part;
    }
    if (hashes.readyCount >= limits.streamBatch) yield* hashFrames(hashes.take(), section);
  }

  /** The remaining hashes of a finished section. Throws as `FileHashes.end`. */
  *end(section: number): Generator<Uint8Array> {
    for (const hashes of this.#hashesOf(section).end()) yield* hashFrames(hashes, section);
  }

  #hashesOf(section: number): FileHashes {
    const hashes = this.#sections[section];
    if (!hashes) throw new RangeError(`there is no section ${section}`);
    return hashes;
  }
}

function* hashFrames(hashes: readonly string[], section: number): Generator<Uint8Array> {
  for (let from = 0; from < hashes.length; from += limits.streamBatch) {
    const batch = hashes.slice(from, from + limits.streamBatch);
    yield messageFrame({ kind: 'hashes', hashes: batch, ...(section > 0 && { section }) });
  }
}

/** Cuts bytes into files of these sizes and hashes each. Pure but for the hasher. */
export class FileHashes {
  readonly #sizes: readonly number[];
  readonly #hasher = createHasher();
  #index = 0;
  #missingBytes: number;
  #ready: string[] = [];

  constructor(sizes: readonly number[]) {
    this.#sizes = sizes;
    this.#missingBytes = sizes[0] ?? 0;
  }

  get readyCount(): number {
    return this.#ready.length;
  }

  /** Throws RangeError for more bytes than the files have. */
  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      while (this.#missingBytes === 0) this.#next();
      const count = Math.min(bytes.length - at, this.#missingBytes);
      this.#hasher.update(count === bytes.length ? bytes : bytes.subarray(at, at + count));
      this.#missingBytes -= count;
      at += count;
    }
    // A finished file counts at once, empty files behind it with the next bytes.
    if (this.#missingBytes === 0 && this.#index < this.#sizes.length) this.#next();
  }

  /** The hashes since the last call. */
  take(): string[] {
    return this.#ready.splice(0);
  }

  /**
   * The remaining hashes, empty files at the end included, a batch at a time. Throws RangeError when bytes are missing.
   */
  *end(): Generator<string[]> {
    while (this.#index < this.#sizes.length) {
      if (this.#missingBytes > 0) throw new RangeError(`${this.#missingBytes} bytes of a file are missing`);
      this.#next();
      if (this.readyCount >= limits.streamBatch) yield this.take();
    }
    yield this.take();
  }

  #next(): void {
    if (this.#index >= this.#sizes.length) throw new RangeError('more bytes than the files have');
    this.#ready.push(this.#hasher.finish());
    this.#index += 1;
    this.#missingBytes = this.#sizes[this.#index] ?? 0;
  }
}

/**
 * The codes with which a sender explains why it does not stream, and which a receiver accepts. Other codes stay on the
 * PC.
 */
export const toldCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'GAME_NOT_FOUND',
  'MANIFEST_PENDING',
  'MANIFEST_MISMATCH',
  'NOT_SERVED',
  'TOO_MANY_REQUESTS',
  'NO_ARCHIVE',
  'NO_UNPACKER',
  'ARCHIVE_CORRUPT',
  'ARCHIVE_ENCRYPTED',
  'ARCHIVE_HOSTILE',
  'ARCHIVE_UNSUITABLE',
  'ARCHIVE_UNSUPPORTED',
  'VOLUME_MISSING',
  'UNPACKER_FAILED',
]);
