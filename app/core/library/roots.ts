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
  /** Whether the games folder is still the one that was listed: only then what is not there is gone. */
  readonly isFolderThere: () => Promise<boolean>;
  /** The root of the manifest of this content, when that is known; see `contentKeyOf`. */
  readonly rootOfManifest: (id: GameId, contentKey: string) => string | undefined;
  /** A game could not be looked at. */
  readonly onUnseen: (id: GameId) => void;
  /** Content that changed a moment ago: it is offered once a later look finds it unchanged. */
  readonly onUnsettled: (id: GameId) => void;
  /** What is known of a game changed. */
  readonly onChanged: (id: GameId) => void;
  /** The payload's size in this version by the catalog, in bytes, where that is known. */
  readonly expectedBytesOf: (id: GameId, version: string) => number | undefined;
  /** How long nothing may have changed before a copy made by hand is offered, in milliseconds. */
  readonly settleMs: number;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  /** A game is no longer listed. */
  readonly onGone: (id: GameId) => void;
}

export interface LookAtGamesOptions {
  readonly depth: Depth;
  /** Whoever looks for an operation sees games that it holds, too. */
  readonly evenHeld?: boolean;
  /** The names of the real directories in the games folder, from a listing of just now. */
  readonly present?: ReadonlySet<GameId>;
  readonly signal?: AbortSignal | undefined;
}

/** A listed game and what stays inside the library. */
interface Entry {
  readonly game: LocalGame;
  readonly contentKey: string;
  readonly problem: LanspreadError | undefined;
  /** Since when this content has been seen, monotonic, as long as it may still be growing. */
  readonly unsettledSinceMs: number | undefined;
}

/** The stored rows as they were before the look with this number. */
interface StoredRows {
  readonly byRoot: ReadonlyMap<string, LibraryRow>;
  readonly number: number;
}

const parallelLooks = 16;

/** The game roots: looks at them, and keeps and stores what it sees. */
export class Roots {
  readonly #options: RootsOptions;
  readonly #entries = new Map<GameId, Entry>();
  readonly #holds = new Map<GameId, number>();
  /** Looks and holds are numbered. What an earlier look saw never replaces what a later one did, … */
  readonly #lastSeen = new Map<GameId, number>();
  /** … nor counts what was seen before an operation began: it may be half of what that did. */
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

  /** Holds are counted; returns what undoes this one, once. */
  hold(id: GameId): () => void {
    this.#holds.set(id, (this.#holds.get(id) ?? 0) + 1);
    this.#lastHeld.set(id, (this.#lastNumber += 1));
    return () => {
      const left = (this.#holds.get(id) ?? 0) - 1;
      if (left > 0) this.#holds.set(id, left);
      else this.#holds.delete(id);
    };
  }

  /** Notes the manifest's root of a listed game. Tells whether it was new. */
  setManifestRoot(id: GameId, manifestRoot: string): boolean {
    const entry = this.#entries.get(id);
    if (!entry || entry.game.manifestRoot === manifestRoot) return false;
    this.#keepKnown({ ...entry, game: { ...entry.game, manifestRoot } });
    return true;
  }

  /** Notes that a listed game's payload has no manifest, though its files would allow one. */
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
   * Forgets what is stored of roots that were deleted while nothing ran. What the catalog no longer lists may still be
   * installed, and an empty folder is rather that of a drive that is not mounted: their rows stay. What cannot be forgotten
   * now is left to the next scan.
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

  /** Looks at these games. One that cannot be looked at stays as it was known. Errors: `CANCELLED`, the database's. */
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

  /** Returns the look's number when there is nothing to list, else keeps what it saw. */
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

  /** Since when content may still be growing, monotonic; undefined: it does not. */
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
    // What a download or an earlier run knows was complete.
    if (isKnown || !changed || isCompleteCopy(changed, { nowMs: clock.now(), settleMs })) return undefined;
    return nowMs;
  }

  /** Nobody looked at the disk: an operation may just have written another installed version, which stays. */
  #keepKnown(entry: Entry): void {
    this.#keep(entry, () => {
      const row = this.#options.library.get(entry.game.root);
      this.#store(entry, { row, installedVersion: row?.installedVersion });
    });
  }

  /** What was found out holds; when it cannot be stored now, the next look stores it. */
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

  /** All rows in one query: a scan of a thousand games would make thousands. */
  #rows(): StoredRows {
    const { library, gamesDir } = this.#options;
    const byRoot = new Map(library.below(gamesDir).map((row) => [row.root, row]));
    return { byRoot, number: this.#lastNumber };
  }

  /** An operation on this game since then has written its row anew. */
  #row(id: GameId, root: string, rows: StoredRows | undefined): LibraryRow | undefined {
    const isCurrent = rows && (this.#lastHeld.get(id) ?? 0) <= rows.number;
    return isCurrent ? rows.byRoot.get(root) : this.#options.library.get(root);
  }
}
