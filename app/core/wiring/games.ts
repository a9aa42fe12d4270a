/** Creates the transfer, the installer, the player, and the operations that use them. */
import { join } from 'node:path';
import type { Ground } from './ground.ts';
import { downloadListStore } from './options.ts';
import { createInstaller, openPayloadContent, type ArchiveRules, type HashFile } from '../install/index.ts';
import type { RootLocks } from '../game-folder/index.ts';
import type { Unpacker } from '../content/index.ts';
import type { ReopenableLibrary } from '../library/index.ts';
import { createOperations, type Operations, type PlayPort } from '../operations/index.ts';
import type { PeerNetwork } from '../peers/index.ts';
import { chooseLaunch, GamePlayer, type PlayRequest } from '../play/index.ts';
import { createTransfer, type Transfer } from '../blocks/index.ts';
import type { TlsLane } from '../lanes/index.ts';

export interface Games {
  readonly transfer: Transfer;
  readonly operations: Operations;
}

interface GamesOptions {
  readonly library: ReopenableLibrary;
  readonly peers: PeerNetwork;
  readonly lane: TlsLane;
  readonly hashFile: HashFile;
  /** The locks that recovery uses. */
  readonly locks: RootLocks;
  /** In the user's order. */
  readonly unpackers: () => readonly Unpacker[];
  /** Disposes of everything that is created here. */
  readonly owner: AsyncDisposableStack;
}

/** Synchronous on purpose: no message of a peer may pass before the operations listen. */
export function createGames(ground: Ground, parts: GamesOptions): Games {
  const { library, peers, lane, hashFile, locks, unpackers, owner } = parts;
  const { options, fileSystem, state, settings, catalog, known, events, clock, logger } = ground;
  const isKnownGame = (id: string): boolean => catalog.has(id);
  const archiveRules = (gameId: string): ArchiveRules => known.get(gameId) ?? {};
  const installer = createInstaller({
    fileSystem,
    state,
    unpackers,
    hashFile,
    locks,
    clock,
    logger,
    isInCatalog: (id) => known.has(id),
    gamesDir: () => library.gamesDir,
    keepPatterns: (gameId) => known.get(gameId)?.keep ?? [],
    archiveRules,
  });
  const transfer: Transfer = owner.use(
    createTransfer({
      peers,
      library,
      state,
      tlsLane: options.decorate?.lane?.(lane) ?? lane,
      streamLane: lane,
      openPayload: (root, { signal }) => openPayloadContent({ fileSystem, unpackers, archiveRules }, root, { signal }),
      uploads: lane.uploads,
      fileSystem,
      settleRoot: (target, settling) => installer.settle(target, settling),
      clock,
      logger,
      isKnownGame,
      isServable: (gameId) => operations.isServable(gameId),
      isPlaying: () => operations.playing().length > 0,
    }),
  );
  const operations: Operations = owner.use(
    createOperations({
      catalog,
      known,
      library,
      peers,
      transfer,
      installer,
      player: createPlayer(ground),
      emit: events.emit,
      maxConcurrentDownloads: () => settings.get('maxConcurrentDownloads'),
      downloadList: downloadListStore(state.downloadQueue, () => library.gamesDir),
      clock,
      logger,
    }),
  );
  return { transfer, operations };
}

function createPlayer({ options, fileSystem, state, settings, clock, logger }: Ground): PlayPort<PlayRequest> {
  const player = new GamePlayer({
    fileSystem,
    sessions: state.playSessions,
    lastWordsDirectory: join(options.stateDir, 'logs', 'games'),
    clock,
    logger,
  });
  return {
    plan: (game, { label, directory }) => ({
      gameId: game.id,
      directory,
      launch: chooseLaunch(game, { label, platform: process.platform }),
      player: { name: settings.get('playerName'), language: settings.get('language') },
    }),
    assertStartable: (request) => player.assertStartable(request),
    start: (request) => player.start(request),
    resume: () => player.resume(),
    playedSeconds: () => state.playSessions.secondsByGame(),
  };
}
