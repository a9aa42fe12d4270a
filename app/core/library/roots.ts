import { isDeepStrictEqual } from 'node:util';
import {
  throwIfAborted,
  type Clock,
  type FileSystem,
  type GameId,
  type LanspreadError,
  type Logger,
} from '../base/index.ts';
import type { LibraryRepository, LibraryRow } from '../state/index.ts';
import { hasExpectedSize, isCompleteCopy } from './copy-in-progress.ts';
import { gameFolderOf } from '../game-folder/index.ts';
import { lookAtRoot, type Depth, type RootFacts } from './look.ts';
import type { LocalGame } from './types.ts';

interface RootsOptions {
  readonly gamesDir: string;
  readonly fileSystem: FileSystem;
  readonly library: LibraryRepository;
  readonly logger: Logger;
  readonly isKnownGame: (id: string) => boolean;
  /** Whether the games folder is still the one that was listed: only then a missing game is really gone. */
  readonly isFolderThere: () => Promise<boolean>;
  /** The manifest hash of this content, if it is known; see `contentKeyOf`. */
  readonly rootOfManifest: (id: GameId, contentKey: string) => string | undefined;
  /** A game could not be looked at. */
  readonly onUnseen: (id: GameId) => void;
  /** Called for content that changed a moment ago: it is offered once a later look finds it unchanged. */
  readonly onUnsettled: (id: GameId) => void;
  /** The facts about a game have changed. */
  readonly onChanged: (id: GameId) => void;
  /** The payload's size of this version from the catalog, in bytes, where it is known. */
  readonly expectedBytesOf: (id: GameId, version: string) => number | undefined;
  /** How long a copy made by hand must stay unchanged before it is offered, in milliseconds. */
  readonly settleMs: number;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  /** A game is no longer listed. */
  readonly onGone: (id: GameId) => void;
}

export interface LookAtGamesOptions {
  readonly depth: Depth;
  /** Also looks at held games; for the operation that holds them. */
  readonly evenHeld?: boolean;
  /** The names of the real directories in the games folder, from a fresh listing. */
  readonly present?: ReadonlySet<GameId>;
  readonly signal?: AbortSignal | undefined;
}

/** A listed game, with facts that stay inside the library. */
interface Entry {
  readonly game: LocalGame;
  readonly contentKey: string;
  readonly problem: LanspreadError | undefined;
  /** When this content was first seen, monotonic, while it may still be growing. */
  readonly unsettledSinceMs: number | undefined;
}

/** The stored rows, read before the look with this number. */
interface StoredRows {
  readonly byRoot: ReadonlyMap<string, LibraryRow>;
  readonly number: number;
}

const parallelLooks = 16;

/** The game folders: looks at them, keeps and stores the results. */
export class Roots {
  readonly #options: RootsOptions;
  readonly #entries = new Map<GameId, Entry>();
  readonly #holds = new Map<GameId, number>();
  /** Looks and holds are numbered. An earlier look never replaces the result of a later one. */
  readonly #lastSeen = new Map<GameId, number>();
  /** A look from before a hold does not count either: it may have seen half of an operation. */
  readonly #lastHeld = new Map<GameId, number>();
  #lastNumber = 0;

  constructor(options: RootsOptions) {
    this.#options = options;
  }

  games(): LocalGame[] {
    return Array.from(this.#entries.values(), ({ game }) => game);
  }

  get(id: GameId): LocalGame | undefined {
    return this.#entries.get(id)?.game;
  }

  contentKeyOf(id: GameId): string | undefined {
    return this.#entries.get(id)?.contentKey;
  }

  /** Why no manifest can describe a listed game's payload. */
  problemOf(id: GameId): LanspreadError | undefined {
    return this.#entries.get(id)?.problem;
  }

  isHeld(id: GameId): boolean {
    return this.#holds.has(id);
  }

  /** Holds are counted. The result undoes this hold, once. */
  hold(id: GameId): () => void {
    this.#holds.set(id, (this.#holds.get(id) ?? 0) + 1);
    this.#lastHeld.set(id, (this.#lastNumber += 1));
    return () => {
      const left = (this.#holds.get(id) ?? 0) - 1;
      if (left > 0) this.#holds.set(id, left);
      else this.#holds.delete(id);
    };
  }

  /** Notes the manifest hash of a listed game. Tells whether it was new. */
  setManifestRoot(id: GameId, manifestRoot: string): boolean {
    const entry = this.#entries.get(id);
    if (!entry || entry.game.manifestRoot === manifestRoot) return false;
    this.#keepKnown({ ...entry, game: { ...entry.game, manifestRoot } });
    return true;
  }

  /** Notes that a listed game cannot have a manifest, though its files alone would allow one. */
  setProblem(id: GameId, problem: LanspreadError): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#keepKnown({
      ...entry,
      problem,
      game: { ...entry.game, manifestRoot: undefined, unshareable: problem.message },
    });
  }

  /** Every id that a full scan has to look at, given the names of the real directories in the games folder. */
  idsOf(names: Iterable<GameId>): Set<GameId> {
    const known = new Set([...names].filter((id) => this.#options.isKnownGame(id)));
    for (const id of this.#entries.keys()) known.add(id);
    return known;
  }

  /**
   * Forgets the stored rows of game folders that were deleted while Lanspread was not running. Rows of games that the
   * catalog no longer lists stay, because they may still be installed. If the games folder is empty, all rows stay,
   * because its drive is probably not mounted. A failure is left to the next scan.
   */
  forgetMissing(present: ReadonlySet<GameId>): void {
    const { library, gamesDir, isKnownGame, logger } = this.#options;
    if (present.size === 0) return;
    try {
      for (const { root, gameId } of library.below(gamesDir))
        if (!present.has(gameId) && !this.#holds.has(gameId) && isKnownGame(gameId)) library.remove(root);
    } catch (error) {
      logger.warn({ err: error }, 'games that are gone could not be forgotten; the next scan does it');
    }
  }

  /**
   * Looks at these games. A game that cannot be read keeps its last known state. Errors: `CANCELLED`, the database's.
   */
  async look(ids: Iterable<GameId>, options: LookAtGamesOptions): Promise<void> {
    const waiting = [...ids];
    const rows = waiting.length > parallelLooks ? this.#rows() : undefined;
    const gone: { id: GameId; number: number }[] = [];
    const work = async (): Promise<void> => {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        throwIfAborted(options.signal);
        const number = await this.#lookAt(id, options, rows);
        if (number !== undefined) gone.push({ id, number });
      }
    };
    await Promise.all(Array.from({ length: parallelLooks }, work));
    if (gone.length === 0 || !(await this.#options.isFolderThere())) return;
    throwIfAborted(options.signal);
    for (const { id, number } of gone) {
      if (this.#mayKeep(id, number, options)) this.#remove(id);
    }
  }

  /** Returns the look's number if there is nothing to list; otherwise keeps the result. */
  async #lookAt(id: GameId, options: LookAtGamesOptions, rows: StoredRows | undefined): Promise<number | undefined> {
    if (this.#holds.has(id) && !options.evenHeld) return undefined;
    const number = (this.#lastNumber += 1);
    const { fileSystem, gamesDir, logger, isKnownGame } = this.#options;
    const root = gameFolderOf(gamesDir, id);
    if (!isKnownGame(id) || options.present?.has(id) === false) return number;
    let facts: RootFacts | undefined;
    try {
      const entry = this.#entries.get(id);
      const remembered = entry ? { ...entry.game, problem: entry.problem } : this.#row(id, root, rows);
      const { depth, signal, present } = options;
      facts = await lookAtRoot(fileSystem, root, { depth, remembered, isDirectory: present !== undefined, signal });
    } catch (error) {
      throwIfAborted(options.signal);
      logger.warn({ gameId: id, err: error }, 'a game folder could not be looked at; it stays as it was');
      this.#options.onUnseen(id);
      return undefined;
    }
    throwIfAborted(options.signal);
    if (!facts || (!facts.sentinel && !facts.installed)) return number;
    if (this.#mayKeep(id, number, options)) this.#keepFacts(id, facts, rows);
    return undefined;
  }

  #mayKeep(id: GameId, number: number, { evenHeld = false }: LookAtGamesOptions): boolean {
    if (!evenHeld && (this.#holds.has(id) || (this.#lastHeld.get(id) ?? 0) > number)) return false;
    if ((this.#lastSeen.get(id) ?? 0) > number) return false;
    this.#lastSeen.set(id, number);
    return true;
  }

  #keepFacts(id: GameId, facts: RootFacts, rows: StoredRows | undefined): void {
    const { gamesDir, rootOfManifest } = this.#options;
    const root = gameFolderOf(gamesDir, id);
    const { sentinel, installed, sizeBytes, fingerprint, contentKey, problem } = facts;
    const former = this.#entries.get(id);
    const row = this.#row(id, root, rows);
    const formerRoot = former?.contentKey === contentKey ? former.game.manifestRoot : undefined;
    const storedRoot = !former && row?.fingerprint === fingerprint ? row.manifestRoot : undefined;
    const manifestRoot =
      sentinel && !problem ? (rootOfManifest(id, contentKey) ?? formerRoot ?? storedRoot) : undefined;
    const unsettledSinceMs = sentinel && this.#unsettledSince(facts, { former, isKnown: manifestRoot !== undefined });
    const isTooSmall = sentinel && !hasExpectedSize(sizeBytes, this.#options.expectedBytesOf(id, sentinel.version));
    const heldBack = unsettledSinceMs !== undefined ? 'settling' : isTooSmall ? 'incomplete' : undefined;
    const game: LocalGame = {
      id,
      root,
      version: sentinel?.version,
      downloaded: sentinel !== undefined,
      installed,
      installedVersion: installed ? row?.installedVersion : undefined,
      sizeBytes,
      fingerprint,
      manifestRoot,
      ...(sentinel && problem && { unshareable: problem.message }),
      ...(heldBack && { heldBack }),
    };
    const entry: Entry = { game, contentKey, problem, unsettledSinceMs };
    if (unsettledSinceMs !== undefined) this.#options.onUnsettled(id);
    this.#keep(entry, () => this.#store(entry, { row, installedVersion: game.installedVersion }));
  }

  /** When content was first seen that may still be growing, monotonic; undefined when it is complete. */
  #unsettledSince(
    { contentKey, changed }: RootFacts,
    { former, isKnown }: { former: Entry | undefined; isKnown: boolean },
  ): number | undefined {
    const { clock, settleMs } = this.#options;
    const nowMs = clock.monotonicMs();
    if (former?.contentKey === contentKey) {
      const { unsettledSinceMs } = former;
      const isOver = unsettledSinceMs !== undefined && changed !== undefined && nowMs - unsettledSinceMs >= settleMs;
      return isOver ? undefined : unsettledSinceMs;
    }
    // Content that a download or an earlier run knows was complete.
    if (isKnown || !changed || isCompleteCopy(changed, { nowMs: clock.now(), settleMs })) return undefined;
    return nowMs;
  }

  /**
   * This entry comes without a look at the disk. An operation may just have stored another installed version, so that
   * one stays.
   */
  #keepKnown(entry: Entry): void {
    this.#keep(entry, () => {
      const row = this.#options.library.get(entry.game.root);
      this.#store(entry, { row, installedVersion: row?.installedVersion });
    });
  }

  /** The result counts even if it cannot be stored now; the next look stores it. */
  #keep(entry: Entry, store: () => void): void {
    const { id } = entry.game;
    const isNews = !isDeepStrictEqual(this.#entries.get(id)?.game, entry.game);
    this.#entries.set(id, entry);
    if (isNews) this.#options.onChanged(id);
    try {
      store();
    } catch (error) {
      this.#options.logger.warn({ gameId: id, err: error }, 'what is known of a game could not be stored');
    }
  }

  #store(
    entry: Entry,
    { row, installedVersion }: { row: LibraryRow | undefined; installedVersion: string | undefined },
  ): void {
    const { id, root, version, sizeBytes, fingerprint, manifestRoot } = entry.game;
    const isStored =
      row?.version === version &&
      row?.installedVersion === installedVersion &&
      row?.sizeBytes === sizeBytes &&
      row.fingerprint === fingerprint &&
      row.manifestRoot === manifestRoot;
    if (isStored) return;
    const { library } = this.#options;
    const revision = library.revision();
    library.put({ root, gameId: id, version, installedVersion, sizeBytes, fingerprint, manifestRoot, revision });
  }

  #remove(id: GameId): void {
    if (!this.#entries.delete(id)) return;
    this.#options.onGone(id);
    this.#options.onChanged(id);
  }

  /** Reads all rows in one query: a scan of a thousand games would need thousands. */
  #rows(): StoredRows {
    const { library, gamesDir } = this.#options;
    const byRoot = new Map(library.below(gamesDir).map((row) => [row.root, row]));
    return { byRoot, number: this.#lastNumber };
  }

  /** A hold since the rows were read means that an operation may have changed this row, so it is read again. */
  #row(id: GameId, root: string, rows: StoredRows | undefined): LibraryRow | undefined {
    const isCurrent = rows && (this.#lastHeld.get(id) ?? 0) <= rows.number;
    return isCurrent ? rows.byRoot.get(root) : this.#options.library.get(root);
  }
}
