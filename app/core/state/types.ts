/**
 * What the core keeps in SQLite, one small repository per table. The database is a cache and a journal: everything a
 * player owns is on disk in the game roots. All calls are synchronous and fast; a failing one throws `IO_ERROR`,
 * `DISK_FULL` or `STATE_CORRUPT`.
 */
import type { GameId, SafePath } from '../base/index.ts';

export type IntentKind = 'Downloading' | 'Installing' | 'Updating' | 'Uninstalling' | 'Streaming' | 'Removing';

/** What was under way in one game root, written before the first step on disk. Keyed by the absolute root path. */
export interface Intent {
  readonly root: string;
  readonly gameId: GameId;
  readonly kind: IntentKind;
  /** The version being downloaded or installed. */
  readonly version: string;
  /** The operation made the root folder itself. */
  readonly madeRoot: boolean;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

export interface IntentRepository {
  get(root: string): Intent | undefined;
  all(): Intent[];
  /** Durable when it returns (`synchronous=FULL`). Replaces an earlier intent of the same root. */
  put(intent: Intent): void;
  clear(root: string): void;
}

/** A download that is not complete: which blocks of which manifest are verified on disk. Keyed by the root path. */
export interface Partial {
  readonly root: string;
  readonly gameId: GameId;
  readonly version: string;
  readonly manifestRoot: string;
  /** The canonical manifest. */
  readonly manifestBytes: Uint8Array;
  /** Indexes of executable files of the manifest. */
  readonly executables: readonly number[];
  /** See `Bitmap`: one bit per block of the manifest. */
  readonly bitmap: Uint8Array;
  readonly verifiedBytes: number;
  /** False after a clean pause; true while running, so that a crash is seen and claimed blocks are hashed again. */
  readonly unclean: boolean;
  /** What the files looked like at a clean stop; see `sealFiles`. */
  readonly seal?: string;
  /** The download shall go on to install. */
  readonly install: boolean;
}

export interface PartialRepository {
  get(root: string): Partial | undefined;
  all(): Partial[];
  put(partial: Partial): void;
  /** Updates the progress of one; batched by the caller, need not be durable. */
  progress(root: string, progress: Pick<Partial, 'bitmap' | 'verifiedBytes' | 'unclean' | 'seal'>): void;
  clear(root: string): void;
}

/**
 * A download that is not over. `waiting` in the queue and `begun` go on by themselves after a restart, `paused` waits to be
 * resumed.
 */
export interface QueuedDownload {
  /** Absolute. */
  readonly root: string;
  readonly gameId: GameId;
  /** Go on to install. */
  readonly install: boolean;
  readonly phase: DownloadPhase;
}

export type DownloadPhase = 'waiting' | 'begun' | 'paused';

export interface DownloadQueueRepository {
  /** Those of this games folder, in their order. */
  below(gamesDir: string): QueuedDownload[];
  /** Takes over the whole queue of this games folder. */
  replace(gamesDir: string, entries: readonly QueuedDownload[]): void;
}

/** The manifest that a complete download was made from. */
export interface PayloadManifest {
  readonly version: string;
  readonly manifestRoot: string;
  readonly manifestBytes: Uint8Array;
  readonly executables: readonly number[];
}

/** What is ours among the files of a game root. Keyed by the root path. */
export interface PayloadRepository {
  /** Paths that Lanspread wrote or took over as payload; folders end in `/`. Undefined: nothing is known of this root. */
  knownPaths(root: string): string[] | undefined;
  /** Durable when it returns. */
  setKnownPaths(root: string, paths: readonly string[]): void;
  manifest(root: string): PayloadManifest | undefined;
  setManifest(root: string, manifest: PayloadManifest): void;
  clear(root: string): void;
}

/** Identity of a file's content without reading it. */
export interface FileIdentity {
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  readonly inode: bigint;
}

export interface BlockRepository {
  /** The block hashes of this very file identity, or undefined when it was never hashed or has changed. */
  get(file: FileIdentity): readonly string[] | undefined;
  put(file: FileIdentity, blocks: readonly string[]): void;
  putMany(files: readonly (readonly [FileIdentity, readonly string[]])[]): void;
  /** Forgets every file at or below an absolute path. */
  forgetBelow(path: string): void;
}

/** What the last scan saw of one game. */
export interface LibraryRow {
  readonly root: string;
  readonly gameId: GameId;
  /** Of the sentinel; undefined when not downloaded. */
  readonly version: string | undefined;
  readonly installedVersion: string | undefined;
  readonly sizeBytes: number;
  /** Of the root's listing; equal means: nothing changed. */
  readonly fingerprint: string;
  readonly manifestRoot: string | undefined;
  readonly revision: number;
}

export interface LibraryRepository {
  get(root: string): LibraryRow | undefined;
  /** Rows whose root is a direct child of the games folder. */
  below(gamesDir: string): LibraryRow[];
  put(row: LibraryRow): void;
  remove(root: string): void;
  /** Sets or clears what is installed, leaving the rest; makes the row when there is none. */
  setInstalledVersion(root: string, gameId: GameId, version: string | undefined): void;
  /** The next library revision; never decreases, survives restarts. */
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
  /** The stored JSON value, or undefined when never set, or damaged. */
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  all(): Record<string, unknown>;
}

export interface CatalogSourceRow {
  readonly id: string;
  readonly name: string;
  /** Where it was imported from. */
  readonly origin: string;
  readonly issued: string | undefined;
  /** By a key that is trusted now. */
  readonly signed: boolean;
  /** The public key, in hex, that the signature was made with when it was imported. */
  readonly signedBy: string | undefined;
  /** False: its games and revocations count for nothing. */
  readonly inUse: boolean;
  /** Lower wins when two sources list one game. */
  readonly position: number;
}

export interface CatalogGameRow {
  readonly sourceId: string;
  readonly gameId: GameId;
  readonly title: string;
  /** The game as the catalog's schema gives it, JSON. */
  readonly json: string;
  /** What full-text search reads: title, description, genres, tags, publisher. */
  readonly searchText: string;
}

export interface CatalogRepository {
  sources(): CatalogSourceRow[];
  /** Replaces the source, all its games and the ids that it revokes in one transaction. */
  replaceSource(source: CatalogSourceRow, games: readonly CatalogGameRow[], revoked?: readonly GameId[]): void;
  /** Whether sources are signed and in use, by id; what is the same already costs nothing. */
  setStanding(standing: ReadonlyMap<string, Pick<CatalogSourceRow, 'signed' | 'inUse'>>): void;
  removeSource(id: string): void;
  setOrder(ids: readonly string[]): void;
  /** What one source lists, revoked or not, in use or not. */
  gamesOf(sourceId: string): CatalogGameRow[];
  /** How many games each source lists, by its id. */
  gameCounts(): Map<string, number>;
  /** The ids that each source revokes, by its id. */
  revocations(): Map<string, GameId[]>;
  /**
   * Every game once: of the source in use with the lowest position. A revoked one is in none, unless the revocation is of
   * an unsigned source and the entry of a signed one. Ids that differ by case are one game.
   */
  games(): CatalogGameRow[];
  /** Ids, best first; every word of the query is a prefix; never throws for odd input. */
  search(query: string, limit: number): GameId[];
}

export interface PlaySession {
  readonly gameId: GameId;
  readonly startedAt: number;
  readonly seconds: number;
  readonly exitCode: number | undefined;
}

/** A game that runs, or ran when it was last seen. */
export interface RunningGameRow {
  readonly gameId: GameId;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly seenAt: number;
  /** POSIX session of its first process; 0 where there is none. */
  readonly sessionId: number;
  readonly members: readonly { readonly pid: number; readonly startedAt: string }[];
}

export interface PlaySessionRepository {
  add(session: PlaySession): void;
  secondsByGame(): Map<GameId, number>;
  running(): RunningGameRow[];
  putRunning(row: RunningGameRow): void;
  /** Adds the session and forgets that the game runs, in one transaction. */
  close(session: PlaySession): void;
}

/** What is remembered of an extension; its files lie in the state directory, or it is built in. */
export interface ExtensionRow {
  /** `publisher.name`. */
  readonly id: string;
  readonly version: string;
  /** Of the package it was installed from; empty when there is none. */
  readonly hash: string;
  readonly enabled: boolean;
  /** What the player agreed to, as the extensions folder has it. */
  readonly grantedPermissions: unknown;
  readonly crashCount: number;
  /** The public key, in hex, that signed the package. */
  readonly signedBy: string | undefined;
}

export interface ExtensionRepository {
  /** By id. */
  all(): ExtensionRow[];
  get(id: string): ExtensionRow | undefined;
  /** Durable when it returns. */
  put(row: ExtensionRow): void;
  remove(id: string): void;
}

export interface State extends Disposable {
  /** The state directory, absolute: other files of the core lie beside the database. */
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
  /** Runs `work` in one transaction, durable when it returns; rolls back when it throws. Nests. `work` is synchronous. */
  transaction<T>(work: () => T): T;
}
