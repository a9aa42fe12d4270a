/** A payload's content as the frames of a stream. */
import { createHasher, throwIfAborted } from '../../base/index.ts';
import { contentPrefix, encodeFrame, limits, type StreamEntry, type StreamMessage } from '../../protocol/index.ts';
import { interleave } from './interleave.ts';
import type { ContentSection, PayloadContent } from './types.ts';

/** Content bytes of one frame: the receiver writes to disk in pieces that end with a frame, so few are better. */
const frameContentBytes = limits.streamFrameBytes;
/** A piece of so much is a frame of its own; less is put together first. */
const worthAFrameBytes = 128 * 1024;

/** What belongs together, in parts. */
export type Frame = readonly Uint8Array[];

export function messageFrame(message: StreamMessage): Uint8Array {
  return encodeFrame(message);
}

/** The plan and the entries, a batch a frame. */
export function* planFrames(
  { entries, totalBytes }: Pick<PayloadContent, 'entries' | 'totalBytes'>,
  sections: readonly Pick<ContentSection, 'firstEntry'>[],
): Generator<Uint8Array> {
  const further = sections.slice(1).map(({ firstEntry }) => firstEntry);
  yield messageFrame({
    kind: 'plan',
    entries: entries.length,
    totalBytes,
    ...(further.length > 0 && { sections: further }),
  });
  for (let from = 0; from < entries.length; from += limits.streamBatch) {
    yield messageFrame({ kind: 'entries', entries: entries.slice(from, from + limits.streamBatch) });
  }
}

/**
 * The content, so many sections side by side, with the hashes of what is through, and the good verdict last. A frame is
 * valid until the next is asked for. Errors: those of the content.
 */
export async function* contentFrames(
  { entries }: Pick<PayloadContent, 'entries'>,
  { sections, atATime, signal }: { sections: readonly ContentSection[]; atATime: number; signal: AbortSignal },
): AsyncGenerator<Frame, void, undefined> {
  const streams = sections.map(
    (section, index) => (stop: AbortSignal) =>
      sectionFrames(section, {
        index,
        entries: entries.slice(section.firstEntry, sections[index + 1]?.firstEntry),
        signal: stop,
      }),
  );
  yield* interleave(streams, { atATime, signal });
  yield [messageFrame({ kind: 'sound' })];
}

async function* sectionFrames(
  section: ContentSection,
  { index, entries, signal }: { index: number; entries: readonly StreamEntry[]; signal: AbortSignal },
): AsyncGenerator<Frame, void, undefined> {
  const files = new FileHashes({ entries });
  const small = Buffer.allocUnsafeSlow(frameContentBytes);
  let filled = 0;
  function* flush(): Generator<Frame> {
    if (filled > 0) yield [contentPrefix(filled, index), small.subarray(0, filled)];
    filled = 0;
  }
  for await (const piece of section.bytes({ signal })) {
    throwIfAborted(signal);
    files.add(piece);
    if (piece.length >= worthAFrameBytes || filled + piece.length > frameContentBytes) yield* flush();
    if (piece.length < worthAFrameBytes) {
      small.set(piece, filled);
      filled += piece.length;
    } else {
      for (let at = 0; at < piece.length; at += frameContentBytes) {
        const part = piece.subarray(at, at + frameContentBytes);
        yield [contentPrefix(part.length, index), part];
      }
    }
    // A hash is told after the last byte of its file, never before.
    if (files.readyCount < limits.streamBatch) continue;
    yield* flush();
    yield* hashFrames(files.take(), index);
  }
  yield* flush();
  yield* hashFrames(files.end(), index);
}

function* hashFrames(hashes: readonly string[], section: number): Generator<Frame> {
  for (let from = 0; from < hashes.length; from += limits.streamBatch) {
    const batch = hashes.slice(from, from + limits.streamBatch);
    yield [messageFrame({ kind: 'hashes', hashes: batch, ...(section > 0 && { section }) })];
  }
}

/** Cuts bytes into the files of a plan and hashes each. Pure but for the hasher. */
export class FileHashes {
  readonly #sizes: number[];
  readonly #hasher = createHasher();
  #index = 0;
  #missingBytes: number;
  #ready: string[] = [];

  constructor({ entries }: Pick<PayloadContent, 'entries'>) {
    this.#sizes = entries.flatMap(({ kind, size, copyOf }) => (kind === 'file' && copyOf === undefined ? [size] : []));
    this.#missingBytes = this.#sizes[0] ?? 0;
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
    // The file that is through now counts at once, the empty ones behind it with the next bytes.
    if (this.#missingBytes === 0 && this.#index < this.#sizes.length) this.#next();
  }

  /** The hashes since the last time. */
  take(): string[] {
    return this.#ready.splice(0);
  }

  /** The rest, empty files at the end included. Throws RangeError when bytes are missing. */
  end(): string[] {
    while (this.#index < this.#sizes.length) {
      if (this.#missingBytes > 0) throw new RangeError(`${this.#missingBytes} bytes of a file are missing`);
      this.#next();
    }
    return this.take();
  }

  #next(): void {
    if (this.#index >= this.#sizes.length) throw new RangeError('more bytes than the files have');
    this.#ready.push(this.#hasher.finish());
    this.#index += 1;
    this.#missingBytes = this.#sizes[this.#index] ?? 0;
  }
}
