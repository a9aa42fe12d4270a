import type { GameId } from '../base/index.ts';
import type { GetBlocks } from '../protocol/index.ts';

/** Blocks of one file, as a lane shall write them. */
export interface FileWrite {
  /** Absolute; its folder exists. Opened without following links; made at `sizeBytes` when it is not there. */
  readonly path: string;
  readonly sizeBytes: number;
  /**
   * Verified blocks of it are on disk: if it is gone or shorter now they are lost, and making it anew would hide that.
   * `IO_ERROR` then. Default: false.
   */
  readonly isBegun?: boolean;
  readonly blocks: readonly {
    /** Number within the manifest. */
    readonly block: number;
    readonly offsetBytes: number;
    readonly lengthBytes: number;
    readonly hash: string;
  }[];
}

export interface FetchRequest {
  readonly peerId: string;
  readonly request: GetBlocks;
  /** In the order the bytes arrive; together exactly the blocks that `request` names. */
  readonly files: readonly FileWrite[];
}

export interface FetchListener {
  /** Raw payload bytes, sound or not; called at most some 20 times a second. */
  onBytes(count: number): void;
  /** A block is on disk and its hash was compared. Batched by the lane: several calls in one turn are fine. */
  onBlock(block: number, sound: boolean): void;
}

/**
 * A road for block bytes. `fetch` resolves when every block was reported. Errors: `PEER_UNREACHABLE`, `PEER_GONE`,
 * `PEER_TIMEOUT`, a serve-gate code of the peer (`GAME_NOT_FOUND`, `MANIFEST_MISMATCH`, `BLOCK_NOT_AVAILABLE`,
 * `NOT_SERVED`, `TOO_MANY_REQUESTS`), `DISK_FULL`, `IO_ERROR`, `CANCELLED`; blocks reported before stay reported.
 * After it settles the lane writes nothing of this request any more.
 */
export interface Lane extends AsyncDisposable {
  readonly kind: 'tls' | 'libp2p';
  fetch(request: FetchRequest, listener: FetchListener, options: { signal: AbortSignal }): Promise<void>;
}

/** Where the bytes of an allowed request lie on disk. */
export interface ServePlan {
  readonly totalBytes: number;
  readonly segments: readonly { readonly path: string; readonly offsetBytes: number; readonly lengthBytes: number }[];
}

/** The serve gate: one rule for every road. Throws a LanspreadError with the refusal's code. */
export type Authorize = (peerId: string, request: GetBlocks) => Promise<ServePlan>;

export interface UploadLimits {
  /** Undefined: unlimited. */
  readonly totalBytesPerSecond: number | undefined;
  readonly perPeerBytesPerSecond: number | undefined;
  /** Peers served at a time. Undefined: a few, and more where they do not seem to use up what can be sent. */
  readonly maxPeers: number | undefined;
}

/** Who may upload now, and how much: one account for every road. */
export interface Uploads {
  /** Whether bytes need grants at all. */
  readonly isMetered: boolean;
  /** A request wants to be served: `admit` is called, at once or later. Disposing ends it, waiting or served. */
  enter(peerId: string, admit: () => void): Disposable;
  /** Somebody wants to send: `grant` is called with a number of bytes, at once or later. Disposing withdraws it. */
  claim(peerId: string, grant: (bytes: number) => void): Disposable;
}

export type DownloadOutcome =
  | { readonly kind: 'finished'; readonly manifestRoot: string | undefined; readonly totalBytes: number }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly message: string;
      readonly details: object;
      readonly resumableBytes: number;
    }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'paused'; readonly resumableBytes: number }
  | { readonly kind: 'peers-gone'; readonly resumableBytes: number };

/** What a running download tells; names and fields as in the events of the same name. */
export interface DownloadListener {
  onBegin(facts: {
    totalBytes: number;
    manifestRoot: string;
    peers: readonly string[];
    /** What was the player's and in the way: it is in `.local.conflict-<time>` now. */
    setAside?: readonly string[];
  }): void;
  onProgress(sample: {
    downloadedBytes: number;
    totalBytes: number;
    bytesPerSecond: number;
    etaSeconds: number | undefined;
    activePeers: number;
  }): void;
  onBlocksVerified(facts: {
    peerId: string;
    file: string;
    firstBlock: number;
    count: number;
    lane: Lane['kind'];
  }): void;
  onPeerStruck(facts: { peerId: string; file: string; block: number }): void;
}

export interface DownloadRequest {
  readonly gameId: GameId;
  /** The wanted version. */
  readonly version: string;
  /** Absolute game root. */
  readonly root: string;
  /** A catalog's pin. */
  readonly pinnedRoot?: string;
  readonly willInstall: boolean;
  /** What the game takes once installed, where the catalog knows: the space is asked for beforehand. */
  readonly unpackedSizeBytes?: number;
}

/** Comparing what is here with its manifest, and fetching again what differs. */
export interface VerifyRequest {
  readonly gameId: GameId;
  /** The version that is here. */
  readonly version: string;
  /** Absolute game root. */
  readonly root: string;
  /** The root that the catalog names for this version. */
  readonly pinnedRoot?: string;
}

/** Where the manifest comes from that a payload was held against; see `chooseManifest`. */
export type ManifestSource = 'catalog' | 'download' | 'peers' | 'scan';

export interface VerifyListener {
  onBegin(facts: { version: string; totalBytes: number; manifestRoot: string; source: ManifestSource }): void;
  /** Bytes of the manifest that were dealt with. */
  onProgress(facts: { bytes: number; totalBytes: number }): void;
}

export interface VerifyResult {
  readonly version: string;
  readonly manifestRoot: string;
  readonly source: ManifestSource;
  /** Every file and folder of the manifest is here, byte for byte. */
  readonly sound: boolean;
  /** Files that differ or are missing. */
  readonly badFiles: readonly string[];
  readonly missingFiles: readonly string[];
  /** Files that the manifest does not name; they are left alone and make nothing unsound. */
  readonly extraFiles: readonly string[];
  readonly badBlocks: number;
  readonly badBytes: number;
  readonly totalBytes: number;
}

export type RepairOutcome =
  | { readonly kind: 'finished'; readonly result: VerifyResult }
  | Extract<DownloadOutcome, { kind: 'failed' | 'peers-gone' }>;

/** Why a running download is told to stop: `cancel` discards, the others keep what is verified. */
export type StopKind = 'cancel' | 'pause' | 'shutdown';
