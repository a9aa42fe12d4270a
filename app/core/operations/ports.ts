/** The ports through which operations use the folders below; the wiring connects the real ones, tests connect fakes. */
import type { GameId } from '../base/index.ts';
import type { CatalogGame } from '../catalog/index.ts';
import type {
  InstallListener,
  InstallProblem,
  InstallRequest,
  StreamedInstallListener,
  StreamedInstallRequest,
  StreamedInstallResult,
} from '../install/index.ts';
import type { Transfer } from '../blocks/index.ts';

/** The abort reason of a download's signal is a `stopReason`. */
export type TransferPort = Pick<
  Transfer,
  'download' | 'resumable' | 'discard' | 'verify' | 'repair' | 'findSenders' | 'forgetPayload'
>;

/** A running game. */
export interface PlayingGame {
  readonly gameId: GameId;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly ended: Promise<{
    readonly exitCode: number | undefined;
    readonly seconds: number;
    readonly detached: boolean;
    readonly failedAtOnce?: { readonly lastWords: string };
  }>;
  stop(): void;
  detach(): void;
}

/** The port to the folder `play/`, which is on the same level; the wiring connects it. */
export interface PlayPort<Request = unknown> {
  /** Throws `NO_LAUNCH`. `directory`: the installed game, absolute. */
  plan(game: CatalogGame, options: { label: string | undefined; directory: string }): Request;
  /** Throws the error that would keep the game from starting. */
  assertStartable(request: Request): Promise<void>;
  start(request: Request): Promise<PlayingGame>;
  resume(): Promise<PlayingGame[]>;
  /** The time each game was played, in seconds. */
  playedSeconds(): ReadonlyMap<GameId, number>;
}

export interface InstallPort {
  /** Finishes or takes back an earlier operation. Waits when a recovery is already doing so. */
  settle(request: { gameId: GameId; root: string }, options: { signal: AbortSignal }): Promise<void>;
  /** The reason why the download cannot be installed, found in the lists of its archives. */
  check(
    request: { gameId: GameId; root: string },
    options: { signal: AbortSignal },
  ): Promise<InstallProblem | undefined>;
  /** Throws a coded error after it has restored the state from before. */
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
  /** Whether an earlier removal deleted only a part: the game no longer counts as downloaded, but files are still there. */
  isHalfRemoved(request: { gameId: GameId; root: string }): boolean;
  removeDownload(request: { gameId: GameId; root: string }): Promise<void>;
}
