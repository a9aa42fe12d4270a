import type { GameId } from '../base/index.ts';
import type { StillReading } from '../manifests/index.ts';
import type { Lane } from '../lanes/index.ts';

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
  /** PCs that have the game are still reading it, and what they say may matter. Empty: nobody is waited for any more. */
  onWaiting?(waitsFor: readonly StillReading[]): void;
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
  /** What the player chose where PCs hold different content; the catalog's pin goes before it. */
  readonly chosenRoot?: string;
  /** The payload's size by the catalog, where that is known. */
  readonly sizeBytes?: number;
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
