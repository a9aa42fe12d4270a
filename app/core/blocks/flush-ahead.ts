/** Brings large files to the disk while they are fetched, so that little is left to wait for at the end. */
import { absolutePath, systemCode, type FileSystem, type Logger } from '../base/index.ts';
import type { ManifestLayout } from '../protocol/index.ts';

/** Flushed each time that so much has arrived, in bytes. */
const everyBytes = 64 * 1024 * 1024;
/** Smaller files are left to the end: one flush each while they come would cost more than it saves. */
const leastFileBytes = 8 * 1024 * 1024;

/** What a file that cannot be opened answers: no bytes were lost by that. */
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

  /** A flush failed: what was verified may not be what the disk holds. */
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
   * Waits for what is being flushed. Throws what a flush failed with: a system tells of bytes that it lost only once, so
   * that the last flush may say nothing of it.
   */
  async finish(): Promise<void> {
    this.#isOver = true;
    await this.#running;
    if (this.#failure) throw this.#failure.error;
  }

  /** Begins nothing more. What is under way is not waited for: on a slow disk it may take long, and it harms nobody. */
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
      // The flush of all at the end opens it, too, and says what is wrong.
      if (cannotOpen.has(systemCode(error) ?? '')) return;
      logger.warn({ path, err: error }, 'a file could not be flushed');
      this.#failure ??= { error };
    }
  }
}
