/** The entrance of the core: starts its parts in order and connects them. How each part is made is in `wiring/`. */
import { withTimeLimit, type Event, type GameId, type LanspreadError } from './base/index.ts';
import { createCatalogRefresh } from './catalog/index.ts';
import { createCoreCommands } from './wiring/commands.ts';
import { openExtensions } from './wiring/extensions.ts';
import { createGames, type Games } from './wiring/games.ts';
import { openGround } from './wiring/ground.ts';
import { openLane, openPeers, staticPeersOf } from './wiring/network.ts';
import { lanspreadVersion, prepareGamesDir, uploadLimitsOf, type CoreOptions } from './wiring/options.ts';
import { createGameRecovery } from './wiring/recovery.ts';
import { startServices } from './wiring/services.ts';
import { openLibrary } from './library/index.ts';
import { loadIdentity, type PeerNetwork } from './peers/index.ts';
import { relayLibraryEvents, relayPeerEvents } from './wiring/relays.ts';
import {
  keepAddress,
  lastAddress,
  publishEndpoint,
  startRpcServer,
  type Commands,
  type CoreEvent,
} from './rpc/index.ts';
import type { SettingName } from './settings/index.ts';
import type { TlsLane } from './lanes/index.ts';

export { buildCatalogFile } from './catalog/index.ts';
export type { CoreDecorators, CoreOptions } from './wiring/options.ts';

export interface StopOutcome {
  /** The required part whose failure made the core stop. */
  readonly failed?: { readonly component: string; readonly error: LanspreadError };
}

export interface CoreHandle {
  readonly commands: Commands;
  /** Every event since the start: the first listener gets those from before it listened. */
  readonly events: Event<CoreEvent>;
  readonly version: string;
  /** Opens the UI in a browser; carries the token. */
  readonly url: string;
  /** Stops in order: refuses commands, pauses downloads, says goodbye, closes. Never throws. */
  stop(options?: { timeoutMs?: number }): Promise<void>;
  readonly stopped: Promise<StopOutcome>;
}

/** How long stopping may take in all, in milliseconds. */
const stopLimitMs = 2_000;
const servicesLimitMs = 500;
/** How long nothing may have changed in a game that was copied by hand before it is offered, in milliseconds. */
const copySettleMs = 5_000;

/**
 * Starts a core. Order: lock → database → legacy journals → recovery → first scan → listeners → RPC → discovery and what
 * else goes on by itself. Whatever was started is stopped again when a later step fails. Errors: `STATE_LOCKED`,
 * `STATE_TOO_NEW`, `CATALOG_INVALID`, file system.
 */
export async function startCore(options: CoreOptions): Promise<CoreHandle> {
  const { stateDir, logger } = options;
  await using starting = new AsyncDisposableStack();

  // What this PC remembers.
  const ground = starting.use(await openGround(options));
  const { settings, catalog, known, state, fileSystem, events, clock, name } = ground;
  const extensions = await openExtensions(ground, starting);
  const catalogRefresh = await createCatalogRefresh(ground);
  const gamesDir = options.gamesDir ?? settings.get('gamesDir');

  // What is on its disk, once everything that was broken off is settled.
  await prepareGamesDir(gamesDir, ground);
  const recovery = createGameRecovery(ground);
  await recovery.run({ gamesDir });
  const isKnownGame = (id: string): boolean => known.has(id);
  const expectedBytesOf = (id: GameId, version: string): number | undefined => {
    const game = catalog.get(id);
    return game?.version === version ? game.sizeBytes : undefined;
  };
  const library = starting.use(
    await openLibrary({
      gamesDir,
      state,
      isKnownGame,
      // A game that no catalog lists any more stays playable here, but the serve gate gives nobody its bytes.
      isOffered: (id) => catalog.has(id),
      expectedBytesOf,
      settleMs: copySettleMs,
      fileSystem,
      clock,
      logger,
    }),
  );
  await library.scan();
  const noteHere = (ids: Iterable<GameId>): void =>
    known.note(Array.from(ids, (id) => ({ id, isHere: library.get(id) !== undefined })));
  // A folder that is away, or another one, says nothing about what was installed.
  if (library.isAvailable) noteHere(known.ids().filter((id) => library.get(id)));
  starting.use(library.onDidChangeLocal((ids) => library.isAvailable && noteHere(ids)));

  const identity = await loadIdentity({ stateDir, fileSystem, logger });
  // Who else is there. The gate of what is served asks the games, which come next.
  const lane: TlsLane = starting.use(
    await openLane(ground, {
      identity,
      authorize: (peerId, request) => games.transfer.authorize(peerId, request),
      serveStream: (request, options) => games.transfer.serveStream(request, options),
    }),
  );
  const peers: PeerNetwork = starting.use(await openPeers(ground, { identity, library, lane }));
  // No `await` from here to the relays: what peers tell in the next turn must find everybody listening.
  starting.use(lane.onPeerBytes(({ peerId }) => peers.markAlive(peerId)));
  starting.use(library.onDidChange((delta) => peers.publish(delta)));
  const { hashFile, locks } = recovery;
  const games: Games = createGames(ground, {
    library,
    peers,
    lane,
    hashFile,
    locks,
    unpackers: extensions.unpackers,
    owner: starting,
  });
  const { operations } = games;
  const tellPlaying = (): void => peers.setPlaying(settings.get('tellWhatIsPlayed') ? operations.playing() : []);
  starting.use(operations.onDidChangePlaying(tellPlaying));
  starting.use(relayPeerEvents(peers, events.emit));
  starting.use(relayLibraryEvents(library, events.emit));

  // What follows from a change.
  const recoverIn = (folder: string): Promise<void> =>
    recovery.run({ gamesDir: folder, isActive: (gameId) => operations.isBusy(gameId) });
  const scan = (): void => void library.scan().catch((error: unknown) => logger.warn({ err: error }, 'a scan failed'));
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
  const applySetting = (setting: SettingName): void => {
    if (setting.startsWith('upload') || setting === 'maxUploadPeers') lane.setUploadLimits(uploadLimitsOf(settings));
    else if (setting === 'playerName') peers.setName(settings.get('playerName'));
    else if (setting === 'staticPeers') peers.setStaticPeers(staticPeersOf(ground));
    else if (setting === 'tellWhatIsPlayed') tellPlaying();
    else if (setting === 'maxConcurrentDownloads') operations.reconsiderQueue();
    events.emit({ event: 'settings-changed', setting });
  };
  starting.use(settings.onDidChange(applySetting));
  starting.use(
    catalog.onDidChange(() => {
      peers.recheckGames();
      scan();
    }),
  );
  starting.use(
    library.onDidChangeAvailability(({ available }) => {
      if (available) void recoverAgain().catch((error: unknown) => logger.error({ err: error }, 'recovery failed'));
    }),
  );

  // How it is seen and told what to do.
  let stopping: Promise<void> | undefined;
  const isStopping = (): boolean => stopping !== undefined;
  const commands = createCoreCommands(ground, {
    library,
    peers,
    lane,
    games,
    extensions: extensions.manager,
    changeGamesDir,
    isStopping,
    // In a later turn: the caller is answered first.
    quit: () => void setImmediate(() => void (stopping ??= stopAll(stopLimitMs))),
  });
  const earlier = await lastAddress(stateDir);
  const rpc = starting.use(
    await startRpcServer({
      api: { commands, events: events.event },
      uiDirectory: options.uiDirectory,
      coverPath: (gameId) => catalog.get(gameId)?.coverPath,
      earlier,
      logger,
    }),
  );
  starting.use(await publishEndpoint(stateDir, { pid: process.pid, port: rpc.port, token: rpc.token }));
  await keepAddress(stateDir, { ...rpc, earlier });

  const { revision, games: localGames } = library.snapshot();
  events.begin([
    { event: 'started', peerId: peers.peerId, addresses: peers.addresses(), name, version: lanspreadVersion },
    { event: 'local-ready', revision, games: localGames },
  ]);
  if (!library.isAvailable) events.emit({ event: 'games-dir-lost', gamesDir });
  await operations.resumeEarlier();
  operations.restore();

  // What goes on by itself, and what the core cannot do without. No `await` from here on: the first failure finds all.
  const running = starting.move();
  const { promise: stopped, resolve } = Promise.withResolvers<StopOutcome>();
  let failed: StopOutcome['failed'];
  const services = startServices(ground, {
    library,
    peers,
    lane,
    catalogRefresh,
    onFailed: ({ name: component, error }) => {
      failed ??= { component, error };
      events.emit({ event: 'runtime-failed', component, error: error.toJSON() });
      stopping ??= stopAll(stopLimitMs);
    },
  });
  const stopAll = async (timeoutMs: number): Promise<void> => {
    const inOrder = async (): Promise<void> => {
      await operations.stop();
      // Before what they look after: an end that is meant is no failure.
      await services.stop({ timeoutMs: servicesLimitMs });
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
    version: lanspreadVersion,
    url: rpc.url,
    stop: ({ timeoutMs = stopLimitMs } = {}) => (stopping ??= stopAll(timeoutMs)),
    stopped,
  };
}
