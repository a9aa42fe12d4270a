/** The whole core, wired in one place: what is started in which order, and who knows whom. */
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isAbsolute, join } from 'node:path';
import {
  LanspreadError,
  nodeFileSystem,
  systemClock,
  toLanspreadError,
  type Event,
  type Logger,
} from './base/index.ts';
import { openCatalog, type Catalog } from './catalog/index.ts';
import { createInstaller, recover, streamingFileHasher, type RecoveryReport, type Unpacker } from './install/index.ts';
import { openLibrary } from './library/index.ts';
import { createOperations } from './operations/index.ts';
import { createDnsSdDiscovery, createPeerNetwork, loadIdentity } from './peers/index.ts';
import {
  createCommands,
  createEventLog,
  publishEndpoint,
  SettingsStore,
  startRpcServer,
  type Commands,
  type CoreEvent,
  type Status,
} from './rpc/index.ts';
import { acquireLock, openState } from './state/index.ts';
import { createTlsLane, createTransfer, stopReason } from './transfer/index.ts';
import { relayLibraryEvents, relayPeerEvents } from './relays.ts';

export { buildCatalogFile } from './catalog/index.ts';

export interface CoreOptions {
  /** Absolute. */
  stateDir: string;
  /** Absolute; wins over the setting. */
  gamesDir?: string;
  /** What others see; wins over the setting. */
  name?: string;
  /** IP addresses to listen on; all by default. Loopback only: discovery is off. */
  listen?: readonly string[];
  /** Look for others by mDNS. Default: true. */
  discovery?: boolean;
  /** Multiaddrs of peers to connect to, again and again. */
  peers?: readonly string[];
  /** Catalogs to import at start, in order of precedence. */
  catalogFiles?: readonly string[];
  /** Imported when there is no other catalog. */
  fallbackCatalogFile?: string;
  /** In the user's order. */
  unpackers: readonly Unpacker[];
  /** The built UI to serve. */
  uiDirectory?: string;
  logger: Logger;
}

export interface CoreHandle {
  readonly commands: Commands;
  /** Every event since the start: the first listener gets those from before it listened. */
  readonly events: Event<CoreEvent>;
  /** Opens the UI in a browser; carries the token. */
  readonly url: string;
  /** Stops in order: refuses commands, pauses downloads, says goodbye, closes. Never throws. */
  stop(options?: { timeoutMs?: number }): Promise<void>;
  /** Resolves once stopped; `failed` says which required part made it stop. */
  readonly stopped: Promise<{ failed?: { component: string; error: LanspreadError } }>;
}

/** How long stopping may take in all, in milliseconds. */
const stopLimitMs = 2_000;

/**
 * Starts a core. Order: lock → database → recovery → first scan → listeners → discovery → RPC. Whatever was started is
 * stopped again when a later step fails. Errors: `STATE_LOCKED`, `STATE_TOO_NEW`, `CATALOG_INVALID`, file system.
 */
export async function startCore(options: CoreOptions): Promise<CoreHandle> {
  const { stateDir, logger } = options;
  const clock = systemClock;
  const fileSystem = nodeFileSystem;
  const events = createEventLog({ clock, logger });
  await using starting = new AsyncDisposableStack();

  starting.use(acquireLock(stateDir));
  const { state, movedAside } = openState({ directory: stateDir, logger });
  starting.use(state);
  const settings = new SettingsStore(state.settings, defaultSettings(stateDir));
  const gamesDir = options.gamesDir ?? settings.get('gamesDir');
  if (!isAbsolute(gamesDir))
    throw new LanspreadError('BAD_REQUEST', { message: `${gamesDir} is not an absolute path.` });
  const catalog = openCatalog({ state, logger });
  await importCatalogs(catalog, options);

  await prepareGamesDir(gamesDir, logger);
  const hashFile = streamingFileHasher(fileSystem);
  const recovery = await recover({ fileSystem, state, hashFile, clock, logger }, { gamesDir });

  const isKnownGame = (id: string): boolean => catalog.has(id);
  const library = starting.use(await openLibrary({ gamesDir, state, isKnownGame, fileSystem, clock, logger }));
  await library.scan();

  const listenHosts = options.listen ?? ['0.0.0.0', '::'];
  const lane = starting.use(
    await createTlsLane({
      listenHosts,
      authorize: (peerId, request) => transfer.authorize(peerId, request),
      clock,
      logger,
      uploadLimits: uploadLimitsOf(settings),
    }),
  );
  const identity = await loadIdentity({ stateDir, fileSystem });
  const name = options.name ?? settings.get('playerName');
  const peers = starting.use(
    await createPeerNetwork({
      identity,
      name,
      listen: listenHosts.map((host) => ({ host })),
      ...(isDiscoveryOn(options) && {
        discovery: (announcement) =>
          createDnsSdDiscovery({ announcement, clock, logger, ...(options.listen && { listen: options.listen }) }),
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

  const transfer = starting.use(
    createTransfer({
      peers,
      library,
      state,
      tlsLane: lane,
      fileSystem,
      clock,
      logger,
      isKnownGame,
      isServable: (gameId) => operations.isServable(gameId),
    }),
  );
  const installer = createInstaller({
    fileSystem,
    state,
    unpackers: options.unpackers,
    hashFile,
    clock,
    logger,
    isInCatalog: isKnownGame,
    gamesDir: () => gamesDir,
  });
  const operations = starting.use(
    createOperations({
      catalog,
      library,
      peers,
      transfer: { ...transfer, stopReason },
      installer,
      emit: events.emit,
      maxConcurrentDownloads: () => settings.get('maxConcurrentDownloads'),
      clock,
      logger,
    }),
  );
  starting.use(relayPeerEvents(peers, events.emit));
  starting.use(relayLibraryEvents(library, { gamesDir, emit: events.emit }));

  let stopping: Promise<void> | undefined;
  const commands = createCommands({
    operations,
    catalog,
    peers,
    settings,
    status,
    extensions: () => options.unpackers.map(({ id }) => ({ id, label: id })),
    laneOf: (peerId) => transfer.laneOf(peerId),
    isStopping: () => stopping !== undefined,
  });
  const rpc = starting.use(
    await startRpcServer({
      api: { commands, events: events.event },
      uiDirectory: options.uiDirectory,
      coverPath: (gameId) => catalog.get(gameId)?.coverPath,
      logger,
    }),
  );
  starting.use(await publishEndpoint(stateDir, { pid: process.pid, port: rpc.port, token: rpc.token }));
  starting.use(settings.onDidChange(applySetting));
  await library.watch();

  events.emit({
    event: 'started',
    peerId: peers.peerId,
    addresses: peers.addresses(),
    name,
    version: lanspreadVersion,
  });
  const { revision, games } = library.snapshot();
  events.emit({ event: 'local-ready', revision, games });
  reportRecovery(recovery);

  return createHandle({
    running: starting.move(),
    operations,
    peers,
    commands,
    events,
    url: rpc.url,
    logger,
    isStopping,
  });
}
