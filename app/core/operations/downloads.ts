import { join } from 'node:path';
import { LanspreadError, type ErrorCode, type GameId } from '../base/index.ts';
import type { Catalog, CatalogGame } from '../catalog/index.ts';
import type { Library } from '../library/index.ts';
import type { PeerNetwork } from '../peers/index.ts';
import type { DownloadListener, DownloadOutcome } from '../transfer/index.ts';
import type { ActiveOperation } from './active.ts';
import type { EmitOperationEvent, OperationEventMessage } from './events.ts';
import { offersOf } from './games-view.ts';
import type { Installs } from './installs.ts';
import type { TransferPort } from './ports.ts';
import { moveInQueue, startable, type Queue } from './queue.ts';
import { failureFacts, type OperationRunner } from './runner.ts';
import { isCancellable, isPausable } from './table.ts';

export interface DownloadsOptions {
  runner: OperationRunner;
  transfer: TransferPort;
  installs: Installs;
  catalog: Pick<Catalog, 'get'>;
  library: Pick<Library, 'get' | 'gamesDir'>;
  peers: Pick<PeerNetwork, 'peers'>;
  emit: EmitOperationEvent;
  /** Downloads that may run at a time. */
  maxConcurrent: () => number;
  onQueueChanged: (ids: readonly GameId[]) => void;
}

interface Waiting {
  readonly install: boolean;
  readonly begin: () => void;
}

/** Downloads: the queue, the transfer, and the install that follows; cancel, pause, resume. */
export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #waiting = new Map<GameId, Waiting>();
  /** Broken off because every peer went away: taken up again by itself when one returns. */
  readonly #peersGone = new Map<GameId, { install: boolean }>();
  #queue: Queue = [];
  #transferring = 0;

  constructor(options: DownloadsOptions) {
    this.#options = options;
  }

  /** Queues a download of the wanted version. `install`: go on to install, or to update what is installed. */
  start(game: CatalogGame, { install }: { install: boolean }): void {
    const { runner } = this.#options;
    const failed = (error: LanspreadError): OperationEventMessage => ({
      event: 'download-failed',
      ...failureFacts(error),
      gameId: game.id,
      resumableBytes: this.#options.transfer.resumable(this.#root(game.id))?.bytes ?? 0,
    });
    this.#peersGone.delete(game.id);
    runner.start({ gameId: game.id, event: 'queue', failed }, (operation) => this.#run(operation, game, install));
    this.#pump();
  }

  resume(game: CatalogGame): void {
    const kept = this.#options.transfer.resumable(this.#root(game.id));
    this.#options.runner.active.assertIdle(game.id);
    if (!kept) throw new LanspreadError('NOT_RESUMABLE', { details: { gameId: game.id } });
    this.start(game, { install: kept.install });
  }

  pause(gameId: GameId): void {
    const { runner, transfer } = this.#options;
    const running = runner.active.get(gameId);
    if (!running || !isPausable(running.kind)) throw noDownload(gameId, running, 'pause');
    running.controller.abort(transfer.stopReason('pause'));
  }

  /** Ends a queued or running download, or forgets a resumable one; what it left on disk is deleted. */
  cancel(gameId: GameId): void {
    const { runner, transfer } = this.#options;
    const running = runner.active.get(gameId);
    this.#peersGone.delete(gameId);
    if (running) {
      if (!isCancellable(running.kind)) throw noDownload(gameId, running, 'cancel');
      running.controller.abort(transfer.stopReason('cancel'));
      return;
    }
    const root = this.#root(gameId);
    if (!transfer.resumable(root)) throw new LanspreadError('NO_OPERATION', { details: { gameId } });
    const failed = (error: LanspreadError): OperationEventMessage => ({
      event: 'download-failed',
      ...failureFacts(error),
      gameId,
      resumableBytes: 0,
    });
    runner.start({ gameId, event: 'queue', failed }, async () => {
      await transfer.discard({ gameId, root });
      return { event: 'download-cancelled', gameId, resumableBytes: 0 };
    });
  }

  /** Moves a waiting download; `to` counts from 0. */
  move(gameId: GameId, to: number): void {
    if (!this.#queue.includes(gameId))
      throw new LanspreadError('NO_OPERATION', { message: `${gameId} is not waiting.` });
    this.#setQueue(moveInQueue(this.#queue, gameId, to));
  }

  /** From 1; undefined when it does not wait. */
  queuePosition(gameId: GameId): number | undefined {
    const place = this.#queue.indexOf(gameId);
    return place < 0 ? undefined : place + 1;
  }

  /** Peers or their games changed: takes up again what had lost its peers. */
  resumeWherePeersReturned(): void {
    for (const [gameId, { install }] of this.#peersGone) {
      const game = this.#options.catalog.get(gameId);
      if (!game || this.#options.runner.active.get(gameId)) continue;
      if (offersOf(game, this.#options.peers.peers()).peerCount > 0) this.start(game, { install });
    }
  }

  /** More may run now: a slot is free or the limit was raised. */
  pump(): void {
    this.#pump();
  }

  async #run(operation: ActiveOperation, game: CatalogGame, install: boolean): Promise<OperationEventMessage> {
    const { gameId } = operation;
    const outcome = this.#complete(game) ?? (await this.#transferInTurn(operation, game, install));
    switch (outcome.kind) {
      case 'finished':
        return await this.#finish(operation, game, { install, outcome });
      case 'failed':
        return {
          ...outcome.details,
          event: 'download-failed',
          gameId,
          code: outcome.code,
          message: outcome.message,
          resumableBytes: outcome.resumableBytes,
        };
      case 'cancelled':
        return { event: 'download-cancelled', gameId, resumableBytes: 0 };
      case 'paused':
        return { event: 'download-paused', gameId, resumableBytes: outcome.resumableBytes };
      case 'peers-gone':
        this.#peersGone.set(gameId, { install });
        return { event: 'download-peers-gone', gameId, resumableBytes: outcome.resumableBytes };
    }
  }

  async #finish(
    operation: ActiveOperation,
    game: CatalogGame,
    { install, outcome }: { install: boolean; outcome: DownloadOutcome & { kind: 'finished' } },
  ): Promise<OperationEventMessage> {
    const { gameId } = operation;
    const { runner, installs, library } = this.#options;
    const finished: OperationEventMessage = {
      event: 'download-finished',
      gameId,
      totalBytes: outcome.totalBytes,
      manifestRoot: outcome.manifestRoot,
    };
    if (!install) return finished;
    const kind = library.get(gameId)?.installed ? 'update' : 'install';
    await runner.milestone(gameId, kind, finished);
    return await installs.perform(kind, operation, game.version);
  }

  /** The wanted version is here already: nothing to transfer. */
  #complete(game: CatalogGame): (DownloadOutcome & { kind: 'finished' }) | undefined {
    const local = this.#options.library.get(game.id);
    if (!local?.downloaded || local.version !== game.version) return undefined;
    return { kind: 'finished', totalBytes: local.sizeBytes, manifestRoot: local.manifestRoot };
  }

  /** Waits for a slot, then transfers; the slot is free again before the install begins. */
  async #transferInTurn(operation: ActiveOperation, game: CatalogGame, install: boolean): Promise<DownloadOutcome> {
    const { gameId, controller } = operation;
    const { transfer, runner, emit } = this.#options;
    const root = this.#root(gameId);
    const stopped = await this.#turn(gameId, controller.signal, install);
    if (stopped) return await this.#stoppedWhileWaiting(gameId, root, controller.signal);
    try {
      runner.active.advance(gameId, 'check-peers');
      const listener: DownloadListener = {
        onBegin: (facts) => {
          runner.active.advance(gameId, 'transfer');
          emit({ event: 'download-begin', gameId, ...facts });
        },
        onProgress: (sample) => emit({ event: 'download-progress', gameId, ...sample }),
        onBlocksVerified: (facts) => emit({ event: 'blocks-verified', gameId, ...facts }),
        onPeerStruck: (facts) => emit({ event: 'peer-struck', gameId, ...facts }),
      };
      const request = {
        gameId,
        version: game.version,
        root,
        willInstall: install,
        ...(game.manifestRoot !== undefined && { pinnedRoot: game.manifestRoot }),
      };
      return await transfer.download(request, listener, { signal: controller.signal });
    } finally {
      this.#transferring -= 1;
      this.#pump();
    }
  }

  /** Resolves with false when it is this download's turn, with true when it was stopped before. */
  async #turn(gameId: GameId, signal: AbortSignal, install: boolean): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const onAbort = (): void => {
      this.#waiting.delete(gameId);
      this.#setQueue(this.#queue.filter((id) => id !== gameId));
      resolve(true);
    };
    this.#waiting.set(gameId, { install, begin: () => resolve(false) });
    this.#setQueue([...this.#queue, gameId]);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #stoppedWhileWaiting(gameId: GameId, root: string, signal: AbortSignal): Promise<DownloadOutcome> {
    const { transfer } = this.#options;
    const resumableBytes = transfer.resumable(root)?.bytes ?? 0;
    if (stopKindOf(signal) !== 'cancel') return { kind: 'paused', resumableBytes };
    if (transfer.resumable(root)) await transfer.discard({ gameId, root });
    return { kind: 'cancelled' };
  }

  #pump(): void {
    const running = this.#transferring;
    for (const gameId of startable(this.#queue, { running, limit: this.#options.maxConcurrent() })) {
      const waiting = this.#waiting.get(gameId);
      this.#waiting.delete(gameId);
      this.#setQueue(this.#queue.filter((id) => id !== gameId));
      this.#transferring += 1;
      waiting?.begin();
    }
  }

  #setQueue(queue: Queue): void {
    const touched = new Set([...this.#queue, ...queue]);
    this.#queue = queue;
    this.#options.onQueueChanged([...touched]);
  }

  #root(gameId: GameId): string {
    return join(this.#options.library.gamesDir, gameId);
  }
}

function stopKindOf(signal: AbortSignal): string {
  const reason: unknown = signal.reason;
  return reason instanceof LanspreadError ? String(reason.details['stop'] ?? 'cancel') : 'cancel';
}

function noDownload(gameId: GameId, running: ActiveOperation | undefined, verb: string): LanspreadError {
  const code: ErrorCode = running ? 'OPERATION_IN_PROGRESS' : 'NO_OPERATION';
  const message = running
    ? `${gameId} is ${running.kind}; there is no download to ${verb}.`
    : `${gameId} has no download to ${verb}.`;
  return new LanspreadError(code, { message, details: { gameId, ...(running && { operation: running.kind }) } });
}
