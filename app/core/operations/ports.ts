/** What running operations asks of the folders below; core.ts plugs the real ones in, tests plug fakes. */
import type { GameId } from '../base/index.ts';
import type { CatalogGame } from '../catalog/index.ts';
import type {
  InstallListener,
  InstallRequest,
  StreamedInstallListener,
  StreamedInstallRequest,
  StreamedInstallResult,
} from '../install/index.ts';
import type {
  DownloadListener,
  DownloadOutcome,
  DownloadRequest,
  RepairOutcome,
  ResumableDownload,
  StreamSenders,
  VerifyListener,
  VerifyRequest,
  VerifyResult,
} from '../transfer/index.ts';

/** Why a running download is told to stop. */
export type StopKind = 'cancel' | 'pause' | 'shutdown';

export interface TransferPort {
  /** Never throws. The signal's reason says which of the three stops is meant. */
  download(
    request: DownloadRequest,
    listener: DownloadListener,
    options: { signal: AbortSignal },
  ): Promise<DownloadOutcome>;
  /** What a paused or broken-off download of this root keeps. */
  resumable(root: string): ResumableDownload | undefined;
  /** Deletes what a download left in this root. */
  discard(request: { gameId: GameId; root: string }): Promise<void>;
  stopReason(kind: StopKind): Error;
  /** Throws coded errors and `CANCELLED`. */
  verify(request: VerifyRequest, listener: VerifyListener, options: { signal: AbortSignal }): Promise<VerifyResult>;
  /** Never throws. */
  repair(
    request: VerifyRequest,
    listeners: { verifying: VerifyListener; downloading: DownloadListener },
    options: { signal: AbortSignal },
  ): Promise<RepairOutcome>;
  /** Who can give the game for a streamed install. Throws `NO_PEERS`, `MANIFEST_TIE`, `CANCELLED`. */
  findSenders(
    request: { gameId: GameId; version: string; pinnedRoot?: string | undefined },
    options: { signal: AbortSignal },
  ): Promise<StreamSenders>;
  /** The downloaded files of this root were deleted. */
  forgetPayload(root: string): void;
}

/** A game that runs. */
export interface PlayingGame {
  readonly gameId: GameId;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly ended: Promise<{
    readonly exitCode: number | undefined;
    readonly seconds: number;
    readonly detached: boolean;
  }>;
  stop(): void;
  detach(): void;
}

/** What the folder `play/` does, of the same level as this one: core.ts plugs it in. */
export interface PlayPort<Request = unknown> {
  /** Throws `NO_LAUNCH`. `directory`: the installed game, absolute. */
  plan(game: CatalogGame, options: { label: string | undefined; directory: string }): Request;
  /** Throws what would keep it from starting. */
  assertStartable(request: Request): Promise<void>;
  start(request: Request): Promise<PlayingGame>;
  resume(): Promise<PlayingGame[]>;
  /** How long each game was played, in seconds. */
  playedSeconds(): ReadonlyMap<GameId, number>;
}

export interface InstallPort {
  /** Throws a coded error after rolling back to exactly what was there. */
  install(request: InstallRequest, listener: InstallListener, options: { signal: AbortSignal }): Promise<void>;
  update(request: InstallRequest, listener: InstallListener, options: { signal: AbortSignal }): Promise<void>;
  streamedInstall(
    request: StreamedInstallRequest,
    listener: StreamedInstallListener,
    options: { signal: AbortSignal },
  ): Promise<StreamedInstallResult>;
  uninstall(request: { gameId: GameId; root: string }, options: { signal: AbortSignal }): Promise<void>;
  /** Throws `NOT_REMOVABLE` with the reason when the download may not be removed. Changes nothing. */
  assertRemovable(request: { gameId: GameId; root: string }): Promise<void>;
  removeDownload(request: { gameId: GameId; root: string }): Promise<void>;
}
