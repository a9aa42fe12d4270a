/** Flushes large files while they are fetched, so that the final flush is short. */
import { absolutePath, systemCode, type FileSystem, type Logger } from '../base/index.ts';
import type { ManifestLayout } from '../protocol/index.ts';

/** A flush begins each time this many new bytes have arrived. */
const everyBytes = 64 * 1024 * 1024;
/** Smaller files wait for the final flush: one early flush for each would cost more than it saves. */
const leastFileBytes = 8 * 1024 * 1024;

/** Errors of a file that cannot be opened. They do not mean that bytes were lost. */
const cannotOpen: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EBUSY', 'EMFILE', 'ENFILE']);

interface FlushAheadOptions {
  readonly fileSystem: Pick<FileSystem, 'flushFile'>;
  readonly root: string;
  readonly layout: ManifestLayout;
  readonly logger: Logger;
}

export class FlushAhead implements Disposable {
  readonly #options: FlushAheadOptions;
  /** Files with bytes that may not be on the disk yet. */
  readonly #files = new Set<number>();
  #unflushedBytes = 0;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #isOver = false;

  constructor(options: FlushAheadOptions) {
    this.#options = options;
  }

  /** Whether a flush failed. The disk may then not hold what was verified. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** A block was verified and written. */
  onWritten(block: number): void {
    const { layout } = this.#options;
    const { fileIndex, lengthBytes } = layout.place(block);
    const file = layout.manifest.files[fileIndex];
    if (this.#isOver || !file || file.size < leastFileBytes) return;
    this.#files.add(fileIndex);
    this.#unflushedBytes += lengthBytes;
    if (this.#unflushedBytes >= everyBytes) this.#running ??= this.#flush();
  }

  /**
   * Waits for the running flush. Throws the error of a failed flush: a system reports lost bytes only once, so the
   * final flush may succeed in spite of them.
   */
  async finish(): Promise<void> {
    this.#isOver = true;
    await this.#running;
    if (this.#failure) throw this.#failure.error;
  }

  /**
   * Begins no further flush. It does not wait for the running one, which may take long on a slow disk and does no harm.
   */
  [Symbol.dispose](): void {
    this.#isOver = true;
  }

  /** Never throws. */
  async #flush(): Promise<void> {
    while (!this.#isOver && this.#unflushedBytes >= everyBytes) {
      const files = [...this.#files];
      this.#files.clear();
      this.#unflushedBytes = 0;
      for (const fileIndex of files) if (!this.#isOver) await this.#flushFile(fileIndex);
    }
    this.#running = undefined;
  }

  async #flushFile(fileIndex: number): Promise<void> {
    const { fileSystem, root, layout, logger } = this.#options;
    const file = layout.manifest.files[fileIndex];
    if (!file) return;
    const path = absolutePath(root, file.path);
    try {
      await fileSystem.flushFile(path);
    } catch (error) {
      // The final flush opens the file again and reports the error.
      if (cannotOpen.has(systemCode(error) ?? '')) return;
      logger.warn({ path, err: error }, 'a file could not be flushed');
      this.#failure ??= { error };
    }
  }
}
