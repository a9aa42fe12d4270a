import { join } from 'node:path';
import {
  Emitter,
  isGameId,
  isNotFound,
  Semaphore,
  systemClock,
  throwIfAborted,
  type Clock,
  type FileSystem,
  type GameId,
  type Logger,
} from '../base/index.ts';
import { libraryDigest, type GameSummary, type LibraryDelta, type LibrarySnapshot } from '../protocol/index.ts';
import type { LibraryRow, State } from '../state/index.ts';
import { WorkerBlockHasher } from './block-hasher.ts';
import { inspectRoot } from './inspect-root.ts';
import { Manifests } from './manifests.ts';
import { walkPayload } from './payload.ts';
import type { HashedManifest, HashOptions, Library, LocalGame, ManifestState } from './types.ts';
import { watchGames } from './watcher.ts';

export interface LibraryOptions {
  /** Absolute. */
  gamesDir: string;
  state: Pick<State, 'library' | 'blocks'>;
  isKnownGame: (id: string) => boolean;
  fileSystem: FileSystem;
  clock?: Clock;
  logger: Logger;
  /** The thread that hashes; the library owns and disposes it. */
  hasher?: WorkerBlockHasher;
}

/** Catches what the watcher missed (a renamed `local/` raises no event), in milliseconds. */
const fullScanMs = 300_000;
/** How often the games folder itself is looked for, in milliseconds. */
const folderCheckMs = 2_000;
const parallelRoots = 16;

interface PartialFacts {
  readonly version: string;
  readonly manifestRoot: string;
  readonly sizeBytes: number;
}

/** Opens the library of a games folder. Nothing is listed before the first `scan`. */
export async function openLibrary(options: LibraryOptions): Promise<Library & { readonly hasher: WorkerBlockHasher }> {
  return new DiskLibrary(options);
}

class DiskLibrary implements Library {
  readonly gamesDir: string;
  readonly hasher: WorkerBlockHasher;
  readonly #options: LibraryOptions;
  readonly #clock: Clock;
  readonly #manifests: Manifests;
  readonly #games = new Map<GameId, LocalGame>();
  readonly #partials = new Map<GameId, PartialFacts>();
  /** What peers were told last. */
  readonly #told = new Map<GameId, GameSummary>();
  readonly #holds = new Map<GameId, number>();
  readonly #changed = new Emitter<LibraryDelta>();
  readonly #availability = new Emitter<{ available: boolean }>();
  readonly #scans = new Semaphore(1);
  readonly #stack = new AsyncDisposableStack();
  #subscription: AsyncDisposable | undefined;
  #folderInode: bigint | undefined;
  #isAvailable = true;
  #revision: number;
  #disposed = false;

  readonly onDidChange = this.#changed.event;
  readonly onDidChangeAvailability = this.#availability.event;

  constructor(options: LibraryOptions) {
    this.#options = options;
    this.gamesDir = options.gamesDir;
    this.#clock = options.clock ?? systemClock;
    this.hasher = this.#stack.use(options.hasher ?? new WorkerBlockHasher());
    this.#revision = options.state.library.revision();
    const { fileSystem, logger } = options;
    const { blocks } = options.state;
    this.#manifests = this.#stack.use(
      new Manifests({
        fileSystem,
        blocks,
        hasher: this.hasher,
        logger,
        onReady: (id, hashed) => this.#onManifest(id, hashed),
      }),
    );
  }

  get revision(): number {
    return this.#revision;
  }

  games(): readonly LocalGame[] {
    return [...this.#games.values()];
  }

  get(id: GameId): LocalGame | undefined {
    return this.#games.get(id);
  }

  snapshot(): LibrarySnapshot {
    const games = [...this.#told.values()];
    return { revision: this.#revision, digest: libraryDigest(games), games };
  }

  async scan({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    await this.#scans.run(() => this.#scanAll(signal), { signal });
  }

  async refresh(id: GameId): Promise<LocalGame | undefined> {
    await this.#look(id, { nested: true });
    this.#tell();
    return this.#games.get(id);
  }

  hold(id: GameId): Disposable {
    this.#holds.set(id, (this.#holds.get(id) ?? 0) + 1);
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        const left = (this.#holds.get(id) ?? 1) - 1;
        if (left > 0) this.#holds.set(id, left);
        else this.#holds.delete(id);
      },
    };
  }

  setPartial(id: GameId, partial: PartialFacts | undefined): void {
    if (partial) this.#partials.set(id, partial);
    else this.#partials.delete(id);
    this.#tell();
  }

  manifestState(id: GameId): ManifestState {
    const game = this.#games.get(id);
    return game?.downloaded && this.#isAvailable ? this.#manifests.state(id, game.root) : { kind: 'none' };
  }

  async manifest(id: GameId, options?: HashOptions): Promise<HashedManifest> {
    return await this.#manifests.get(id, this.#games.get(id)?.root ?? join(this.gamesDir, id), options);
  }

  async adopt(id: GameId, { manifest }: HashedManifest): Promise<void> {
    const payload = await walkPayload(this.#options.fileSystem, join(this.gamesDir, id));
    const identities = new Map(payload.files.map(({ path, identity }) => [path, identity]));
    const known = manifest.files.flatMap(({ path, size, blocks }) => {
      const identity = identities.get(path);
      return identity?.sizeBytes === size ? [[identity, blocks] as const] : [];
    });
    this.#options.state.blocks.putMany(known);
  }

  async watch(): Promise<void> {
    await this.#subscribe();
    const check = this.#clock.interval(() => void this.#checkFolder(), folderCheckMs, { background: true });
    this.#stack.use(check);
    const scan = this.#clock.interval(() => this.#scanInBackground(), fullScanMs, { background: true });
    this.#stack.use(scan);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#subscription?.[Symbol.asyncDispose]();
    await this.#stack.disposeAsync();
    this.#changed[Symbol.dispose]();
    this.#availability[Symbol.dispose]();
  }

  async #scanAll(signal: AbortSignal | undefined): Promise<void> {
    const { fileSystem, state } = this.#options;
    let names: string[];
    try {
      const entries = await fileSystem.list(this.gamesDir);
      names = entries.filter(({ kind }) => kind === 'directory').map(({ name }) => name);
      this.#setAvailable(true);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#setAvailable(false);
      return;
    }
    const present = new Set(names.filter((name): name is GameId => isGameId(name) && this.#options.isKnownGame(name)));
    for (const row of state.library.below(this.gamesDir)) if (!present.has(row.gameId)) present.add(row.gameId);
    for (const id of this.#games.keys()) present.add(id);
    const waiting = [...present].filter((id) => !this.#holds.has(id));
    const worker = async (): Promise<void> => {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        throwIfAborted(signal);
        await this.#look(id, { nested: false });
      }
    };
    await Promise.all(Array.from({ length: parallelRoots }, worker));
    this.#tell();
  }

  /** Looks at one root and keeps what it sees. `nested`: something below the top level may have changed too. */
  async #look(id: GameId, { nested }: { nested: boolean }): Promise<void> {
    const { fileSystem, state, isKnownGame, logger } = this.#options;
    const root = join(this.gamesDir, id);
    const view = isKnownGame(id) ? await inspectRoot(fileSystem, root) : undefined;
    if (this.#disposed) return;
    if (!view || (view.version === undefined && !view.installed)) {
      this.#games.delete(id);
      this.#manifests.forget(id);
      if (state.library.get(root)) state.library.remove(root);
      return;
    }
    const row = state.library.get(root);
    const isUnchanged = row?.fingerprint === view.fingerprint && row.version === view.version && !nested;
    let sizeBytes = row?.sizeBytes ?? 0;
    if (!isUnchanged) {
      this.#manifests.forget(id);
      try {
        ({ sizeBytes } = await walkPayload(fileSystem, root));
      } catch (error) {
        logger.warn({ gameId: id, err: error }, 'the payload cannot be shared');
        sizeBytes = 0;
      }
    }
    const game: LocalGame = {
      id,
      root,
      version: view.version,
      downloaded: view.version !== undefined,
      installed: view.installed,
      // The operation that installs writes the version itself; here it is only read.
      installedVersion: view.installed ? state.library.get(root)?.installedVersion : undefined,
      sizeBytes,
      fingerprint: view.fingerprint,
      manifestRoot: isUnchanged ? row.manifestRoot : undefined,
    };
    this.#games.set(id, game);
    if (!isUnchanged || row?.installedVersion !== game.installedVersion) this.#store(game);
    if (game.downloaded && !this.#holds.has(id) && game.manifestRoot === undefined) this.#manifests.prepare(id, root);
  }

  #onManifest(id: GameId, hashed: HashedManifest): void {
    const game = this.#games.get(id);
    if (!game || game.version !== hashed.manifest.version || game.manifestRoot === hashed.root) return;
    const known = { ...game, manifestRoot: hashed.root };
    this.#games.set(id, known);
    this.#store(known);
    this.#tell();
  }

  #store({ id, root, version, installedVersion, sizeBytes, fingerprint, manifestRoot }: LocalGame): void {
    const { library } = this.#options.state;
    const row: LibraryRow = {
      root,
      gameId: id,
      version,
      installedVersion,
      sizeBytes,
      fingerprint,
      manifestRoot,
      revision: this.#revision,
    };
    library.put(row);
  }

  #summaryOf(id: GameId): GameSummary | undefined {
    const game = this.#games.get(id);
    const partial = this.#partials.get(id);
    if (!this.#isAvailable) return undefined;
    if (game?.version !== undefined) {
      const { version, sizeBytes, manifestRoot } = game;
      return { id, version, sizeBytes, availability: 'Ready', ...(manifestRoot && { root: manifestRoot }) };
    }
    if (partial) {
      const { version, sizeBytes, manifestRoot } = partial;
      return { id, version, sizeBytes, availability: 'Partial', root: manifestRoot };
    }
    if (!game) return undefined;
    return { id, version: game.installedVersion ?? '', sizeBytes: game.sizeBytes, availability: 'LocalOnly' };
  }

  /** Tells what differs from what was told last, as one delta and one revision. */
  #tell(): void {
    const ids = new Set([...this.#told.keys(), ...this.#games.keys(), ...this.#partials.keys()]);
    const upserts: GameSummary[] = [];
    const removed: GameId[] = [];
    for (const id of ids) {
      const summary = this.#summaryOf(id);
      const former = this.#told.get(id);
      if (!summary) {
        if (this.#told.delete(id)) removed.push(id);
      } else if (JSON.stringify(former) !== JSON.stringify(summary)) {
        this.#told.set(id, summary);
        upserts.push(summary);
      }
    }
    if (upserts.length === 0 && removed.length === 0) return;
    const from = this.#revision;
    this.#revision = this.#options.state.library.nextRevision();
    const digest = libraryDigest(this.#told.values());
    this.#changed.fire({ from, to: this.#revision, upserts, removed, digest });
  }

  async #subscribe(): Promise<void> {
    const { fileSystem, logger } = this.#options;
    try {
      this.#folderInode = (await fileSystem.stat(this.gamesDir)).inode;
      this.#subscription = await watchGames({
        gamesDir: this.gamesDir,
        clock: this.#clock,
        logger,
        onChanged: (ids) => void this.#onWatched(ids),
      });
    } catch (error) {
      logger.warn({ err: error }, 'the games folder cannot be watched; the periodic scan goes on');
    }
    if (this.#disposed) await this.#subscription?.[Symbol.asyncDispose]();
  }

  async #onWatched(ids: ReadonlySet<GameId>): Promise<void> {
    try {
      await this.#scans.run(async () => {
        for (const id of ids) {
          if (this.#disposed || this.#holds.has(id) || !this.#isAvailable) continue;
          if (this.#options.isKnownGame(id) || this.#games.has(id)) await this.#look(id, { nested: true });
        }
      });
      if (!this.#disposed) this.#tell();
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'a changed game could not be looked at; the periodic scan goes on');
    }
  }

  /** The folder itself can vanish (a drive is unplugged) and come back as another one. */
  async #checkFolder(): Promise<void> {
    const { fileSystem, logger } = this.#options;
    let inode: bigint | undefined;
    try {
      inode = (await fileSystem.stat(this.gamesDir)).inode;
    } catch (error) {
      if (!isNotFound(error)) logger.warn({ err: error }, 'the games folder cannot be looked at');
    }
    if (this.#disposed) return;
    if (inode === undefined) {
      this.#setAvailable(false);
      return;
    }
    if (inode === this.#folderInode && this.#isAvailable) return;
    const former = this.#subscription;
    this.#subscription = undefined;
    try {
      await former?.[Symbol.asyncDispose]();
    } catch (error) {
      logger.debug({ err: error }, 'the watcher of the vanished folder could not be closed');
    }
    await this.#subscribe();
    this.#scanInBackground();
  }

  #scanInBackground(): void {
    this.scan().catch((error: unknown) => {
      if (!this.#disposed) this.#options.logger.warn({ err: error }, 'the games folder could not be scanned');
    });
  }

  #setAvailable(available: boolean): void {
    if (this.#isAvailable === available) return;
    this.#isAvailable = available;
    this.#availability.fire({ available });
    this.#tell();
  }
}
