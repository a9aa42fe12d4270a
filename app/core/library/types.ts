import type { Event, GameId } from '../base/index.ts';
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
  onProgress?: (hashedBytes: number) => void;
}

/** BLAKE3 of every block of files, in a worker thread: the control loop never hashes. */
export interface BlockHasher extends AsyncDisposable {
  /** Hashes of all blocks of a file as it is now. Errors: the file system's, `CANCELLED`. */
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
  /** The games folder vanished or came back. */
  readonly onDidChangeAvailability: Event<{ available: boolean }>;
  /** Looks at every root; unchanged ones cost one listing. Roots held by `hold` are skipped. */
  scan(options?: { signal?: AbortSignal }): Promise<void>;
  /** Looks at one root now, also when it is held: the operation that holds it asks. */
  refresh(id: GameId): Promise<LocalGame | undefined>;
  /** A game under an operation: scans and watcher events skip it until disposed. */
  hold(id: GameId): Disposable;
  /** Tells peers which partial manifest this PC holds blocks of, or no longer does. */
  setPartial(id: GameId, partial: { version: string; manifestRoot: string; sizeBytes: number } | undefined): void;
  /** What is known of a downloaded game's manifest; starts hashing it first of all when it is not known. */
  manifestState(id: GameId): ManifestState;
  /** The manifest, hashed when needed. Errors: `NOT_DOWNLOADED`, file system, `CANCELLED`. */
  manifest(id: GameId, options?: HashOptions): Promise<HashedManifest>;
  /** A download is complete and every block was verified: remember it, so that nothing is hashed again. */
  adopt(id: GameId, hashed: HashedManifest): Promise<void>;
  /** Starts watching the games folder and the periodic scan. */
  watch(): Promise<void>;
}
