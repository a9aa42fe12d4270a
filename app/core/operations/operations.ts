import { join } from 'node:path';
import { LanspreadError, type Clock, type Event, type GameId, type Logger } from '../base/index.ts';
import type { Catalog, CatalogGame } from '../catalog/index.ts';
import type { Library } from '../library/index.ts';
import type { Peer, PeerNetwork } from '../peers/index.ts';
import { Downloads } from './downloads.ts';
import type { EmitOperationEvent } from './events.ts';
import { viewOf, type GameView } from './games-view.ts';
import { Installs } from './installs.ts';
import type { InstallPort, TransferPort } from './ports.ts';
import { OperationRunner } from './runner.ts';
import { GamesSnapshot } from './snapshot.ts';
import { isServable, type OperationKind } from './table.ts';

export interface OperationsOptions {
  catalog: Catalog;
  library: Library;
  peers: Pick<PeerNetwork, 'peers' | 'onDidConnect' | 'onDidChange' | 'onDidLose'>;
  transfer: TransferPort;
  installer: InstallPort;
  emit: EmitOperationEvent;
  maxConcurrentDownloads: () => number;
  clock: Clock;
  logger: Logger;
}

/** What runs now, what every game looks like, and the commands that change it. */
export interface Operations extends AsyncDisposable {
  readonly snapshot: Pick<GamesSnapshot, 'read' | 'get'>;
  running(): { gameId: GameId; kind: OperationKind }[];
  /** Whether the serve gate may give this game's payload to others. */
  isServable(gameId: GameId): boolean;
  isBusy(gameId: GameId): boolean;
  readonly onDidChangeRunning: Event<GameId>;

  /** Throws `NOT_IN_CATALOG` or `OPERATION_IN_PROGRESS`. */
  assertFree(gameId: string): void;

  /** Commands: return when accepted, throw a coded refusal. */
  download(gameId: string, options: { install: boolean }): void;
  update(gameId: string): void;
  install(gameId: string): void;
  uninstall(gameId: string): void;
  removeDownload(gameId: string): Promise<void>;
  cancel(gameId: string): void;
  pause(gameId: string): void;
  resume(gameId: string): void;
  moveInQueue(gameId: string, to: number): void;
  /** The limit of concurrent downloads was changed. */
  reconsiderQueue(): void;
  /** Pauses downloads, aborts the rest, waits until all have settled. */
  stop(): Promise<void>;
}

export function createOperations(options: OperationsOptions): Operations {
  const { catalog, library, peers, transfer, installer, emit, clock, logger } = options;
  const stack = new DisposableStack();
  const runner = new OperationRunner({ library, snapshot: () => snapshot, emit, clock, logger });
  const installs = new Installs({ runner, installer, library, emit });
  const downloads = new Downloads({
    runner,
    transfer,
    installs,
    catalog,
    library,
    peers,
    emit,
    maxConcurrent: options.maxConcurrentDownloads,
    onQueueChanged: (ids) => snapshot.invalidate(ids),
  });
  const snapshot = stack.use(new GamesSnapshot({ ids: () => catalog.all().map(({ id }) => id), view, clock }));
  stack.use(snapshot.onDidChange((patch) => emit({ event: 'games-changed', ...patch })));
  stack.use(catalog.onDidChange(() => snapshot.invalidate(undefined)));
  stack.use(
    library.onDidChange(({ upserts, removed }) => snapshot.invalidate([...upserts.map(({ id }) => id), ...removed])),
  );
  watchPeers();

  function view(id: GameId): GameView | undefined {
    const game = catalog.get(id);
    if (!game) return undefined;
    return viewOf({
      game,
      local: library.get(id),
      peers: peers.peers(),
      operation: runner.active.get(id),
      queuePosition: downloads.queuePosition(id),
      resumable: runner.active.get(id) ? undefined : transfer.resumable(join(library.gamesDir, id)),
      lastFailure: runner.failures.get(id),
    });
  }

  /** A peer's games touch the snapshot when they come, change and go. */
  function watchPeers(): void {
    const shown = new Map<string, readonly GameId[]>();
    const onPeer = (peer: Peer): void => {
      const ids = [...peer.games.keys()];
      snapshot.invalidate([...(shown.get(peer.peerId) ?? []), ...ids]);
      shown.set(peer.peerId, ids);
      downloads.resumeWherePeersReturned();
    };
    stack.use(peers.onDidConnect(onPeer));
    stack.use(peers.onDidChange(onPeer));
    stack.use(
      peers.onDidLose(({ peerId }) => {
        snapshot.invalidate(shown.get(peerId) ?? []);
        shown.delete(peerId);
      }),
    );
  }

  function gameOf(gameId: string): CatalogGame {
    const game = catalog.get(gameId);
    if (game) return game;
    throw new LanspreadError('NOT_IN_CATALOG', {
      message: `The catalog has no game ${JSON.stringify(gameId.slice(0, 80))}.`,
      details: { gameId: gameId.slice(0, 80) },
    });
  }

  function download(gameId: string, { install }: { install: boolean }): void {
    const game = gameOf(gameId);
    runner.active.assertIdle(game.id);
    const local = library.get(game.id);
    if (install && local?.installed) {
      throw new LanspreadError('INSTALLED', {
        message: `${game.id} is installed; \`update\` fetches and installs another version.`,
        details: { gameId },
      });
    }
    if (!install && local?.downloaded && local.version === game.version) {
      throw new LanspreadError('ALREADY_DOWNLOADED', { details: { gameId } });
    }
    downloads.start(game, { install });
  }

  function update(gameId: string): void {
    const game = gameOf(gameId);
    runner.active.assertIdle(game.id);
    const local = library.get(game.id);
    if (!local?.installed) throw new LanspreadError('NOT_INSTALLED', { details: { gameId } });
    if (local.installedVersion === game.version) throw new LanspreadError('UP_TO_DATE', { details: { gameId } });
    if (local.downloaded && local.version === game.version) installs.update(game.id);
    else downloads.start(game, { install: true });
  }

  return {
    snapshot,
    running: () => runner.active.all().map(({ gameId, kind }) => ({ gameId, kind })),
    isServable: (gameId) => isServable(runner.active.get(gameId)?.kind),
    isBusy: (gameId) => runner.active.get(gameId) !== undefined,
    onDidChangeRunning: runner.active.onDidChange,
    assertFree: (gameId) => runner.active.assertIdle(gameOf(gameId).id),
    download,
    update,
    install: (gameId) => installs.install(gameOf(gameId).id),
    uninstall: (gameId) => installs.uninstall(gameOf(gameId).id),
    removeDownload: (gameId) => installs.removeDownload(gameOf(gameId).id),
    cancel: (gameId) => downloads.cancel(gameOf(gameId).id),
    pause: (gameId) => downloads.pause(gameOf(gameId).id),
    resume: (gameId) => downloads.resume(gameOf(gameId)),
    moveInQueue: (gameId, to) => downloads.move(gameOf(gameId).id, to),
    reconsiderQueue: () => downloads.pump(),
    stop: () => runner.stop(transfer.stopReason('shutdown')),
    async [Symbol.asyncDispose]() {
      await runner[Symbol.asyncDispose]();
      stack.dispose();
    },
  };
}
