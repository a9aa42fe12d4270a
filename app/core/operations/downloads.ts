import { LanspreadError, type Clock, type GameId, type Logger } from '../base/index.ts';
import type { Catalog, CatalogGame } from '../catalog/index.ts';
import type { Library } from '../library/index.ts';
import type { PeerNetwork } from '../peers/index.ts';
import { stopKindOf, stopReason, type DownloadOutcome } from '../blocks/index.ts';
import { gameFolderOf } from '../game-folder/index.ts';
import type { ActiveOperation } from './active.ts';
import { downloadListener, endOfDownload, noDownload } from './download-events.ts';
import { DownloadList, type DownloadListStore, type ListedDownload } from './download-list.ts';
import type { EmitOperationEvent, OperationEventMessage } from './events.ts';
import { offersOf, type Resumable } from './games-view.ts';
import type { Installs } from './installs.ts';
import type { TransferPort } from './ports.ts';
import { ReturningPeers } from './returning-peers.ts';
import { failureFacts, type OperationRunner } from './runner.ts';
import { isCancellable, isPausable } from './table.ts';
import { TransferSlots } from './transfer-slots.ts';

interface DownloadsOptions {
  runner: OperationRunner;
  transfer: TransferPort;
  installs: Installs;
  catalog: Pick<Catalog, 'get'>;
  library: Pick<Library, 'get' | 'gamesDir' | 'isAvailable'>;
  peers: Pick<PeerNetwork, 'peers'>;
  emit: EmitOperationEvent;
  /** The limit of concurrent downloads. */
  maxConcurrent: () => number;
  store: DownloadListStore;
  onListChanged: (ids: readonly GameId[]) => void;
  clock: Clock;
  logger: Logger;
}

/**
 * Downloads: the queue, the transfer, and the install that follows. Cancels, pauses and resumes them, also after a restart.
 */
export class Downloads implements Disposable {
  readonly #options: DownloadsOptions;
  readonly #list: DownloadList;
  readonly #returning: ReturningPeers;
  /** A download holds a slot from its turn until it leaves the table or installs. */
  readonly #slots = new TransferSlots();
  /** Downloads that started by themselves. The first command for one of them claims it instead of being refused. */
  readonly #unclaimed = new Set<GameId>();
  readonly #stack = new DisposableStack();

  constructor(options: DownloadsOptions) {
    this.#options = options;
    this.#stack.use(options.runner.active.onDidChange((gameId) => this.#onOperation(gameId)));
    const { catalog, clock, logger, peers, store, transfer, onListChanged } = options;
    this.#list = new DownloadList({ store, onChanged: onListChanged, logger });
    this.#returning = this.#stack.use(
      new ReturningPeers({
        list: this.#list,
        peers,
        clock,
        gameOf: (gameId) => catalog.get(gameId),
        keptOf: (gameId) => transfer.resumable(this.#root(gameId)),
        goOn: (entry) => this.#goOn(entry),
      }),
    );
  }

  /** Takes up the downloads that an earlier run left, or an earlier use of this games folder. */
  restore(): void {
    const { catalog, library, transfer } = this.#options;
    this.#list.load();
    for (const { gameId, install, phase } of this.#list.all()) {
      const game = catalog.get(gameId);
      const local = library.get(gameId);
      if (local?.downloaded && local.version === game?.version && (!install || local.installed)) {
        this.#list.remove(gameId);
        continue;
      }
      // A download that was stopped before its first block has nothing to resume, so it waits again.
      if (phase === 'begun' && !transfer.resumable(this.#root(gameId))) this.#list.update(gameId, { phase: 'waiting' });
      if (game && this.#list.get(gameId)?.phase === 'waiting') this.#begin(game, { unclaimed: true });
    }
    this.#returning.afterStart();
  }

  /** Queues a download of the wanted version. With `install` it then installs the game, or updates the install. */
  start(game: CatalogGame, { install, manifestHash }: { install: boolean; manifestHash?: string | undefined }): void {
    const running = this.#options.runner.active.get(game.id);
    if (running && this.#claim(running, { install, manifestHash })) return;
    this.#options.runner.active.assertIdle(game.id);
    this.#returning.forget(game.id);
    this.#begin(game, { enqueue: { install, manifestHash } });
  }

  resume(game: CatalogGame): void {
    const running = this.#options.runner.active.get(game.id);
    if (running && this.#claim(running, {})) return;
    this.#options.runner.active.assertIdle(game.id);
    const kept = this.#options.transfer.resumable(this.#root(game.id));
    const listed = this.#list.get(game.id);
    if (!kept && !listed) throw new LanspreadError('NOT_RESUMABLE', { details: { gameId: game.id } });
    this.start(game, { install: listed?.install ?? kept?.install ?? false });
  }

  pause(gameId: GameId): void {
    const running = this.#options.runner.active.get(gameId);
    if (!running || !isPausable(running.kind)) throw noDownload(gameId, running, 'pause');
    running.controller.abort(stopReason('pause'));
  }

  /** Ends a queued or running download, or forgets a resumable one. Deletes its files from the disk. */
  cancel(gameId: GameId): void {
    const { runner, transfer } = this.#options;
    const running = runner.active.get(gameId);
    if (running) {
      if (!isCancellable(running.kind)) throw noDownload(gameId, running, 'cancel');
      running.controller.abort(stopReason('cancel'));
      return;
    }
    if (!this.isLeft(gameId)) throw new LanspreadError('NO_OPERATION', { details: { gameId } });
    const root = this.#root(gameId);
    runner.start({ gameId, event: 'queue', failed: this.#failed(gameId) }, async () => {
      await transfer.discard({ gameId, root });
      this.#forget(gameId);
      return { event: 'download-cancelled', gameId, resumableBytes: 0 };
    });
  }

  /** Moves a waiting download; `to` counts from 0. */
  move(gameId: GameId, to: number): void {
    if (this.#list.position(gameId) === undefined)
      throw new LanspreadError('NO_OPERATION', { message: `${gameId} is not waiting.`, details: { gameId } });
    this.#list.move(gameId, to);
  }

  /** Whether a download of this game waits, was paused or was interrupted. */
  isLeft(gameId: GameId): boolean {
    return this.#list.get(gameId) !== undefined || this.#options.transfer.resumable(this.#root(gameId)) !== undefined;
  }

  /** Counts from 1; undefined when the download does not wait. */
  queuePosition(gameId: GameId): number | undefined {
    return this.#slots.isWaiting(gameId) ? this.#list.position(gameId) : undefined;
  }

  /** The kept bytes from which a resume continues. */
  resumable(gameId: GameId): Resumable | undefined {
    const kind = this.#options.runner.active.get(gameId)?.kind;
    if (kind !== undefined && kind !== 'Queued' && kind !== 'CheckingPeers') return undefined;
    const kept = this.#options.transfer.resumable(this.#root(gameId));
    if (kept) return { bytes: kept.bytes, totalBytes: kept.totalBytes };
    const game = this.#options.catalog.get(gameId);
    if (!game || this.#list.get(gameId)?.phase !== 'paused') return undefined;
    return { bytes: 0, totalBytes: offersOf(game, this.#options.peers.peers()).sizeBytes ?? game.sizeBytes ?? 0 };
  }

  /** Call it when peers, their games or the running operations have changed. */
  lookForPeers(): void {
    this.#returning.look();
  }

  /** Lists a repair that changes the payload now. If it is interrupted, a download fetches the rest. */
  noteRepair(gameId: GameId): void {
    this.#list.put({ gameId, install: false, phase: 'begun', awaitsPeers: false });
  }

  /** Takes a finished repair off the list. `isLeft`: its peers left before it was complete, so it stays. */
  endRepair(gameId: GameId, { isLeft }: { isLeft: boolean }): void {
    if (!isLeft) return this.#forget(gameId);
    this.#list.update(gameId, { awaitsPeers: true });
    this.#returning.afterLoss(gameId);
  }

  /** Starts waiting downloads. Call it when a slot is free, the limit is higher, or the games folder is back. */
  pump(): void {
    if (!this.#options.library.isAvailable) return;
    const ready = this.#list.waiting().filter(({ awaitsPeers }) => !awaitsPeers);
    const ids = ready.map(({ gameId }) => gameId);
    for (const gameId of this.#slots.next(ids, this.#options.maxConcurrent())) {
      this.#list.update(gameId, { phase: 'begun' });
      this.#slots.take(gameId);
    }
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  /** A slot becomes free when its download leaves the table or starts to install. */
  #onOperation(gameId: GameId): void {
    const kind = this.#options.runner.active.get(gameId)?.kind;
    const isDownload = kind === 'Queued' || kind === 'CheckingPeers' || kind === 'Downloading';
    if (!isDownload && this.#slots.free(gameId)) this.pump();
    // The microtask runs after the operation's own last event, because this may begin the next operation.
    if (kind === undefined) queueMicrotask(() => this.#returning.look());
  }

  /** A command claims a download that continues by itself. The download then no longer waits for more peers. */
  #claim(
    { gameId, kind }: ActiveOperation,
    { install, manifestHash }: { install?: boolean; manifestHash?: string | undefined },
  ): boolean {
    if (!isPausable(kind) || !this.#unclaimed.delete(gameId)) return false;
    this.#returning.forget(gameId);
    this.#list.update(gameId, {
      awaitsPeers: false,
      ...(install !== undefined && { install }),
      ...(manifestHash !== undefined && { manifestHash }),
    });
    this.pump();
    return true;
  }

  /** Continues a download that peers offer again. */
  #goOn({ gameId, phase }: ListedDownload): void {
    const game = this.#options.catalog.get(gameId);
    if (!game || !this.#options.library.isAvailable || this.#options.runner.isStopping) return;
    if (phase === 'waiting') {
      this.#list.update(gameId, { awaitsPeers: false });
      this.pump();
    } else if (!this.#options.runner.active.get(gameId)) {
      const install = this.#list.get(gameId)?.install ?? false;
      this.#begin(game, { enqueue: { install }, unclaimed: true });
    }
  }

  #begin(
    game: CatalogGame,
    {
      enqueue,
      unclaimed = false,
    }: { enqueue?: { install: boolean; manifestHash?: string | undefined }; unclaimed?: boolean },
  ): void {
    const { runner } = this.#options;
    const { id: gameId } = game;
    runner.start({ gameId, event: 'queue', failed: this.#failed(gameId) }, (operation) => {
      if (enqueue) this.#list.enqueue(gameId, enqueue);
      if (unclaimed) this.#unclaimed.add(gameId);
      else this.#unclaimed.delete(gameId);
      return this.#run(operation, game);
    });
    this.pump();
  }

  #failed(gameId: GameId): (error: LanspreadError) => OperationEventMessage {
    return (error) => ({
      event: 'download-failed',
      ...failureFacts(error),
      gameId,
      resumableBytes: this.#keptBytes(gameId),
    });
  }

  /** The event of a failure uses this, and must go out even when the database no longer answers. */
  #keptBytes(gameId: GameId): number {
    try {
      return this.#options.transfer.resumable(this.#root(gameId))?.bytes ?? 0;
    } catch (error) {
      this.#options.logger.warn({ gameId, err: error }, 'what is kept of a download could not be read');
      return 0;
    }
  }

  async #run(operation: ActiveOperation, game: CatalogGame): Promise<OperationEventMessage> {
    const { gameId, controller } = operation;
    let outcome: DownloadOutcome;
    let install: boolean;
    try {
      outcome = this.#complete(game) ?? (await this.#transferInTurn(operation, game));
      install = this.#list.get(gameId)?.install ?? false;
      this.#settleList(gameId, outcome, controller.signal);
    } catch (error) {
      this.#forget(gameId);
      throw error;
    } finally {
      this.#unclaimed.delete(gameId);
    }
    if (outcome.kind === 'finished' && install) return await this.#install(operation, game, outcome);
    const end = endOfDownload(gameId, outcome);
    return end.event === 'download-failed' ? { ...end, install } : end;
  }

  /** Updates or removes the download's entry in the list, by its outcome. */
  #settleList(gameId: GameId, outcome: DownloadOutcome, signal: AbortSignal): void {
    const isKept = this.#options.transfer.resumable(this.#root(gameId)) !== undefined;
    const isBrokenOff =
      outcome.kind === 'peers-gone' || (outcome.kind === 'failed' && outcome.code === 'NO_PEERS' && isKept);
    if (isBrokenOff) {
      this.#list.update(gameId, { phase: 'begun', awaitsPeers: true });
      this.#returning.afterLoss(gameId);
    } else if (outcome.kind !== 'paused') this.#forget(gameId);
    // A shutdown leaves the entry unchanged for the next start.
    else if (stopKindOf(signal) === 'pause') this.#list.update(gameId, { phase: 'paused', awaitsPeers: false });
  }

  #forget(gameId: GameId): void {
    this.#list.remove(gameId);
    this.#returning.forget(gameId);
  }

  /** Installs after a successful download, within the same operation. */
  async #install(
    operation: ActiveOperation,
    game: CatalogGame,
    outcome: DownloadOutcome,
  ): Promise<OperationEventMessage> {
    const { gameId } = operation;
    const { runner, installs, library } = this.#options;
    const kind = library.get(gameId)?.installed ? 'update' : 'install';
    await runner.milestone(gameId, kind, endOfDownload(gameId, outcome));
    return await installs.perform(kind, operation, game.version);
  }

  /** The finished outcome when the wanted version is already here and nothing needs to be transferred. */
  #complete(game: CatalogGame): (DownloadOutcome & { kind: 'finished' }) | undefined {
    const local = this.#options.library.get(game.id);
    if (!local?.downloaded || local.version !== game.version) return undefined;
    return { kind: 'finished', totalBytes: local.sizeBytes, manifestRoot: local.manifestRoot };
  }

  /** Waits for a slot, then transfers. The slot is free again before the install begins. */
  async #transferInTurn(operation: ActiveOperation, game: CatalogGame): Promise<DownloadOutcome> {
    const { gameId, controller } = operation;
    const { transfer, runner, emit } = this.#options;
    const root = this.#root(gameId);
    const isItsTurn = await this.#slots.turn(gameId, controller.signal);
    if (!isItsTurn) return await this.#stoppedWhileWaiting(gameId, root, controller.signal);
    runner.active.advance(gameId, 'check-peers');
    const listener = downloadListener(gameId, {
      emit,
      nameOf: (peerId) => this.#options.peers.peers().find((peer) => peer.peerId === peerId)?.name ?? peerId,
      onBegin: () => runner.active.advance(gameId, 'transfer'),
    });
    const listed = this.#list.get(gameId);
    const request = {
      gameId,
      version: game.version,
      root,
      willInstall: listed?.install ?? false,
      ...(game.manifestRoot !== undefined && { pinnedRoot: game.manifestRoot }),
      ...(listed?.manifestHash !== undefined && { chosenRoot: listed.manifestHash }),
      ...(game.sizeBytes !== undefined && { sizeBytes: game.sizeBytes }),
      ...(game.installedSizeBytes !== undefined && { unpackedSizeBytes: game.installedSizeBytes }),
    };
    return await transfer.download(request, listener, { signal: controller.signal });
  }

  async #stoppedWhileWaiting(gameId: GameId, root: string, signal: AbortSignal): Promise<DownloadOutcome> {
    const { transfer } = this.#options;
    const resumableBytes = transfer.resumable(root)?.bytes ?? 0;
    if (stopKindOf(signal) !== 'cancel') return { kind: 'paused', resumableBytes };
    if (transfer.resumable(root)) await transfer.discard({ gameId, root });
    return { kind: 'cancelled' };
  }

  #root(gameId: GameId): string {
    return gameFolderOf(this.#options.library.gamesDir, gameId);
  }
}
