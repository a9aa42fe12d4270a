/** A library over a folder of its own, with a hasher that tells what it was asked and can be made to wait. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  abortError,
  blake3Hex,
  nodeFileSystem,
  parseGameId,
  silentLogger,
  throwIfAborted,
  type Clock,
  type FileSystem,
  type GameId,
  type Logger,
} from '../../app/core/base/index.ts';
import {
  openLibrary,
  type BlockHasher,
  type HashOptions,
  type Library,
  type WatchFolder,
} from '../../app/core/library/index.ts';
import { blockSizeBytes, type LibraryDelta } from '../../app/core/protocol/index.ts';
import { openState } from '../../app/core/state/index.ts';
import { until } from './eventually.ts';
import { memoryState, type MemoryState } from './memory-state.ts';
import { tempDir, type TempDir } from './temp.ts';
import { windowsRules } from './windows-rules.ts';

/** Hashes in the test's own thread. */
export class RecordingHasher implements BlockHasher {
  /** Paths of files that were read, in order. */
  readonly hashed: string[] = [];
  /** Called when a file's turn has come; what it returns is waited for. */
  before: (path: string) => Promise<void> | void = () => {};
  isDisposed = false;
  readonly #waiting: { isUrgent: () => boolean; start: () => void }[] = [];
  #isBusy = false;

  async hashFile(path: string, { signal, isUrgent = () => false, onProgress }: HashOptions = {}): Promise<string[]> {
    await this.#turn(isUrgent);
    try {
      throwIfAborted(signal);
      await this.#untilAborted(signal, path);
      this.hashed.push(path);
      const bytes = await readFile(path);
      const hashes: string[] = [];
      for (let offset = 0; offset < bytes.length; offset += blockSizeBytes)
        hashes.push(blake3Hex(bytes.subarray(offset, offset + blockSizeBytes)));
      onProgress?.(bytes.length);
      return hashes;
    } finally {
      this.#isBusy = false;
      this.#next();
    }
  }

  async checkBlocks(): Promise<boolean[]> {
    throw new Error('not asked for in these tests');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
  }

  async #untilAborted(signal: AbortSignal | undefined, path: string): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => reject(signal && abortError(signal));
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([this.before(path), promise]);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async #turn(isUrgent: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ isUrgent, start: resolve });
    this.#next();
    await promise;
  }

  #next(): void {
    if (this.#isBusy) return;
    const next = this.#waiting.find(({ isUrgent }) => isUrgent()) ?? this.#waiting[0];
    if (!next) return;
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    this.#isBusy = true;
    next.start();
  }
}

export type StateKind = 'memory' | 'sqlite';

export interface LibraryLabOptions {
  state?: StateKind;
  isKnownGame?: (id: string) => boolean;
  expectedBytesOf?: (id: GameId, version: string) => number | undefined;
  settleMs?: number;
  fileSystem?: FileSystem;
  clock?: Clock;
  logger?: Logger;
  watchFolder?: WatchFolder;
  /** Leaves out the hasher of the tests: a worker thread hashes. */
  withWorker?: boolean;
}

export class LibraryLab implements AsyncDisposable {
  readonly temp: TempDir;
  readonly gamesDir: string;
  readonly state: MemoryState;
  readonly deltas: LibraryDelta[] = [];
  readonly availability: boolean[] = [];
  readonly #options: LibraryLabOptions;
  readonly #stack: AsyncDisposableStack;
  hasher = new RecordingHasher();
  #library: Library | undefined;

  constructor(parts: { temp: TempDir; state: MemoryState; stack: AsyncDisposableStack }, options: LibraryLabOptions) {
    this.temp = parts.temp;
    this.gamesDir = parts.temp.join('games');
    this.state = parts.state;
    this.#stack = parts.stack;
    this.#options = options;
  }

  get library(): Library {
    if (!this.#library) throw new Error('the library is closed');
    return this.#library;
  }

  /** Opens the library, or the next one over the same disk and state. */
  async open(): Promise<Library> {
    await this.close();
    this.hasher = new RecordingHasher();
    const {
      isKnownGame = () => true,
      fileSystem = windowsRules(nodeFileSystem),
      clock,
      watchFolder,
      withWorker,
    } = this.#options;
    const { expectedBytesOf, settleMs } = this.#options;
    const library = await openLibrary({
      gamesDir: this.gamesDir,
      state: this.state,
      isKnownGame,
      fileSystem,
      logger: this.#options.logger ?? silentLogger,
      ...(expectedBytesOf && { expectedBytesOf }),
      ...(settleMs !== undefined && { settleMs }),
      ...(clock && { clock }),
      ...(watchFolder && { watchFolder }),
      ...(!withWorker && { hasher: this.hasher }),
    });
    library.onDidChange((delta) => this.deltas.push(delta));
    library.onDidChangeAvailability(({ available }) => this.availability.push(available));
    this.#library = library;
    return library;
  }

  async close(): Promise<void> {
    const library = this.#library;
    this.#library = undefined;
    await library?.[Symbol.asyncDispose]();
  }

  /** Writes files below the games folder: text, or bytes. */
  async write(files: Record<string, string | Uint8Array>): Promise<void> {
    for (const [path, content] of Object.entries(files)) {
      const absolute = this.path(path);
      await mkdir(dirname(absolute), { recursive: true });
      await writeFile(absolute, content);
    }
  }

  /** Deletes a file or folder below the games folder. */
  async remove(path: string): Promise<void> {
    await rm(this.path(path), { recursive: true });
  }

  path(path: string): string {
    return this.temp.join('games', ...path.split('/'));
  }

  /** Waits until every downloaded game that can have a manifest has one. */
  async hashedAll(): Promise<void> {
    const isDone = (): boolean =>
      this.library
        .games()
        .every(({ downloaded, unshareable, manifestRoot }) => !downloaded || unshareable || manifestRoot);
    await until('all is hashed', isDone);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await this.#stack.disposeAsync();
  }
}

export async function libraryLab(options: LibraryLabOptions = {}): Promise<LibraryLab> {
  await using stack = new AsyncDisposableStack();
  const temp = stack.use(await tempDir('library'));
  await mkdir(temp.join('games'));
  const { state: kind = 'memory' } = options;
  const state = kind === 'memory' ? memoryState() : stack.use(openState({ directory: temp.join('state') }).state);
  const lab = new LibraryLab({ temp, state, stack: stack.move() }, options);
  await lab.open();
  return lab;
}

export const idOf = (text: string): GameId => parseGameId(text);
