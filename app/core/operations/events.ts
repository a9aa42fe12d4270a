/** The events of operations, with the names and fields that every outside reader sees. */
import type { ErrorCode, GameId } from '../base/index.ts';
import type { InstallProblem, StreamedInstallResult } from '../install/index.ts';
import type { VerifyResult } from '../blocks/index.ts';
import type { GamesPatch } from './snapshot.ts';
import type { OperationKind } from './table.ts';

interface Failed {
  gameId: GameId;
  code: ErrorCode | string;
  message: string;
  /** Details of the error: `peerId`, `file`, `block`, `neededBytes`, `freeBytes`… */
  [detail: string]: unknown;
}

interface Progress {
  gameId: GameId;
  bytes: number;
  totalBytes: number | undefined;
}

/** An install that other PCs unpacked: the senders, the bytes received, and the reason to trust them. */
interface StreamedFacts extends StreamedInstallResult {
  streamed: true;
}

/** The manifest with which a payload was compared. */
type HeldAgainst = Pick<VerifyResult, 'manifestRoot' | 'source'>;

export type OperationEventMessage =
  | ({ event: 'games-changed' } & GamesPatch)
  | { event: 'active-operations-changed'; operations: { gameId: GameId; kind: OperationKind }[] }
  /**
   * The download waits for PCs that are still hashing the game, because their vote may decide the content. Empty: it waits
   * for none.
   */
  | {
      event: 'download-waiting';
      gameId: GameId;
      peers: readonly { peerId: string; name: string; percent: number | undefined }[];
    }
  | {
      event: 'download-begin';
      gameId: GameId;
      totalBytes: number;
      manifestRoot: string;
      peers: readonly string[];
      /** For a streamed install, bytes are unpacked bytes. */
      streamed?: true;
      /** The player's files that were in the way; they are now in `.local.conflict-<time>`. */
      setAside?: readonly string[];
    }
  | {
      event: 'download-progress';
      gameId: GameId;
      downloadedBytes: number;
      totalBytes: number;
      bytesPerSecond: number;
      etaSeconds: number | undefined;
      activePeers: number;
      streamed?: true;
    }
  | {
      event: 'blocks-verified';
      gameId: GameId;
      peerId: string;
      file: string;
      firstBlock: number;
      count: number;
      lane: 'tls' | 'libp2p';
    }
  | { event: 'peer-struck'; gameId: GameId; peerId: string; file: string; block: number }
  | { event: 'download-finished'; gameId: GameId; totalBytes: number; manifestRoot: string | undefined }
  /** `install`: whether an install was to follow. */
  | ({ event: 'download-failed'; resumableBytes: number; install?: boolean } & Failed)
  | { event: 'download-cancelled'; gameId: GameId; resumableBytes: 0; streamed?: true }
  | { event: 'download-paused'; gameId: GameId; resumableBytes: number }
  | { event: 'download-peers-gone'; gameId: GameId; resumableBytes: number }
  | {
      event: 'install-begin' | 'update-begin';
      gameId: GameId;
      version: string;
      totalBytes: number | undefined;
      streamed?: true;
    }
  | ({ event: 'install-progress' | 'update-progress'; streamed?: true } & Progress)
  | ({ event: 'install-finished' | 'update-finished'; gameId: GameId; version: string } & Partial<StreamedFacts>)
  /** The streamed install gives up one sender and tries the next. */
  | ({ event: 'stream-sender-failed'; peerId: string } & Failed)
  | ({ event: 'install-failed' | 'update-failed' } & Failed)
  | { event: 'uninstall-begin' | 'uninstall-finished'; gameId: GameId }
  | ({ event: 'uninstall-failed' } & Failed)
  | { event: 'remove-begin' | 'remove-finished'; gameId: GameId }
  | ({ event: 'remove-failed' } & Failed)
  | ({ event: 'verify-begin' | 'repair-begin'; gameId: GameId; version: string; totalBytes: number } & HeldAgainst)
  | { event: 'verify-progress'; gameId: GameId; bytes: number; totalBytes: number }
  | ({
      event: 'verify-finished';
      gameId: GameId;
      badFileCount: number;
      /** The files are sound but cannot be installed. */
      installProblem?: InstallProblem;
    } & VerifyResult)
  | ({ event: 'verify-failed' } & Failed)
  | { event: 'repair-progress'; gameId: GameId; stage: 'verify' | 'fetch'; bytes: number; totalBytes: number }
  | ({
      event: 'repair-finished';
      gameId: GameId;
      version: string;
      repairedFiles: readonly string[];
      repairedBlocks: number;
      repairedBytes: number;
      extraFiles: readonly string[];
    } & HeldAgainst)
  | ({ event: 'repair-failed' } & Failed)
  | { event: 'play-started'; gameId: GameId }
  | {
      event: 'play-ended';
      gameId: GameId;
      exitCode: number | undefined;
      seconds: number;
      /** The launcher ended, and the game still runs. */
      detached?: true;
    }
  | ({ event: 'play-failed' } & Failed);

export type EmitOperationEvent = (message: OperationEventMessage) => void;
