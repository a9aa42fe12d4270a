/** The whole core, wired in one place: what is started in which order, and who knows whom. */
import { join } from 'node:path';
import {
  LanspreadError,
  nodeFileSystem,
  systemClock,
  whenAborted,
  withTimeLimit,
  type Event,
  type GameId,
} from './base/index.ts';
import { openCatalog } from './catalog/index.ts';
import {
  downloadListStore,
  importCatalogs,
  isDiscoveryOn,
  lanspreadVersion,
  prepareGamesDir,
  uploadLimitsOf,
  type CoreOptions,
} from './core-options.ts';
import { checkFolder, diskOf } from './disk-report.ts';
import { createInstaller, recover, streamingFileHasher } from './install/index.ts';
import { openLibrary } from './library/index.ts';
import { createOperations, type Operations, type PlayPort } from './operations/index.ts';
import { createDnsSdDiscovery, createPeerNetwork, loadIdentity, type PeerNetwork } from './peers/index.ts';
import { relayLibraryEvents, relayPeerEvents, relayRecovery } from './relays.ts';
import {
  createCommands,
  createEventLog,
  defaultSettings,
  keepAddress,
  Kiosk,
  lastAddress,
  publishEndpoint,
  SettingsStore,
  startRpcServer,
  type Commands,
  type CoreEvent,
  type SettingName,
  type Status,
} from './rpc/index.ts';
import { chooseLaunch, GamePlayer, revealFolder, type PlayRequest } from './play/index.ts';
import { createSupervisor } from './supervise/index.ts';
import { acquireLock, openState } from './state/index.ts';
import { createTlsLane, createTransfer, stopReason, type TlsLane, type Transfer } from './transfer/index.ts';

export { buildCatalogFile } from './catalog/index.ts';
export { steppedFileSystem } from './base/index.ts';
export { steppedState } from './state/index.ts';
export type { CoreDecorators, CoreOptions } from './core-options.ts';

export interface StopOutcome {
  /** The required part whose failure made the core stop. */
  readonly failed?: { readonly component: string; readonly error: LanspreadError };
}

export interface CoreHandle {
  readonly commands: Commands;
  /** Every event since the start: the first listener gets those from before it listened. */
  readonly events: Event<CoreEvent>;
  /** Opens the UI in a browser; carries the token. */
  readonly url: string;
  /** Stops in order: refuses commands, pauses downloads, says goodbye, closes. Never throws. */
  stop(options?: { timeoutMs?: number }): Promise<void>;
  readonly stopped: Promise<StopOutcome>;
}

/** How long stopping may take in all, in milliseconds. */
const stopLimitMs = 2_000;
const supervisorLimitMs = 500;

/**
 * Starts a core. Order: lock → database → recovery → first scan → listeners → discovery → RPC. Whatever was started is
 * stopped again when a later step fails. Errors: `STATE_LOCKED`, `STATE_TOO_NEW`, `CATALOG_INVALID`, file system.
 */
export async function startCore(options: CoreOptions): Promise<CoreHandle> {
  const { stateDir, logger } = options;
  const clock = systemClock;
  const { decorate = {} } = options;
  const fileSystem = decorate.fileSystem?.(nodeFileSystem) ?? nodeFileSystem;
  const events = createEventLog({ clock, logger });
  await using starting = new AsyncDisposableStack();

  // What this PC remembers.
  starting.use(acquireLock(stateDir, { what: options.what ?? 'lanspread' }));
  const { state: plainState, movedAside } = openState({ directory: stateDir, logger });
  const state = starting.use(decorate.state?.(plainState) ?? plainState);
  const settings = new SettingsStore(state.settings, defaultSettings(stateDir));
  const gamesDir = options.gamesDir ?? settings.get('gamesDir');
  const name = options.name ?? settings.get('playerName');
  const catalog = openCatalog({ state, logger });
  await importCatalogs(catalog, options);
  const isKnownGame = (id: string): boolean => catalog.has(id);

  // What is on its disk.
  await prepareGamesDir(gamesDir, logger);
  const hashFile = streamingFileHasher(fileSystem);
  const recovery = await recover({ fileSystem, state, hashFile, clock, logger }, { gamesDir });
  const library = starting.use(await openLibrary({ gamesDir, state, isKnownGame, fileSystem, clock, logger }));
  await library.scan();

  // Who else is there. The gate of what is served asks the operations, which come last.
  const listenHosts = options.listen ?? ['0.0.0.0'];
  const lane: TlsLane = starting.use(
    await createTlsLane({
      listenHosts,
      authorize: (peerId, request) => transfer.authorize(peerId, request),
      clock,
      logger,
      uploadLimits: uploadLimitsOf(settings),
    }),
  );
  const identity = await loadIdentity({ stateDir, fileSystem });
  const peers: PeerNetwork = starting.use(
    await createPeerNetwork({
      identity,
      name,
      listenHosts,
      ...(isDiscoveryOn(options) && {
        discovery: (announcement) =>
          createDnsSdDiscovery({ announcement, clock, ...(options.listen && { listen: options.listen }) }),
      }),
      staticPeers: [...(options.peers ?? []), ...settings.get('staticPeers')],
      knownPeers: state.peers,
      host: {
        library: () => library.snapshot(),
        lane: () => lane.offer(),
        isKnownGame,
        trustLane: (peerId, offer) => lane.trust(peerId, offer),
      },
      clock,
      logger,
    }),
  );
  starting.use(lane.onPeerBytes(({ peerId }) => peers.markAlive(peerId)));
  starting.use(library.onDidChange((delta) => peers.publish(delta)));

  // What is done with games.
  const transfer: Transfer = starting.use(
    createTransfer({
      peers,
      library,
      state,
      tlsLane: decorate.lane?.(lane) ?? lane,
      uploads: lane.uploads,
      fileSystem,
      clock,
      logger,
      isKnownGame,
      isServable: (gameId) => operations.isServable(gameId),
    }),
  );
  const { unpackers } = options;
  const installer = createInstaller({
    fileSystem,
    state,
    unpackers: () => unpackers,
    hashFile,
    clock,
    logger,
    isInCatalog: isKnownGame,
    gamesDir: () => library.gamesDir,
    keepPatterns: (gameId) => catalog.get(gameId)?.keep ?? [],
  });
  const gamePlayer = new GamePlayer({ fileSystem, sessions: state.playSessions, clock, logger });
  const player: PlayPort<PlayRequest> = {
    plan: (game, { label, directory }) => ({
      gameId: game.id,
      directory,
      launch: chooseLaunch(game, { label, platform: process.platform }),
      player: { name: settings.get('playerName'), language: settings.get('language') },
    }),
    assertStartable: (request) => gamePlayer.assertStartable(request),
    start: (request) => gamePlayer.start(request),
    resume: () => gamePlayer.resume(),
    playedSeconds: () => state.playSessions.secondsByGame(),
  };
  const operations: Operations = starting.use(
    createOperations({
      catalog,
      library,
      peers,
      transfer: { ...transfer, stopReason },
      installer,
      player,
      emit: events.emit,
      maxConcurrentDownloads: () => settings.get('maxConcurrentDownloads'),
      downloadList: downloadListStore(state.downloadQueue, () => library.gamesDir),
      clock,
      logger,
    }),
  );
  starting.use(
    catalog.onDidChange(() => {
      peers.recheckGames();
      void library.scan().catch((error: unknown) => logger.warn({ err: error }, 'a scan failed'));
    }),
  );

  // How it is seen and told what to do.
  starting.use(relayPeerEvents(peers, events.emit));
  starting.use(relayLibraryEvents(library, events.emit));
  const status = (): Status => ({
    peerId: peers.peerId,
    name,
    addresses: peers.addresses(),
    version: lanspreadVersion,
    gamesDir: library.gamesDir,
    stateDir,
    peerCount: peers.peers().length,
    transports: peers.transports,
    operations: operations.running(),
  });
  const recoverIn = async (folder: string): Promise<void> => {
    const isActive = (gameId: GameId): boolean => operations.isBusy(gameId);
    const report = await recover({ fileSystem, state, hashFile, clock, logger }, { gamesDir: folder, isActive });
    relayRecovery(report, events.emit);
  };
  const recoverAgain = async (): Promise<void> => {
    await recoverIn(library.gamesDir);
    await library.scan();
  };
  const changeGamesDir = (path: string): Promise<void> =>
    operations.changeFolder(async () => {
      await fileSystem.makeDirectory(path);
      await recoverIn(path);
      await library.reopen(path);
    });
  let stopping: Promise<void> | undefined;
  let failed: StopOutcome['failed'];
  const supervisor = createSupervisor({
    clock,
    logger,
    onFailed: ({ name: component, error }) => {
      failed = { component, error };
      events.emit({ event: 'runtime-failed', component, error: error.toJSON() });
      stopping ??= stopAll(stopLimitMs);
    },
  });
  starting.defer(async () => void (await supervisor.stop({ timeoutMs: supervisorLimitMs })));
  const stopGames = async (): Promise<void> => {
    for (const { gameId, kind } of operations.running()) {
      if (kind !== 'Playing') continue;
      await commands
        .invoke('stop', { gameId })
        .catch((error: unknown) => logger.warn({ gameId, err: error }, 'a game goes on'));
    }
  };
  const kiosk = new Kiosk({ settings, repository: state.settings, clock, stopGames });
  const commands: Commands = createCommands({
    kiosk,
    operations,
    catalog,
    peers,
    settings,
    status,
    extensions: () => unpackers.map(({ id }) => ({ id, label: id })),
    traffic: () => lane.traffic(),
    checkFolder: (path) => checkFolder({ fileSystem }, path),
    diskOf: (gameId) => diskOf({ fileSystem, library, state }, gameId),
    laneOf: (peerId) => transfer.laneOf(peerId),
    isStopping: () => stopping !== undefined,
    changeGamesDir,
    revealGame: async (gameId) => {
      const { downloaded, installed } = library.get(gameId) ?? {};
      if (!downloaded && !installed) throw new LanspreadError('NOT_DOWNLOADED', { details: { gameId } });
      await revealFolder(join(library.gamesDir, gameId));
    },
  });
  const rpc = starting.use(
    await startRpcServer({
      api: { commands, events: events.event },
      uiDirectory: options.uiDirectory,
      coverPath: (gameId) => catalog.get(gameId)?.coverPath,
      earlier: await lastAddress(stateDir),
      logger,
    }),
  );
  starting.use(await publishEndpoint(stateDir, { pid: process.pid, port: rpc.port, token: rpc.token }));
  await keepAddress(stateDir, rpc);
  const applySetting = (setting: SettingName): void => {
    if (setting.startsWith('upload') || setting === 'maxUploadPeers') lane.setUploadLimits(uploadLimitsOf(settings));
    else if (setting === 'playerName') peers.setName(settings.get('playerName'));
    else if (setting === 'maxConcurrentDownloads') operations.reconsiderQueue();
    events.emit({ event: 'settings-changed', setting });
  };
  starting.use(settings.onDidChange(applySetting));
  supervisor.start({
    name: 'library watcher',
    policy: 'BestEffort',
    run: async (signal) => {
      await library.watch();
      await whenAborted(signal);
    },
  });
  starting.use(
    library.onDidChangeAvailability(({ available }) => {
      if (available) void recoverAgain().catch((error: unknown) => logger.error({ err: error }, 'recovery failed'));
    }),
  );

  const { revision, games } = library.snapshot();
  events.begin([
    { event: 'started', peerId: peers.peerId, addresses: peers.addresses(), name, version: lanspreadVersion },
    { event: 'local-ready', revision, games },
  ]);
  relayRecovery(recovery, events.emit, movedAside);
  await operations.resumeEarlier();
  operations.restore();

  const running = starting.move();
  const { promise: stopped, resolve } = Promise.withResolvers<StopOutcome>();
  const stopAll = async (timeoutMs: number): Promise<void> => {
    const inOrder = async (): Promise<void> => {
      await operations.stop();
      await peers.stop();
      await running.disposeAsync();
    };
    try {
      await withTimeLimit({ limitMs: timeoutMs, what: 'stopping', code: 'INTERNAL' }, inOrder);
    } catch (error) {
      logger.error({ err: error }, 'the core did not stop cleanly');
    }
    resolve(failed ? { failed } : {});
  };
  return {
    commands,
    events: events.event,
    url: rpc.url,
    stop: ({ timeoutMs = stopLimitMs } = {}) => (stopping ??= stopAll(timeoutMs)),
    stopped,
  };
}
