/** What running operations asks of the folders below; core.ts plugs the real ones in, tests plug fakes. */
import type { GameId } from '../base/index.ts';
import type { InstallListener, InstallRequest } from '../install/index.ts';
import type { DownloadListener, DownloadOutcome, DownloadRequest } from '../transfer/index.ts';
import type { Resumable } from './games-view.ts';

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
  resumable(root: string): (Resumable & { readonly install: boolean }) | undefined;
  /** Deletes what a download left in this root. */
  discard(request: { gameId: GameId; root: string }): Promise<void>;
  stopReason(kind: StopKind): Error;
}

export interface InstallPort {
  /** Throws a coded error after rolling back to exactly what was there. */
  install(request: InstallRequest, listener: InstallListener, options: { signal: AbortSignal }): Promise<void>;
  update(request: InstallRequest, listener: InstallListener, options: { signal: AbortSignal }): Promise<void>;
  uninstall(request: { gameId: GameId; root: string }, options: { signal: AbortSignal }): Promise<void>;
  /** Throws `NOT_REMOVABLE` with the reason when the download may not be removed. Changes nothing. */
  assertRemovable(request: { gameId: GameId; root: string }): Promise<void>;
  removeDownload(request: { gameId: GameId; root: string }): Promise<void>;
}
