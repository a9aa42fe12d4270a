import { Emitter, type Event, type GameId } from '../base/index.ts';
import type { LibraryDelta, LibrarySnapshot } from '../protocol/index.ts';
import { WorkerBlockHasher } from './block-hasher.ts';
import { DiskLibrary, type LibraryOptions } from './library.ts';
import type { BlockHasher, HashedManifest, HashOptions, Library, LocalGame, ManifestState } from './types.ts';

/** A library whose games folder can change while its users keep the same object. */
export interface ReopenableLibrary extends Library {
  readonly hasher: BlockHasher;
  /**
   * Switches to another games folder: withdraws the old offers, then scans the new folder, and watches it if the old
   * one was watched. No game may be held meanwhile. Errors: those of `scan`; the new folder is open then, and the next
   * scan tries again.
   */
  reopen(gamesDir: string): Promise<void>;
}

/** Opens the library of a games folder. Nothing is listed before the first `scan`. */
export async function openLibrary(options: LibraryOptions): Promise<ReopenableLibrary> {
  return new SwitchingLibrary(options);
}

class SwitchingLibrary implements ReopenableLibrary {
  readonly hasher: BlockHasher;
  readonly #options: LibraryOptions;
  readonly #changed = new Emitter<LibraryDelta>();
  readonly #localChanged = new Emitter<readonly GameId[]>();
  readonly #availability = new Emitter<{ available: boolean }>();
  #disk: DiskLibrary;
  #isWatching = false;

  readonly onDidChange: Event<LibraryDelta> = this.#changed.event;
  readonly onDidChangeLocal: Event<readonly GameId[]> = this.#localChanged.event;
  readonly onDidChangeAvailability: Event<{ available: boolean }> = this.#availability.event;

  constructor(options: LibraryOptions) {
    this.#options = options;
    this.hasher = options.hasher ?? new WorkerBlockHasher();
    this.#disk = this.#open(options.gamesDir);
  }

  get gamesDir(): string {
    return this.#disk.gamesDir;
  }

  get revision(): number {
    return this.#disk.revision;
  }

  get isAvailable(): boolean {
    return this.#disk.isAvailable;
  }

  games(): readonly LocalGame[] {
    return this.#disk.games();
  }

  get(id: GameId): LocalGame | undefined {
    return this.#disk.get(id);
  }

  snapshot(): LibrarySnapshot {
    return this.#disk.snapshot();
  }

  checkFolder(): Promise<boolean> {
    return this.#disk.checkFolder();
  }

  scan(options?: { signal?: AbortSignal; thorough?: boolean }): Promise<void> {
    return this.#disk.scan(options);
  }

  refresh(id: GameId): Promise<LocalGame | undefined> {
    return this.#disk.refresh(id);
  }

  hold(id: GameId): Disposable {
    return this.#disk.hold(id);
  }

  setPartial(id: GameId, partial: Parameters<Library['setPartial']>[1]): void {
    this.#disk.setPartial(id, partial);
  }

  manifestState(id: GameId): ManifestState {
    return this.#disk.manifestState(id);
  }

  manifest(id: GameId, options?: HashOptions): Promise<HashedManifest> {
    return this.#disk.manifest(id, options);
  }

  adopt(id: GameId, hashed: HashedManifest): Promise<void> {
    return this.#disk.adopt(id, hashed);
  }

  async watch(): Promise<void> {
    this.#isWatching = true;
    await this.#disk.watch();
  }

  async reopen(gamesDir: string): Promise<void> {
    const former = this.#disk;
    former.withdraw();
    // The new library continues with the old one's revision.
    this.#disk = this.#open(gamesDir);
    await former[Symbol.asyncDispose]();
    await this.#disk.scan();
    if (!former.isAvailable && this.#disk.isAvailable) this.#availability.fire({ available: true });
    if (this.#isWatching) await this.#disk.watch();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disk[Symbol.asyncDispose]();
    await this.hasher[Symbol.asyncDispose]();
    this.#changed[Symbol.dispose]();
    this.#localChanged[Symbol.dispose]();
    this.#availability[Symbol.dispose]();
  }

  #open(gamesDir: string): DiskLibrary {
    const { hasher } = this;
    const lent: BlockHasher = {
      hashFile: (path, options) => hasher.hashFile(path, options),
      checkBlocks: (path, blocks, options) => hasher.checkBlocks(path, blocks, options),
      // The hasher outlives the folder.
      async [Symbol.asyncDispose]() {},
    };
    const disk = new DiskLibrary({ ...this.#options, gamesDir, hasher: lent });
    disk.onDidChange((delta) => this.#changed.fire(delta));
    disk.onDidChangeLocal((ids) => this.#localChanged.fire(ids));
    disk.onDidChangeAvailability((facts) => this.#availability.fire(facts));
    return disk;
  }
}
