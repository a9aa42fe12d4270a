/** Connects the commands with the parts of the core that perform them. */
import { resolve } from 'node:path';
import { LanspreadError } from '../base/index.ts';
import { gameFolderOf } from '../game-folder/index.ts';
import type { Games } from './games.ts';
import type { Ground } from './ground.ts';
import { lanspreadVersion } from './options.ts';
import { checkFolder, diskOf } from '../rpc/index.ts';
import { createFolder, listFolders } from '../rpc/index.ts';
import { folderPlaces } from '../rpc/index.ts';
import type { Extensions } from '../extensions/index.ts';
import type { Library } from '../library/index.ts';
import { readRoomKey, type PeerNetwork } from '../peers/index.ts';
import { revealFolder } from '../play/index.ts';
import { createCommands, type Commands, type Status } from '../rpc/index.ts';
import { Kiosk } from '../settings/index.ts';
import type { TlsLane } from '../lanes/index.ts';

interface CoreCommandsOptions {
  readonly library: Library;
  readonly peers: PeerNetwork;
  readonly lane: TlsLane;
  readonly games: Games;
  readonly extensions: Extensions;
  readonly changeGamesDir: (path: string) => Promise<void>;
  readonly isStopping: () => boolean;
  readonly quit: () => void;
}

export function createCoreCommands(ground: Ground, parts: CoreCommandsOptions): Commands {
  const { settings, settingsRepository, state, catalog, known, live, clock, fileSystem, logger } = ground;
  const { library, peers, lane, games, extensions, changeGamesDir, isStopping, quit } = parts;
  const { operations, transfer } = games;
  const stopGames = async (): Promise<void> => {
    for (const { gameId, kind } of operations.running()) {
      if (kind !== 'Playing') continue;
      await commands
        .invoke('stop', { gameId })
        .catch((error: unknown) => logger.warn({ gameId, err: error }, 'a game goes on'));
    }
  };
  const commands: Commands = createCommands({
    kiosk: new Kiosk({ settings, repository: settingsRepository, clock, logger, stopGames }),
    operations,
    catalog,
    known,
    live,
    peers,
    settings,
    status: () => statusOf(ground, parts),
    extensions,
    traffic: () => lane.traffic(),
    checkRoomKey: async (path) => void (await readRoomKey(resolve(ground.options.stateDir, path))),
    checkFolder: (path) => checkFolder({ fileSystem }, path),
    folders: {
      places: () => folderPlaces({ fileSystem }),
      list: (path, endings) => listFolders({ fileSystem }, path, endings),
      create: createFolder,
    },
    diskOf: (gameId) => diskOf({ fileSystem, library, state }, gameId),
    laneOf: (peerId) => transfer.laneOf(peerId),
    isStopping,
    quit,
    changeGamesDir,
    revealGame: async (gameId) => {
      const { downloaded, installed } = library.get(gameId) ?? {};
      if (!downloaded && !installed) throw new LanspreadError('NOT_DOWNLOADED', { details: { gameId } });
      await revealFolder(gameFolderOf(library.gamesDir, gameId));
    },
  });
  return commands;
}

function statusOf({ options }: Ground, { library, peers, games }: CoreCommandsOptions): Status {
  return {
    peerId: peers.peerId,
    name: peers.name,
    addresses: peers.addresses(),
    version: lanspreadVersion,
    gamesDir: library.gamesDir,
    ...(!library.isAvailable && { gamesDirLost: true }),
    stateDir: options.stateDir,
    peerCount: peers.peers().length,
    transports: peers.transports,
    operations: games.operations.running(),
  };
}
