import type { Event, GameId } from '../base/index.ts';
import type { HeldBack } from './copy-in-progress.ts';
import type { LibraryDelta, LibrarySnapshot, Manifest } from '../protocol/index.ts';

/** One game folder as it is on the disk. */
export interface LocalGame {
  readonly id: GameId;
  /** Absolute. */
  readonly root: string;
  /** The sentinel's version; undefined when there is no sentinel (not downloaded). */
  readonly version: string | undefined;
  readonly downloaded: boolean;
  readonly installed: boolean;
  readonly installedVersion: string | undefined;
  /** Bytes of the payload. */
  readonly sizeBytes: number;
  readonly fingerprint: string;
  /** Set once the payload is hashed. */
  readonly manifestRoot: string | undefined;
  /** Why a download cannot be shared, in words: it holds a link, or a name that some PC cannot store. */
  readonly unshareable?: string;
  /** Why a downloaded game is not offered for now. */
  readonly heldBack?: HeldBack;
}

/** A manifest with its canonical bytes and the facts that travel beside it. */
export interface HashedManifest {
  readonly manifest: Manifest;
  readonly bytes: Uint8Array;
  readonly root: string;
  /** Indexes of executable files. */
  readonly executables: readonly number[];
}

export type ManifestState =
  | { readonly kind: 'ready'; readonly hashed: HashedManifest }
  | { readonly kind: 'pending'; readonly percent: number }
  | { readonly kind: 'none' };

export interface HashOptions {
  signal?: AbortSignal;
  /** Receives the bytes that this call has hashed so far; not called for every block. */
  onProgress?: (hashedBytes: number) => void;
  /** Asked repeatedly: urgent jobs go before the others. Default: `checkBlocks` is urgent, `hashFile` is not. */
  isUrgent?: () => boolean;
}

/** BLAKE3 of every block of files, in a worker thread: the control loop never hashes. */
export interface BlockHasher extends AsyncDisposable {
  /**
   * The hashes of all blocks of a regular file as it is now. The caller compares the file's identity before and after.
   * Errors: the file system's (also for a link), `CANCELLED`, `SHUTTING_DOWN`.
   */
  hashFile(path: string, options?: HashOptions): Promise<string[]>;
  /** Whether each of these blocks of a file matches its hash. Blocks of a short or missing file do not match. */
  checkBlocks(
    path: string,
    blocks: readonly { offsetBytes: number; lengthBytes: number; hash: string }[],
    options?: HashOptions,
  ): Promise<boolean[]>;
}

/** The games of this PC. Only ids of the catalog are listed. */
export interface Library extends AsyncDisposable {
  readonly gamesDir: string;
  readonly revision: number;
  games(): readonly LocalGame[];
  get(id: GameId): LocalGame | undefined;
  /** The games that peers hear of. Partials are added by `setPartial`. */
  snapshot(): LibrarySnapshot;
  /** One delta per change of revision. */
  readonly onDidChange: Event<LibraryDelta>;
  /** These games changed on this PC, whether peers hear of it or not. */
  readonly onDidChangeLocal: Event<readonly GameId[]>;
  /** Whether the games folder was there at the last check. */
  readonly isAvailable: boolean;
  /**
   * Checks the games folder now. Tells whether it is there, and fires `onDidChangeAvailability` if it has gone. Never
   * throws.
   */
  checkFolder(): Promise<boolean>;
  /** The games folder vanished or came back. */
  readonly onDidChangeAvailability: Event<{ available: boolean }>;
  /**
   * Looks at every game folder. An unchanged one costs one listing and one read of the sentinel; with `thorough` also a
   * stat of each file at the top level. Held games are skipped; a folder that cannot be read keeps its last known
   * state. A missing games folder is no error. Errors: `CANCELLED`, `SHUTTING_DOWN`, the database's, those of a PC with
   * too many open files.
   */
  scan(options?: { signal?: AbortSignal; thorough?: boolean }): Promise<void>;
  /** Looks at one game folder now, even if it is held: the operation that holds it asks. */
  refresh(id: GameId): Promise<LocalGame | undefined>;
  /** Holds a game for an operation: scans and watcher events skip it until disposed. */
  hold(id: GameId): Disposable;
  /** Tells peers which partial manifest this PC holds blocks of, or no longer does. */
  setPartial(id: GameId, partial: { version: string; manifestRoot: string; sizeBytes: number } | undefined): void;
  /**
   * The state of a downloaded game's manifest; starts hashing with priority if it is unknown. `none`: not downloaded,
   * or not to be shared (`LocalGame.unshareable`).
   */
  manifestState(id: GameId): ManifestState;
  /**
   * The manifest; hashes the payload if needed. Errors: `NOT_DOWNLOADED`, `GAMES_DIR_LOST`, `INVALID_PATH` or
   * `MANIFEST_INVALID` (no manifest can describe the payload), the file system's, `CANCELLED` (also when the game
   * changed or vanished meanwhile).
   */
  manifest(id: GameId, options?: HashOptions): Promise<HashedManifest>;
  /**
   * Called when a download is complete but for the sentinel and every block is verified. Remembers the hashes, so that
   * nothing is hashed again. Errors: the file system's.
   */
  adopt(id: GameId, hashed: HashedManifest): Promise<void>;
  /**
   * Starts watching the games folder and the periodic scan; resolves when changes are seen. Never fails: without a
   * watcher the periodic scan goes on.
   */
  watch(): Promise<void>;
}
