import type { Event, GameId } from '../base/index.ts';
import type { HeldBack } from './copy-in-progress.ts';
import type { LibraryDelta, LibrarySnapshot, Manifest } from '../protocol/index.ts';

/** One game root as it is on disk. */
export interface LocalGame {
  readonly id: GameId;
  /** Absolute. */
  readonly root: string;
  /** What the sentinel names; undefined when there is none (not downloaded). */
  readonly version: string | undefined;
  readonly downloaded: boolean;
  readonly installed: boolean;
  readonly installedVersion: string | undefined;
  /** Bytes of the payload. */
  readonly sizeBytes: number;
  readonly fingerprint: string;
  /** Once the payload is hashed. */
  readonly manifestRoot: string | undefined;
  /** Why a download cannot be shared, in words: it holds a link, or a name that some PC cannot store. */
  readonly unshareable?: string;
  /** Why it is not offered for now, though it is downloaded. */
  readonly heldBack?: HeldBack;
}

/** A manifest with its canonical bytes and what travels beside it. */
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
  /** Bytes of this call that are hashed; not called for every block. */
  onProgress?: (hashedBytes: number) => void;
  /** Asked again and again: who waits for this goes before who does not. Default: `checkBlocks` yes, `hashFile` no. */
  isUrgent?: () => boolean;
}

/** BLAKE3 of every block of files, in a worker thread: the control loop never hashes. */
export interface BlockHasher extends AsyncDisposable {
  /**
   * Hashes of all blocks of a regular file as it is now; the caller compares its identity before and after. Errors: the
   * file system's (also for a link), `CANCELLED`, `SHUTTING_DOWN`.
   */
  hashFile(path: string, options?: HashOptions): Promise<string[]>;
  /** Whether each of these blocks of a file fits its hash; a short or missing file fails. */
  checkBlocks(
    path: string,
    blocks: readonly { offsetBytes: number; lengthBytes: number; hash: string }[],
    options?: HashOptions,
  ): Promise<boolean[]>;
}

/** What this PC has. Only ids of the catalog are listed. */
export interface Library extends AsyncDisposable {
  readonly gamesDir: string;
  readonly revision: number;
  games(): readonly LocalGame[];
  get(id: GameId): LocalGame | undefined;
  /** What is told to peers. Partials are added by `setPartial`. */
  snapshot(): LibrarySnapshot;
  /** One delta per change of revision. */
  readonly onDidChange: Event<LibraryDelta>;
  /** What this PC has of these games changed, told to others or not. */
  readonly onDidChangeLocal: Event<readonly GameId[]>;
  /** Whether the games folder was there when it was last looked for. */
  readonly isAvailable: boolean;
  /** Looks for the games folder now; tells whether it is there, and the world if that is news. Never throws. */
  checkFolder(): Promise<boolean>;
  /** The games folder vanished or came back. */
  readonly onDidChangeAvailability: Event<{ available: boolean }>;
  /**
   * Looks at every root; unchanged ones cost one listing and reading the sentinel, with `thorough` also a stat of each
   * file at the top level. Roots held by `hold` are skipped; one that cannot be read stays as it was known. A games
   * folder that is not there is no error. Errors: `CANCELLED`, `SHUTTING_DOWN`, the database's, those of a PC with too many
   * open files.
   */
  scan(options?: { signal?: AbortSignal; thorough?: boolean }): Promise<void>;
  /** Looks at one root now, also when it is held: the operation that holds it asks. */
  refresh(id: GameId): Promise<LocalGame | undefined>;
  /** A game under an operation: scans and watcher events skip it until disposed. */
  hold(id: GameId): Disposable;
  /** Tells peers which partial manifest this PC holds blocks of, or no longer does. */
  setPartial(id: GameId, partial: { version: string; manifestRoot: string; sizeBytes: number } | undefined): void;
  /**
   * What is known of a downloaded game's manifest; starts hashing it first of all when it is not known. `none`: not
   * downloaded, or not to be shared (`LocalGame.unshareable`).
   */
  manifestState(id: GameId): ManifestState;
  /**
   * The manifest, hashed when needed. Errors: `NOT_DOWNLOADED`, `GAMES_DIR_LOST`, `INVALID_PATH` or `MANIFEST_INVALID`
   * (no manifest can describe the payload), file system, `CANCELLED` (also when the game changed or went meanwhile).
   */
  manifest(id: GameId, options?: HashOptions): Promise<HashedManifest>;
  /**
   * A download is complete on disk but for the sentinel, and every block was verified: remembers it, so that nothing is
   * hashed again. Errors: the file system's.
   */
  adopt(id: GameId, hashed: HashedManifest): Promise<void>;
  /**
   * Starts watching the games folder and the periodic scan; resolves when changes are seen. Never fails: without a
   * watcher the periodic scan goes on.
   */
  watch(): Promise<void>;
}
