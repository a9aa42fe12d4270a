/**
 * The core's data in SQLite, one small repository per table. The database is a cache and a journal: everything a player owns
 * is in the game folders. All calls are synchronous and fast; a failing one throws `IO_ERROR`, `DISK_FULL` or
 * `STATE_CORRUPT`.
 */
import type { GameId, SafePath } from '../base/index.ts';

export type IntentKind = 'Downloading' | 'Installing' | 'Updating' | 'Uninstalling' | 'Streaming' | 'Removing';

/**
 * The operation that has begun in one game folder, written before its first step on disk. The key is the absolute path of the
 * game folder.
 */
export interface Intent {
  readonly root: string;
  readonly gameId: GameId;
  readonly kind: IntentKind;
  /** The version that is downloaded or installed. */
  readonly version: string;
  /** The operation created the game folder itself. */
  readonly madeRoot: boolean;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

export interface IntentRepository {
  get(root: string): Intent | undefined;
  all(): Intent[];
  /** Durable when it returns (`synchronous=FULL`). Replaces an earlier intent of the same game folder. */
  put(intent: Intent): void;
  clear(root: string): void;
}

/**
 * An incomplete download: the manifest, and which of its blocks are verified on disk. The key is the path of the game folder.
 */
export interface Partial {
  readonly root: string;
  readonly gameId: GameId;
  readonly version: string;
  readonly manifestRoot: string;
  /** The canonical manifest. */
  readonly manifestBytes: Uint8Array;
  /** Indexes of the manifest's executable files. */
  readonly executables: readonly number[];
  /** See `Bitmap`: one bit per block of the manifest. */
  readonly bitmap: Uint8Array;
  readonly verifiedBytes: number;
  /**
   * False after a clean pause, true while running. After a crash it is still true, and the claimed blocks are hashed again.
   */
  readonly unclean: boolean;
  /** A fingerprint of the files at a clean stop; see `sealFiles`. */
  readonly seal?: string;
  /** The download continues to an install. */
  readonly install: boolean;
}

export interface PartialRepository {
  get(root: string): Partial | undefined;
  all(): Partial[];
  put(partial: Partial): void;
  /** Updates the progress of one download. The caller batches these; they need not be durable. */
  progress(root: string, progress: Pick<Partial, 'bitmap' | 'verifiedBytes' | 'unclean' | 'seal'>): void;
  clear(root: string): void;
}

/**
 * A download that is not finished. `waiting` and `begun` ones continue by themselves after a restart; a `paused` one waits to
 * be resumed.
 */
export interface QueuedDownload {
  /** Absolute. */
  readonly root: string;
  readonly gameId: GameId;
  /** Install after the download. */
  readonly install: boolean;
  readonly phase: DownloadPhase;
}

export type DownloadPhase = 'waiting' | 'begun' | 'paused';

export interface DownloadQueueRepository {
  /** The downloads of this games folder, in their order. */
  below(gamesDir: string): QueuedDownload[];
  /** Replaces the whole queue of this games folder. */
  replace(gamesDir: string, entries: readonly QueuedDownload[]): void;
}

/** The manifest of a complete download. */
export interface PayloadManifest {
  readonly version: string;
  readonly manifestRoot: string;
  readonly manifestBytes: Uint8Array;
  readonly executables: readonly number[];
}

/** Which files in a game folder belong to Lanspread. The key is the path of the game folder. */
export interface PayloadRepository {
  /**
   * Paths that Lanspread wrote or took over as payload; folders end in `/`. Undefined: nothing is known of this game folder.
   */
  knownPaths(root: string): string[] | undefined;
  /** Durable when it returns. */
  setKnownPaths(root: string, paths: readonly string[]): void;
  manifest(root: string): PayloadManifest | undefined;
  setManifest(root: string, manifest: PayloadManifest): void;
  clear(root: string): void;
}

/** Identifies a file's content without reading it. */
export interface FileIdentity {
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  readonly inode: bigint;
}

export interface BlockRepository {
  /** The block hashes of exactly this file identity; undefined when it was never hashed or has changed. */
  get(file: FileIdentity): readonly string[] | undefined;
  put(file: FileIdentity, blocks: readonly string[]): void;
  putMany(files: readonly (readonly [FileIdentity, readonly string[]])[]): void;
  /** Forgets every file at or below an absolute path. */
  forgetBelow(path: string): void;
}

/** The last scan's result for one game. */
export interface LibraryRow {
  readonly root: string;
  readonly gameId: GameId;
  /** From the sentinel; undefined when the game is not downloaded. */
  readonly version: string | undefined;
  readonly installedVersion: string | undefined;
  readonly sizeBytes: number;
  /** A fingerprint of the game folder's listing; an equal one means that nothing changed. */
  readonly fingerprint: string;
  readonly manifestRoot: string | undefined;
  readonly revision: number;
}

export interface LibraryRepository {
  get(root: string): LibraryRow | undefined;
  /** Rows whose game folder is a direct child of the games folder. */
  below(gamesDir: string): LibraryRow[];
  put(row: LibraryRow): void;
  remove(root: string): void;
  /** Sets or clears the installed version and leaves the rest; makes the row when there is none. */
  setInstalledVersion(root: string, gameId: GameId, version: string | undefined): void;
  /** The next library revision; it never decreases and survives restarts. */
  nextRevision(): number;
  revision(): number;
}

export interface InventoryFile {
  /** Relative to `local/`. */
  readonly path: SafePath;
  readonly sizeBytes: number;
  readonly blake3: string;
}

export interface InventoryRepository {
  get(root: string): InventoryFile[];
  replace(root: string, files: readonly InventoryFile[]): void;
  clear(root: string): void;
}

export interface KnownPeer {
  readonly peerId: string;
  readonly name: string;
  /** Multiaddrs. */
  readonly addresses: readonly string[];
  /** Milliseconds since 1970. */
  readonly lastSeenAt: number;
}

export interface PeerRepository {
  all(): KnownPeer[];
  put(peer: KnownPeer): void;
}

export interface SettingsRepository {
  /** The stored JSON value; undefined when it was never set or is damaged. */
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  all(): Record<string, unknown>;
}

export interface CatalogSourceRow {
  readonly id: string;
  readonly name: string;
  /** The place from which it was imported. */
  readonly origin: string;
  readonly issued: string | undefined;
  /** Whether a key that is trusted now signed it. */
  readonly signed: boolean;
  /** The public key of the signature, in hex, at the time of the import. */
  readonly signedBy: string | undefined;
  /** False: its games and revocations do not count. */
  readonly inUse: boolean;
  /** The lower position wins when two sources list one game. */
  readonly position: number;
}

export interface CatalogGameRow {
  readonly sourceId: string;
  readonly gameId: GameId;
  readonly title: string;
  /** The game in the form of the catalog's schema, as JSON. */
  readonly json: string;
  /** The text for the search: title, description, genres, tags, publisher. */
  readonly searchText: string;
}

export interface CatalogRepository {
  sources(): CatalogSourceRow[];
  /** Replaces the source, all its games and the ids that it revokes in one transaction. */
  replaceSource(source: CatalogSourceRow, games: readonly CatalogGameRow[], revoked?: readonly GameId[]): void;
  /** Updates, by id, whether sources are signed and in use; an unchanged entry costs nothing. */
  setStanding(standing: ReadonlyMap<string, Pick<CatalogSourceRow, 'signed' | 'inUse'>>): void;
  removeSource(id: string): void;
  setOrder(ids: readonly string[]): void;
  /** The games that one source lists, including revoked ones, even when the source is not in use. */
  gamesOf(sourceId: string): CatalogGameRow[];
  /** The number of games that each source lists, by the source's id. */
  gameCounts(): Map<string, number>;
  /** The ids that each source revokes, by the source's id. */
  revocations(): Map<string, GameId[]>;
  /**
   * Every game once, from the source in use with the lowest position. A revoked game is left out, unless the revocation comes
   * from an unsigned source and the entry from a signed one. Ids that differ only by case are one game.
   */
  games(): CatalogGameRow[];
  /** Ids, the best first. Every word of the query is a prefix. Never throws for odd input. */
  search(query: string, limit: number): GameId[];
}

export interface PlaySession {
  readonly gameId: GameId;
  readonly startedAt: number;
  readonly seconds: number;
  readonly exitCode: number | undefined;
}

/** A game that runs, or that ran at the last look. */
export interface RunningGameRow {
  readonly gameId: GameId;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly seenAt: number;
  /** The POSIX session of its first process; 0 when there is none. */
  readonly sessionId: number;
  readonly members: readonly { readonly pid: number; readonly startedAt: string }[];
}

export interface PlaySessionRepository {
  add(session: PlaySession): void;
  secondsByGame(): Map<GameId, number>;
  running(): RunningGameRow[];
  putRunning(row: RunningGameRow): void;
  /** Adds the session and removes the running game, in one transaction. */
  close(session: PlaySession): void;
}

/** The stored facts about an extension. Its files are in the state folder, or it is built in. */
export interface ExtensionRow {
  /** `publisher.name`. */
  readonly id: string;
  readonly version: string;
  /** The hash of the package that it was installed from; empty when there is none. */
  readonly hash: string;
  readonly enabled: boolean;
  /** The permissions that the player agreed to, in the form of the extensions folder. */
  readonly grantedPermissions: unknown;
  readonly crashCount: number;
  /** The public key that signed the package, in hex. */
  readonly signedBy: string | undefined;
}

export interface ExtensionRepository {
  /** Sorted by id. */
  all(): ExtensionRow[];
  get(id: string): ExtensionRow | undefined;
  /** Durable when it returns. */
  put(row: ExtensionRow): void;
  remove(id: string): void;
}

export interface State extends Disposable {
  /** The state folder, absolute; other files of the core are next to the database. */
  readonly directory: string;
  readonly settings: SettingsRepository;
  readonly catalog: CatalogRepository;
  readonly library: LibraryRepository;
  readonly blocks: BlockRepository;
  readonly intents: IntentRepository;
  readonly partials: PartialRepository;
  readonly downloadQueue: DownloadQueueRepository;
  readonly payloads: PayloadRepository;
  readonly inventory: InventoryRepository;
  readonly peers: PeerRepository;
  readonly playSessions: PlaySessionRepository;
  readonly extensions: ExtensionRepository;
  /**
   * Runs `work` in one transaction, durable when this returns; rolls back when it throws. Can be nested. `work` must be
   * synchronous.
   */
  transaction<T>(work: () => T): T;
}
