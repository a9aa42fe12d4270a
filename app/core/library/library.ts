import { join } from 'node:path';
import {
  Emitter,
  LanspreadError,
  Semaphore,
  systemClock,
  throwIfAborted,
  type Clock,
  type FileSystem,
  type GameId,
  type IDisposable,
  type Logger,
} from '../base/index.ts';
import { limits, type GameSummary, type LibraryDelta, type LibrarySnapshot } from '../protocol/index.ts';
import type { State } from '../state/index.ts';
import { gameFolderOf } from '../game-folder/index.ts';
import { planAdoption } from './adoption.ts';
import { LibraryAnnouncer, firstOf, summaryOf, type PartialFacts } from './announcer.ts';
import { WorkerBlockHasher } from './block-hasher.ts';
import { GamesFolder } from './games-folder.ts';
import { GamesWatch } from './games-watch.ts';
import { LookAgain } from './look-again.ts';
import { Manifests, type ManifestSubject } from './manifests.ts';
import { OpenWork } from './open-work.ts';
import { walkPayload } from './payload.ts';
import { Roots, type LookAtGamesOptions } from './roots.ts';
import type { BlockHasher, HashedManifest, HashOptions, Library, LocalGame, ManifestState } from './types.ts';
import { watchFolder, type WatchFolder } from './watcher.ts';

export interface LibraryOptions {
  /** Absolute. */
  gamesDir: string;
  state: Pick<State, 'library' | 'blocks'>;
  isKnownGame: (id: string) => boolean;
  /** Whether peers hear of a game that is here. Asked at each scan. Default: of every game. */
  isOffered?: (id: GameId) => boolean;
  /** The payload's size of this version from the catalog, in bytes, where it is known. */
  expectedBytesOf?: (id: GameId, version: string) => number | undefined;
  /** How long a copy made by hand must stay unchanged before it is offered, in milliseconds. Default: 0, at once. */
  settleMs?: number;
  fileSystem: FileSystem;
  clock?: Clock;
  logger: Logger;
  /** The block hasher; the library owns and disposes it. Default: a worker thread. */
  hasher?: BlockHasher;
  /** Default: the platform's watcher. */
  watchFolder?: WatchFolder;
}

/** Manifests that become ready within this time are announced together, in milliseconds. */
const tellTogetherMs = 100;
/** How long after a failure a change is announced again, in milliseconds. */
const tellAgainMs = 2_000;
const cannotLook = 'the games folder could not be looked at';

/** The library of one games folder. Nothing is listed before the first `scan`. */
export class DiskLibrary implements Library {
  readonly gamesDir: string;
  readonly hasher: BlockHasher;
  readonly #options: LibraryOptions;
  readonly #clock: Clock;
  readonly #roots: Roots;
  readonly #manifests: Manifests;
  readonly #announcer: LibraryAnnouncer;
  readonly #partials = new Map<GameId, PartialFacts>();
  readonly #changed = new Emitter<LibraryDelta>();
  readonly #availability = new Emitter<{ available: boolean }>();
  readonly #scans = new Semaphore(1);
  readonly #folder: GamesFolder;
  readonly #work: OpenWork;
  readonly #lookAgain: LookAgain;
  readonly #localChanged = new Emitter<readonly GameId[]>();
  readonly #locallyChanged = new Set<GameId>();
  #settleTimer: IDisposable | undefined;
  readonly #unsettled = new Set<GameId>();
  #watch: GamesWatch | undefined;
  #tellTimer: IDisposable | undefined;
  #isAvailable = true;
  #isWithdrawn = false;
  #untoldCount = 0;

  readonly onDidChange = this.#changed.event;
  readonly onDidChangeLocal = this.#localChanged.event;
  readonly onDidChangeAvailability = this.#availability.event;

  constructor(options: LibraryOptions) {
    const { gamesDir, fileSystem, logger, isKnownGame } = options;
    const { library, blocks } = options.state;
    this.#options = options;
    this.gamesDir = gamesDir;
    this.#clock = options.clock ?? systemClock;
    this.hasher = options.hasher ?? new WorkerBlockHasher();
    this.#folder = new GamesFolder({ path: gamesDir, fileSystem, logger });
    this.#work = new OpenWork(logger);
    this.#announcer = new LibraryAnnouncer({
      revision: library.revision(),
      nextRevision: () => library.nextRevision(),
    });
    this.#manifests = new Manifests({
      fileSystem,
      blocks,
      hasher: this.hasher,
      logger,
      onBuilt: (id, { hashed, contentKey }) => this.#onManifest(id, { root: hashed.root, contentKey }),
      onUnfit: (id, error) => {
        this.#roots.setProblem(id, error);
        this.#tellSoon();
      },
    });
    this.#roots = new Roots({
      gamesDir,
      fileSystem,
      library,
      logger,
      isKnownGame,
      isFolderThere: () => this.#folder.isStillThere(),
      rootOfManifest: (id, contentKey) => this.#manifests.rootOf({ id, root: gameFolderOf(gamesDir, id), contentKey }),
      onUnseen: (id) => this.#lookAgain.note(id),
      onUnsettled: (id) => this.#lookWhenSettled(id),
      onChanged: (id) => void this.#locallyChanged.add(id),
      expectedBytesOf: options.expectedBytesOf ?? (() => undefined),
      settleMs: options.settleMs ?? 0,
      clock: this.#clock,
      onGone: (id) => this.#manifests.forget(id),
    });
    this.#lookAgain = new LookAgain({
      clock: this.#clock,
      look: (ids) => this.#work.inBackground(cannotLook, (signal) => this.#lookAtChanged(ids, signal)),
    });
  }

  get revision(): number {
    return this.#announcer.revision;
  }

  games(): readonly LocalGame[] {
    return this.#roots.games();
  }

  get(id: GameId): LocalGame | undefined {
    return this.#roots.get(id);
  }

  snapshot(): LibrarySnapshot {
    return this.#announcer.snapshot();
  }

  get isAvailable(): boolean {
    return this.#isAvailable;
  }

  async checkFolder(): Promise<boolean> {
    const isThere = await this.#folder.isStillThere();
    // The folder counts as back only after its games were looked at.
    if (!isThere && !this.#work.isStopping) this.#setAvailable(false);
    return isThere;
  }

  async scan({ signal, thorough = false }: { signal?: AbortSignal; thorough?: boolean } = {}): Promise<void> {
    await this.#work.run(signal, async (joined) => {
      await this.#scans.run(() => this.#scanAll({ signal: joined, thorough }), { signal: joined });
    });
  }

  async refresh(id: GameId): Promise<LocalGame | undefined> {
    await this.#work.run(undefined, async (signal) => {
      await this.#look([id], { depth: 'nested', evenHeld: true, signal });
    });
    return this.#roots.get(id);
  }

  hold(id: GameId): Disposable {
    const stack = new DisposableStack();
    stack.defer(() => {
      // Nothing was prepared in the background while the game was held.
      if (!this.#roots.isHeld(id) && !this.#work.isStopping) this.#prepare(id);
    });
    stack.defer(this.#roots.hold(id));
    return stack;
  }

  setPartial(id: GameId, partial: PartialFacts | undefined): void {
    if (partial) this.#partials.set(id, partial);
    else this.#partials.delete(id);
    this.#tell();
  }

  /** Stops offering games; the library is about to be disposed. */
  withdraw(): void {
    this.#isWithdrawn = true;
    this.#tell();
  }

  manifestState(id: GameId): ManifestState {
    const heldBack = this.#roots.get(id)?.heldBack;
    if (heldBack === 'settling') return { kind: 'pending', percent: 0 };
    const subject = this.#isAvailable && heldBack === undefined ? this.#subjectOf(id) : undefined;
    return subject ? this.#manifests.state(subject) : { kind: 'none' };
  }

  async manifest(id: GameId, options?: HashOptions): Promise<HashedManifest> {
    if (!this.#isAvailable) throw new LanspreadError('GAMES_DIR_LOST');
    if (this.#work.isStopping) throw new LanspreadError('SHUTTING_DOWN');
    const subject = this.#subjectOf(id);
    if (subject) return await this.#manifests.get(subject, options);
    throw this.#roots.problemOf(id) ?? new LanspreadError('NOT_DOWNLOADED', { details: { gameId: id } });
  }

  async adopt(id: GameId, hashed: HashedManifest): Promise<void> {
    const { fileSystem, state } = this.#options;
    await this.#work.run(undefined, async (signal) => {
      const payload = await walkPayload(fileSystem, gameFolderOf(this.gamesDir, id), { signal });
      const { known, built } = planAdoption(payload, hashed);
      state.blocks.putMany(known);
      if (built) this.#manifests.adopt(id, built);
    });
  }

  async watch(): Promise<void> {
    if (this.#watch || this.#work.isStopping) return;
    const { logger } = this.#options;
    this.#watch = new GamesWatch({
      gamesDir: this.gamesDir,
      watchFolder: this.#options.watchFolder ?? watchFolder,
      clock: this.#clock,
      logger,
      isRecursive: process.platform !== 'linux',
      findFolder: () => this.#folder.find(),
      isLost: () => !this.#isAvailable,
      isHeld: (id) => this.#roots.isHeld(id),
      isFolder: (components) => this.#folder.isFolder(join(this.gamesDir, ...components)),
      look: (ids) => this.#work.inBackground(cannotLook, (signal) => this.#lookAtChanged(ids, signal)),
      scan: ({ thorough }) => this.#work.inBackground(cannotLook, () => this.scan({ thorough })),
    });
    await this.#watch.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const work = this.#work[Symbol.asyncDispose]();
    this.#lookAgain[Symbol.dispose]();
    this.#tellTimer?.[Symbol.dispose]();
    this.#settleTimer?.[Symbol.dispose]();
    await this.#watch?.[Symbol.asyncDispose]();
    await this.#manifests[Symbol.asyncDispose]();
    await work;
    await this.hasher[Symbol.asyncDispose]();
    this.#changed[Symbol.dispose]();
    this.#localChanged[Symbol.dispose]();
    this.#availability[Symbol.dispose]();
  }

  async #scanAll({ signal, thorough }: { signal: AbortSignal; thorough: boolean }): Promise<void> {
    const names = await this.#folder.list();
    throwIfAborted(signal);
    if (!names) {
      this.#setAvailable(false);
      return;
    }
    await this.#look(this.#roots.idsOf(names), { depth: thorough ? 'top' : 'listing', present: names, signal });
    if (!this.#isAvailable && (await this.#folder.isStillThere())) this.#setAvailable(true);
    this.#roots.forgetMissing(names);
  }

  async #lookAtChanged(ids: ReadonlySet<GameId>, signal: AbortSignal): Promise<void> {
    const { isKnownGame } = this.#options;
    const known = [...ids].filter((id) => isKnownGame(id));
    if (known.length > 0 && this.#isAvailable) await this.#look(known, { depth: 'nested', signal });
  }

  async #look(ids: Iterable<GameId>, options: LookAtGamesOptions): Promise<void> {
    const all = [...ids];
    await this.#roots.look(all, options);
    for (const id of all) {
      this.#manifests.forget(id, { except: this.#subjectOf(id)?.contentKey });
      this.#prepare(id);
    }
    this.#tell();
  }

  /** A downloaded game that can have a manifest. */
  #subjectOf(id: GameId): ManifestSubject | undefined {
    const game = this.#roots.get(id);
    const contentKey = this.#roots.contentKeyOf(id);
    if (!game?.downloaded || game.unshareable !== undefined || contentKey === undefined) return undefined;
    return { id, root: game.root, contentKey };
  }

  #prepare(id: GameId): void {
    const game = this.#roots.get(id);
    if (this.#roots.isHeld(id) || game?.manifestRoot !== undefined || game?.heldBack !== undefined) return;
    const subject = this.#subjectOf(id);
    if (subject) this.#manifests.prepare(subject);
  }

  #onManifest(id: GameId, { root, contentKey }: { root: string; contentKey: string }): void {
    if (this.#roots.contentKeyOf(id) === contentKey) {
      if (this.#roots.setManifestRoot(id, root)) this.#tellSoon();
      return;
    }
    // The game folder changed between the last look and the hashing.
    void this.#work.inBackground(cannotLook, (signal) => this.#look([id], { depth: 'nested', signal }));
  }

  /** Looks again at a copy that may still be growing, even if no event reports a change. */
  #lookWhenSettled(id: GameId): void {
    if (this.#work.isStopping) return;
    this.#unsettled.add(id);
    this.#settleTimer ??= this.#clock.timeout(
      () => {
        this.#settleTimer = undefined;
        const ids = new Set(this.#unsettled);
        this.#unsettled.clear();
        void this.#work.inBackground(cannotLook, (signal) => this.#lookAtChanged(ids, signal));
      },
      this.#options.settleMs ?? 0,
      { background: true },
    );
  }

  #setAvailable(available: boolean): void {
    if (this.#isAvailable === available) return;
    this.#isAvailable = available;
    this.#availability.fire({ available });
    this.#tell();
  }

  #tellSoon(delayMs = tellTogetherMs): void {
    this.#tellTimer ??= this.#clock.timeout(() => this.#tell(), delayMs, { background: true });
  }

  /**
   * Announces the changes since the last announcement. While the folder is away nothing is offered. Never throws: if
   * the revision cannot be stored, the callers could do nothing about it, and the change is announced later.
   */
  #tell(): void {
    this.#tellTimer?.[Symbol.dispose]();
    this.#tellTimer = undefined;
    const changed = [...this.#locallyChanged];
    this.#locallyChanged.clear();
    if (changed.length > 0) this.#localChanged.fire(changed);
    const current = new Map<GameId, GameSummary>();
    const ids =
      this.#isAvailable && !this.#isWithdrawn ? [...this.games().map(({ id }) => id), ...this.#partials.keys()] : [];
    const { isOffered = () => true } = this.#options;
    for (const id of ids) {
      if (!isOffered(id)) continue;
      const summary = summaryOf(id, { game: this.#roots.get(id), partial: this.#partials.get(id) });
      if (summary) current.set(id, summary);
    }
    try {
      const delta = this.#announcer.update(this.#asManyAsFit(current));
      if (delta) this.#changed.fire(delta);
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'a change of the library could not be told yet');
      if (!this.#work.isStopping) this.#tellSoon(tellAgainMs);
    }
  }

  /** Peers reject a longer list, so a longer one would make this PC invisible. Games that others can fetch go first. */
  #asManyAsFit(games: ReadonlyMap<GameId, GameSummary>): ReadonlyMap<GameId, GameSummary> {
    const untoldCount = Math.max(0, games.size - limits.helloGames);
    if (untoldCount > 0 && untoldCount !== this.#untoldCount)
      this.#options.logger.warn(
        { games: games.size, told: limits.helloGames },
        'this PC has more games than it can tell others of; the rest is not offered',
      );
    this.#untoldCount = untoldCount;
    return untoldCount === 0 ? games : firstOf(games, limits.helloGames);
  }
}
