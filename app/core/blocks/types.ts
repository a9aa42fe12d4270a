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

/** The reports of a running download; names and fields as in the events of the same name. */
export interface DownloadListener {
  /** Peers that have the game are still reading it, and their answers may matter. Empty: the wait is over. */
  onWaiting?(waitsFor: readonly StillReading[]): void;
  onBegin(facts: {
    totalBytes: number;
    manifestRoot: string;
    peers: readonly string[];
    /** Files of the player that were in the way; they are in `.local.conflict-<time>` now. */
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
  /** The absolute path of the game folder. */
  readonly root: string;
  /** The manifest hash that a catalog pins. */
  readonly pinnedRoot?: string;
  /** The manifest hash that the player chose when peers hold different content. The catalog's pin wins over it. */
  readonly chosenRoot?: string;
  /** The payload's size from the catalog, where it is known. */
  readonly sizeBytes?: number;
  readonly willInstall: boolean;
  /**
   * The size of the installed game, where the catalog knows it. The download then checks that this space is free, too.
   */
  readonly unpackedSizeBytes?: number;
}

/** Asks to compare the payload with its manifest, or to repair it. */
export interface VerifyRequest {
  readonly gameId: GameId;
  /** The version that is here. */
  readonly version: string;
  /** The absolute path of the game folder. */
  readonly root: string;
  /** The manifest hash that the catalog names for this version. */
  readonly pinnedRoot?: string;
}

/** Where the manifest came from; see `chooseManifest`. */
export type ManifestSource = 'catalog' | 'download' | 'peers' | 'scan';

export interface VerifyListener {
  onBegin(facts: { version: string; totalBytes: number; manifestRoot: string; source: ManifestSource }): void;
  /** Bytes of the manifest that have been compared so far. */
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
  /** Files that the manifest does not name. They stay, and the payload is sound in spite of them. */
  readonly extraFiles: readonly string[];
  readonly badBlocks: number;
  readonly badBytes: number;
  readonly totalBytes: number;
}

export type RepairOutcome =
  | { readonly kind: 'finished'; readonly result: VerifyResult }
  | Extract<DownloadOutcome, { kind: 'failed' | 'peers-gone' }>;

/** Why a running download stops: `cancel` discards, the others keep the verified blocks. */
export type StopKind = 'cancel' | 'pause' | 'shutdown';
