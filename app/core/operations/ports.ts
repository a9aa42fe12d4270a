/** What running operations asks of the folders below; core.ts plugs the real ones in, tests plug fakes. */
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

/** The signal of a download carries a `stopReason`. */
export type TransferPort = Pick<
  Transfer,
  'download' | 'resumable' | 'discard' | 'verify' | 'repair' | 'findSenders' | 'forgetPayload'
>;

/** A game that runs. */
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
  /** Ends what an earlier operation left unfinished, and waits for a recovery that does. */
  settle(request: { gameId: GameId; root: string }, options: { signal: AbortSignal }): Promise<void>;
  /** Why the download cannot be installed, by what its archives list. */
  check(
    request: { gameId: GameId; root: string },
    options: { signal: AbortSignal },
  ): Promise<InstallProblem | undefined>;
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
  /** An earlier removal deleted some of it: nothing is downloaded any more, and yet there is something to remove. */
  isHalfRemoved(request: { gameId: GameId; root: string }): boolean;
  removeDownload(request: { gameId: GameId; root: string }): Promise<void>;
}
