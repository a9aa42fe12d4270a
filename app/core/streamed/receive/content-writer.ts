import { absolutePath, createHasher, throwIfAborted, type FileHandle, type FileSystem } from '../../base/index.ts';
import type { ContentFile, IncomingContent, PourTarget } from '../../content/index.ts';
import type { ByteStream } from '../types.ts';

/** Writes of one piece that run at a time: enough to keep small files coming. */
const worksAtATime = 8;
/** Files that are flushed while the next ones are written. Only a few large ones: each has much to flush. */
const flushesAtATime = 4;
const smallFlushesAtATime = 32;

/** A large file is flushed each time it has grown by this, so that the install waits only briefly at its end. */
const flushEveryBytes = 64 * 1024 * 1024;

/**
 * Writes the contents of files, one after another without a gap, into a folder that has no file's name in it. Hashes
 * the bytes, and flushes each file as soon as it is complete, so that little is left at the end.
 */
export class ContentWriter implements AsyncDisposable {
  readonly #fileSystem: FileSystem;
  readonly #folder: string;
  readonly #files: readonly ContentFile[];
  readonly #hasher = createHasher();
  readonly #hashes: string[] = [];
  readonly #flushing = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;
  #index = 0;
  /** Bytes of the current file that are written so far. */
  #done = 0;
  #handle: FileHandle | undefined;
  #unflushedBytes = 0;
  /** Never rejects. */
  #partFlush: Promise<void> | undefined;

  constructor(fileSystem: FileSystem, { folder, files }: { folder: string; files: readonly ContentFile[] }) {
    this.#fileSystem = fileSystem;
    this.#folder = folder;
    this.#files = files;
  }

  /**
   * Takes the next bytes. They may be reused once it settles, also with an error: no write uses them then. Throws
   * RangeError for too many.
   */
  async write(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      const works: Promise<void>[] = [];
      try {
        at = await this.#begin(piece, at, works);
      } finally {
        await settled(works);
      }
    }
    this.#unflushedBytes += piece.length;
    if (this.#failure) throw this.#failure.error;
    if (this.#handle && this.#unflushedBytes >= flushEveryBytes && !this.#partFlush) this.#flushPart(this.#handle);
  }

  /**
   * Begins several writes, each to another file or to another place in one. Returns the offset in the piece that they
   * reach.
   */
  async #begin(piece: Uint8Array, from: number, works: Promise<void>[]): Promise<number> {
    let at = from;
    while (at < piece.length && works.length < worksAtATime) {
      const file = this.#files[this.#index];
      if (!file) throw new RangeError('more content than files');
      const bytes = piece.subarray(at, at + file.sizeBytes - this.#done);
      at += bytes.length;
      const isWhole = bytes.length === file.sizeBytes;
      if (!isWhole) this.#handle ??= await this.#fileSystem.open(this.#pathOf(file), 'create');
      this.#hasher.update(bytes);
      const work = isWhole ? this.#writeWhole(file, bytes) : this.#writePart(bytes);
      // `settled` handles it. Until then a failure must not count as unhandled.
      work.catch(() => {});
      works.push(work);
      this.#done += bytes.length;
      if (this.#done < file.sizeBytes) continue;
      const handle = this.#handle;
      if (handle) {
        await settled(works.splice(0));
        await this.#partFlush;
        this.#handle = undefined;
        await this.#flushLater(file, { handle, atATime: flushesAtATime });
      }
      this.#hashes.push(this.#hasher.finish());
      this.#index += 1;
      this.#done = 0;
    }
    return at;
  }

  /** The BLAKE3 of each file in order, once all files are flushed. Throws RangeError when bytes are missing. */
  async finish(): Promise<readonly string[]> {
    // Only empty files may be left.
    for (let file = this.#files[this.#index]; file; file = this.#files[this.#index]) {
      if (this.#done < file.sizeBytes) throw new RangeError(`content of ${file.path} is missing`);
      await this.#writeWhole(file, new Uint8Array(0));
      this.#hashes.push(this.#hasher.finish());
      this.#index += 1;
    }
    await Promise.all(this.#flushing);
    if (this.#failure) throw this.#failure.error;
    return this.#hashes;
  }

  /** No write is left running once it settles. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#flushing);
    await this.#partFlush;
    await this.#handle?.close();
    this.#handle = undefined;
  }

  #pathOf({ path }: ContentFile): string {
    return absolutePath(this.#folder, path);
  }

  async #writePart(bytes: Uint8Array): Promise<void> {
    await this.#handle?.write(bytes, this.#done);
  }

  /**
   * The bytes belong to the caller again once it settles. The flush, which takes longer than the rest, goes on in
   * parallel.
   */
  async #writeWhole(file: ContentFile, bytes: Uint8Array): Promise<void> {
    const handle = await this.#fileSystem.open(this.#pathOf(file), 'create');
    try {
      if (bytes.length > 0) await handle.write(bytes, 0);
    } catch (error) {
      await handle.close().catch(() => {});
      throw error;
    }
    await this.#flushLater(file, { handle, atATime: smallFlushesAtATime });
  }

  async #seal(file: ContentFile, handle: FileHandle): Promise<void> {
    await handle.sync();
    if (file.executable) await this.#fileSystem.setExecutable(this.#pathOf(file), true);
  }

  /** Runs while writing goes on. */
  #flushPart(handle: FileHandle): void {
    this.#unflushedBytes = 0;
    this.#partFlush = handle
      .sync()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#partFlush = undefined;
      });
  }

  /** Flushes and closes the file while the next ones are written. */
  async #flushLater(file: ContentFile, { handle, atATime }: { handle: FileHandle; atATime: number }): Promise<void> {
    while (this.#flushing.size >= atATime) await Promise.race(this.#flushing);
    if (this.#failure) {
      await handle.close();
      throw this.#failure.error;
    }
    const flushing: Promise<void> = (async () => {
      await using owned = handle;
      await this.#seal(file, owned);
    })()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#flushing.delete(flushing));
    this.#flushing.add(flushing);
  }
}

/** Waits for all writes, also when one fails: afterwards the bytes belong to the caller again. */
async function settled(works: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(works);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

interface PourOptions {
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Writes the arriving content into its files. No write is left running once it settles. See `IncomingContent.pour`. */
export async function pourBytes(
  stream: Pick<ByteStream, 'pieces' | 'sectionFiles'>,
  { fileSystem, folder, files }: PourTarget,
  { onBytes, signal }: PourOptions,
): Promise<readonly string[]> {
  await using owner = new AsyncDisposableStack();
  let next = 0;
  const writers = stream.sectionFiles.map((count) =>
    owner.use(new ContentWriter(fileSystem, { folder, files: files.slice(next, (next += count)) })),
  );
  for await (const { section, bytes } of stream.pieces()) {
    throwIfAborted(signal);
    await writers[section]?.write(bytes);
    onBytes(bytes.length);
  }
  const hashes: (readonly string[])[] = [];
  for (const writer of writers) hashes.push(await writer.finish());
  return hashes.flat();
}

/** Turns a stream whose bytes come to this thread into an `IncomingContent`. */
export function pouring(stream: ByteStream, { signal }: { signal: AbortSignal }): IncomingContent {
  let running: Promise<unknown> | undefined;
  return {
    entries: stream.entries,
    totalBytes: stream.totalBytes,
    get hashes() {
      return stream.hashes;
    },
    async pour(target, { onBytes }) {
      const poured = pourBytes(stream, target, { onBytes, signal });
      running = poured.catch(() => {});
      return await poured;
    },
    async [Symbol.asyncDispose]() {
      await stream[Symbol.asyncDispose]();
      await running;
    },
  };
}
