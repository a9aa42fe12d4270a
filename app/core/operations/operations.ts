import { isGameId, LanspreadError, type Clock, type Event, type GameId, type Logger } from '../base/index.ts';
import type { Catalog, CatalogGame, KnownGames } from '../catalog/index.ts';
import type { Library } from '../library/index.ts';
import type { Peer, PeerNetwork } from '../peers/index.ts';
import { stopReason } from '../blocks/index.ts';
import { Downloads } from './downloads.ts';
import type { DownloadListStore } from './download-list.ts';
import type { EmitOperationEvent } from './events.ts';
import { gameViewOf, type GameView } from './games-view.ts';
import { Installs } from './installs.ts';
import { Plays } from './plays.ts';
import { Streams } from './streams.ts';
import type { InstallPort, PlayPort, TransferPort } from './ports.ts';
import { OperationRunner } from './runner.ts';
import { GamesSnapshot } from './snapshot.ts';
import { isServable, type OperationKind } from './table.ts';
import { Verifies } from './verifies.ts';

export interface OperationsOptions {
  catalog: Catalog;
  known: Pick<KnownGames, 'get' | 'ids' | 'isListed'>;
  library: Library;
  peers: Pick<PeerNetwork, 'peers' | 'onDidConnect' | 'onDidChange' | 'onDidLose'>;
  transfer: TransferPort;
  installer: InstallPort;
  player: PlayPort;
  emit: EmitOperationEvent;
  maxConcurrentDownloads: () => number;
  /** Stores the queue of the current games folder across restarts. */
  downloadList: DownloadListStore;
  clock: Clock;
  logger: Logger;
}

/** The running operations, the view of every game, and the commands that change games. */
export interface Operations extends AsyncDisposable {
  readonly snapshot: Pick<GamesSnapshot, 'read' | 'get'>;
  running(): { gameId: GameId; kind: OperationKind }[];
  /** Whether the serve gate may give this game's payload to others. */
  isServable(gameId: GameId): boolean;
  isBusy(gameId: GameId): boolean;
  readonly onDidChangeRunning: Event<GameId>;
  /** The games whose processes run on this PC, the last started last. */
  playing(): GameId[];
  readonly onDidChangePlaying: Event<void>;

  /** Throws `NOT_IN_CATALOG` or `OPERATION_IN_PROGRESS`. */
  assertFree(gameId: string): void;

  /** Commands return when they are accepted, and throw a coded error when they are refused. */
  /** `manifestHash`: the content that the player chose where PCs disagree. */
  download(gameId: string, options: { install: boolean; manifestHash?: string | undefined }): void;
  update(gameId: string, options?: { manifestHash?: string | undefined }): void;
  streamInstall(gameId: string, options?: { manifestHash?: string | undefined }): void;
  install(gameId: string): void;
  uninstall(gameId: string): void;
  removeDownload(gameId: string): Promise<void>;
  cancel(gameId: string): void;
  pause(gameId: string): void;
  resume(gameId: string): void;
  verify(gameId: string): void;
  repair(gameId: string): void;
  moveInQueue(gameId: string, to: number): void;
  /** Starts the game and returns once it is known to start. `launch`: a label of the catalog's launch entries. */
  play(gameId: string, options: { launch: string | undefined }): Promise<void>;
  stopGame(gameId: string): void;
  /** Takes up the games that an earlier core left running. */
  resumeEarlier(): Promise<void>;
  /** Call it when the limit of concurrent downloads has changed. */
  reconsiderQueue(): void;
  /** Takes up the downloads that an earlier run left. Call it when everything else runs. */
  restore(): void;
  /**
   * Runs `change` while no operation may begin, then shows the games of the new folder and takes up its downloads. Throws
   * `OPERATIONS_ACTIVE` while an operation runs.
   */
  changeFolder(change: () => Promise<void>): Promise<void>;
  /** Pauses downloads, aborts the other operations, and waits until all have ended. */
  stop(): Promise<void>;
}

export function createOperations(options: OperationsOptions): Operations {
  const { catalog, known, library, peers, transfer, installer, player, emit, clock, logger } = options;
  const stack = new DisposableStack();
  const runner = new OperationRunner({ library, snapshot: () => snapshot, emit, clock, logger });
  const onRemoved = (root: string): void => transfer.forgetPayload(root);
  const installs = new Installs({ runner, installer, library, emit, onRemoved });
  const downloads: Downloads = new Downloads({
    runner,
    transfer,
    installs,
    catalog,
    library,
    peers,
    emit,
    maxConcurrent: options.maxConcurrentDownloads,
    store: options.downloadList,
    onListChanged: (ids) => snapshot.invalidate(ids),
    clock,
    logger,
  });
  stack.use(downloads);
  const streams = new Streams({ runner, transfer, installer, library, emit, clock });
  const verifies = new Verifies({ runner, transfer, installer, downloads, library, emit });
  let played = player.playedSeconds();
  const onPlayed = (): void => void (played = player.playedSeconds());
  const plays = stack.use(new Plays({ runner, player, library, installer, onPlayed, logger }));
  const snapshot = stack.use(new GamesSnapshot({ ids: () => known.ids(), view, clock }));
  stack.use(snapshot.onDidChange((patch) => emit({ event: 'games-changed', ...patch })));
  stack.use(catalog.onDidChange(() => snapshot.invalidate(undefined)));
  stack.use(
    library.onDidChange(({ upserts, removed }) => snapshot.invalidate([...upserts.map(({ id }) => id), ...removed])),
  );
  stack.use(library.onDidChangeLocal((ids) => snapshot.invalidate(ids)));
  stack.use(library.onDidChangeAvailability(({ available }) => onFolder(available)));
  watchPeers();

  function onFolder(available: boolean): void {
    snapshot.invalidate(undefined);
    if (!available) runner.abortOnDisk(new LanspreadError('GAMES_DIR_LOST'));
    else {
      downloads.pump();
      downloads.lookForPeers();
    }
  }

  function view(id: GameId): GameView | undefined {
    const game = known.get(id);
    if (!game) return undefined;
    return gameViewOf({
      game,
      isListed: known.isListed(id),
      // A game in a folder that is away can be neither played nor installed.
      local: library.isAvailable ? library.get(id) : undefined,
      peers: peers.peers(),
      operation: runner.active.get(id),
      queuePosition: downloads.queuePosition(id),
      resumable: downloads.resumable(id),
      lastFailure: runner.failures.get(id),
      playedSeconds: played.get(id) ?? 0,
    });
  }

  /** Updates the views of a peer's games when they appear, change or disappear. */
  function watchPeers(): void {
    const shown = new Map<string, readonly GameId[]>();
    const onPeer = (peer: Peer): void => {
      const ids = [...peer.games.keys(), ...peer.playing];
      snapshot.invalidate([...(shown.get(peer.peerId) ?? []), ...ids]);
      shown.set(peer.peerId, ids);
      downloads.lookForPeers();
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
    const game = known.get(gameId);
    if (game) return game;
    throw new LanspreadError('NOT_IN_CATALOG', {
      message: `The catalog has no game ${JSON.stringify(gameId.slice(0, 80))}.`,
      details: { gameId: gameId.slice(0, 80) },
    });
  }

  /** The id of a game whose operation can be stopped or discarded, even when no catalog lists the game any more. */
  function idOf(gameId: string): GameId {
    const isLeft = isGameId(gameId) && (runner.active.get(gameId) !== undefined || downloads.isLeft(gameId));
    return isLeft ? gameId : gameOf(gameId).id;
  }

  /** The game of a command that fetches from peers; it must be in the catalog. */
  function listedHere(gameId: string): CatalogGame {
    const game = gameHere(gameId);
    if (known.isListed(game.id)) return game;
    throw new LanspreadError('NOT_IN_CATALOG', {
      message: `No catalog lists ${game.title} any more: what is here can be played and uninstalled.`,
      details: { gameId: game.id },
    });
  }

  /** The game of a command that needs the disk. */
  function gameHere(gameId: string): CatalogGame {
    const game = gameOf(gameId);
    if (library.isAvailable) return game;
    throw new LanspreadError('GAMES_DIR_LOST', { details: { gamesDir: library.gamesDir } });
  }

  function download(
    gameId: string,
    { install, manifestHash }: { install: boolean; manifestHash?: string | undefined },
  ): void {
    const game = listedHere(gameId);
    if (runner.active.get(game.id)) return downloads.start(game, { install, manifestHash });
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
    downloads.start(game, { install, manifestHash });
  }

  function update(gameId: string, { manifestHash }: { manifestHash?: string | undefined } = {}): void {
    const game = listedHere(gameId);
    if (runner.active.get(game.id)) return downloads.start(game, { install: true, manifestHash });
    const local = library.get(game.id);
    if (!local?.installed) throw new LanspreadError('NOT_INSTALLED', { details: { gameId } });
    if (local.installedVersion === game.version) throw new LanspreadError('UP_TO_DATE', { details: { gameId } });
    if (local.downloaded && local.version === game.version) installs.update(game.id);
    else downloads.start(game, { install: true, manifestHash });
  }

  return {
    snapshot,
    running: () => runner.active.all().map(({ gameId, kind }) => ({ gameId, kind })),
    isServable: (gameId) => isServable(runner.active.get(gameId)?.kind),
    isBusy: (gameId) => runner.active.get(gameId) !== undefined,
    onDidChangeRunning: runner.active.onDidChange,
    playing: () => plays.running(),
    onDidChangePlaying: plays.onDidChange,
    assertFree: (gameId) => runner.active.assertIdle(gameOf(gameId).id),
    download,
    update,
    streamInstall: (gameId, choice) => streams.start(listedHere(gameId), choice),
    install: (gameId) => installs.install(gameHere(gameId).id),
    uninstall: (gameId) => installs.uninstall(gameHere(gameId).id),
    removeDownload: (gameId) => installs.removeDownload(gameHere(gameId).id),
    cancel(gameId) {
      const id = idOf(gameId);
      if (!verifies.cancel(id) && !streams.cancel(id)) downloads.cancel(id);
    },
    pause: (gameId) => downloads.pause(idOf(gameId)),
    resume: (gameId) => downloads.resume(listedHere(gameId)),
    verify: (gameId) => verifies.verify(gameHere(gameId)),
    repair: (gameId) => verifies.repair(listedHere(gameId)),
    moveInQueue: (gameId, to) => downloads.move(idOf(gameId), to),
    play: async (gameId, { launch }) => await plays.start(gameOf(gameId), launch),
    stopGame: (gameId) => plays.stop(idOf(gameId)),
    resumeEarlier: async () => await plays.resume(),
    reconsiderQueue: () => downloads.pump(),
    restore: () => downloads.restore(),
    async changeFolder(change) {
      {
        using _frozen = runner.freeze();
        await change();
        runner.failures.clear();
        snapshot.invalidate(undefined);
      }
      downloads.restore();
    },
    stop: () => runner.stop(stopReason('shutdown')),
    async [Symbol.asyncDispose]() {
      await runner[Symbol.asyncDispose]();
      stack.dispose();
    },
  };
}
