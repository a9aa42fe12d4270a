/** What a lane is: a way for block bytes between two PCs, whatever carries them. */
import type { GetBlocks } from '../protocol/index.ts';

/** Blocks of one file, with their places on disk. */
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
 * A way for block bytes. `fetch` resolves when every block was reported. Errors: `PEER_UNREACHABLE`, `PEER_GONE`,
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

/** The serve gate: one rule for every lane. Throws a LanspreadError with the refusal's code. */
export type Authorize = (peerId: string, request: GetBlocks) => Promise<ServePlan>;
