import { resolve } from 'node:path';
import { LanspreadError, parseWith, type Event, type GameId } from '../base/index.ts';
import type { Catalog, KnownGames, LiveSources } from '../catalog/index.ts';
import type { Extensions } from '../extensions/index.ts';
import type { Operations } from '../operations/index.ts';
import type { Peer, PeerNetwork } from '../peers/index.ts';
import {
  commandSchemas,
  type CommandInput,
  type CommandName,
  type CommandParams,
  type CommandResult,
  type CoreEvent,
  type FolderListing,
  type FolderReport,
  type GameDetails,
  type PeerTraffic,
  type PeerView,
  type Status,
} from './contract.ts';
import { extensionHandlers } from './extension-commands.ts';
import type { Kiosk } from '../settings/index.ts';
import { isAllowedWhileLocked } from './locked-commands.ts';
import type { SettingsStore } from '../settings/index.ts';

interface CommandsOptions {
  operations: Operations;
  catalog: Catalog;
  known: Pick<KnownGames, 'get'>;
  live: LiveSources;
  peers: PeerNetwork;
  settings: SettingsStore;
  status: () => Status;
  extensions: Extensions;
  /** Whether bytes of this peer come over the TLS lane. */
  laneOf: (peerId: string) => 'tls' | 'libp2p';
  /** Payload bytes per peer. */
  traffic: () => readonly PeerTraffic[];
  /** Throws `ROOM_KEY_INVALID`. */
  checkRoomKey: (path: string) => Promise<void>;
  /** Checks whether a folder is suitable for games. Throws `INVALID_PATH`. */
  checkFolder: (path: string) => Promise<FolderReport>;
  /** Browsing for a folder; see `folder-browser.ts`. */
  folders: {
    places: () => Promise<CommandResult<'folder.places'>>;
    list: (path: string, endings: readonly string[] | undefined) => Promise<FolderListing>;
    create: (parent: string, name: string) => Promise<{ path: string }>;
  };
  /** The space that a game takes on this PC's disk. */
  diskOf: (gameId: GameId) => Promise<GameDetails['disk']>;
  kiosk: Kiosk;
  /** Shows the game folder in the file manager. Throws `NOT_DOWNLOADED`, `NOT_SUPPORTED`. */
  revealGame: (gameId: GameId) => Promise<void>;
  /**
   * Changes to another games folder. Throws `OPERATIONS_ACTIVE`, or the file system's error when the folder cannot be used.
   */
  changeGamesDir: (path: string) => Promise<void>;
  /** Stops the core after this call is answered. */
  quit: () => void;
  /** Whether every command is refused because the core is stopping. */
  isStopping: () => boolean;
}

export interface Commands {
  /** Runs a command by name. Throws a coded refusal. */
  invoke<Name extends CommandName>(name: Name, params: CommandInput<Name>): Promise<CommandResult<Name>>;
  /** Runs a command with input from outside: parses the name and the parameters first. */
  invokeUnknown(name: string, params: unknown): Promise<unknown>;
  /** The commands for a client from outside: locked while kiosk mode is on, until the client gives the PIN. */
  forClient(): Commands;
}

/** The core's interface for its users: commands in, events out. */
export interface CoreApi {
  readonly commands: Commands;
  readonly events: Event<CoreEvent>;
}

type Handlers = {
  [Name in CommandName]: (params: CommandParams<Name>) => CommandResult<Name> | Promise<CommandResult<Name>>;
};

const accepted = { accepted: true } as const;

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(commandSchemas, name);
}

export function createCommands(options: CommandsOptions): Commands {
  return commandsOf(options, undefined);
}

/** Whether one client gave the PIN. */
interface Client {
  isUnlocked: boolean;
}

function commandsOf(options: CommandsOptions, client: Client | undefined): Commands {
  const { kiosk } = options;
  const handlers = createHandlers(options, client);
  const invokeUnknown = async (name: string, params: unknown): Promise<unknown> => {
    if (options.isStopping()) throw new LanspreadError('SHUTTING_DOWN');
    if (!isCommandName(name)) {
      throw new LanspreadError('UNKNOWN_COMMAND', {
        message: `There is no command ${JSON.stringify(name.slice(0, 80))}.`,
      });
    }
    const parsed = parseWith<unknown>(commandSchemas[name], params ?? {}, {
      what: `parameters of ${name}`,
      code: 'BAD_REQUEST',
    });
    if (client && !client.isUnlocked && kiosk.isOn) {
      if (!isAllowedWhileLocked(name, kiosk.actions)) throw new LanspreadError('KIOSK_LOCKED');
      if (name === 'settings.set') kiosk.beforeSessionSetting((parsed as CommandParams<'settings.set'>).name);
    }
    // `parsed` came from the schema of this same name; the union of handlers cannot express that pairing.
    return await (handlers[name] as (params: unknown) => unknown)(parsed);
  };
  return {
    forClient: () => commandsOf(options, { isUnlocked: false }),
    invokeUnknown,
    invoke: async <Name extends CommandName>(name: Name, params: CommandInput<Name>) =>
      (await invokeUnknown(name, params)) as CommandResult<Name>,
  };
}

function createHandlers(options: CommandsOptions, client: Client | undefined): Handlers {
  const { operations, catalog, peers, settings, status, extensions, laneOf, kiosk, changeGamesDir } = options;
  return {
    listGames: () => operations.snapshot.read(),
    getGame: async ({ gameId }) => await gameDetails(gameId, options),
    searchGames({ query, limit }) {
      const { games, meant } = catalog.find(query, { limit });
      return { ids: games.map(({ id }) => id), ...(meant !== undefined && { meant }) };
    },
    download: ({ gameId, ...options }) => (operations.download(gameId, options), accepted),
    update: ({ gameId, ...options }) => (operations.update(gameId, options), accepted),
    install: ({ gameId }) => (operations.install(gameId), accepted),
    uninstall: ({ gameId }) => (operations.uninstall(gameId), accepted),
    removeDownload: async ({ gameId }) => {
      await operations.removeDownload(gameId);
      return accepted;
    },
    pause: ({ gameId }) => (operations.pause(gameId), accepted),
    resume: ({ gameId }) => (operations.resume(gameId), accepted),
    cancel: ({ gameId }) => (operations.cancel(gameId), accepted),
    moveInQueue: ({ gameId, to }) => (operations.moveInQueue(gameId, to), accepted),
    streamInstall: ({ gameId, ...options }) => (operations.streamInstall(gameId, options), accepted),
    verify: ({ gameId }) => (operations.verify(gameId), accepted),
    repair: ({ gameId }) => (operations.repair(gameId), accepted),
    play: async ({ gameId, launch }) => {
      await operations.play(gameId, { launch });
      return accepted;
    },
    stop: ({ gameId }) => (operations.stopGame(gameId), accepted),
    revealFiles: async ({ gameId }) => {
      const game = options.known.get(gameId);
      if (!game) throw new LanspreadError('NOT_IN_CATALOG', { details: { gameId } });
      await options.revealGame(game.id);
      return accepted;
    },
    'settings.get': () => ({
      settings: kiosk.isOn && client?.isUnlocked === false ? kiosk.seenByPlayers(settings.all()) : settings.all(),
    }),
    'settings.set': async ({ name, value }) => {
      if (name === 'kiosk' && value === true && !kiosk.hasPin) throw new LanspreadError('KIOSK_PIN_REQUIRED');
      if (name === 'roomKeyFile' && value !== null)
        await options.checkRoomKey(settings.parse('roomKeyFile', value) ?? '');
      if (name === 'gamesDir') await changeGamesDir(resolve(settings.parse('gamesDir', value)));
      settings.set(name, value);
      return accepted;
    },
    connectPeer: async ({ address }) => ({ peerId: await peers.connect(address) }),
    listPeers: () => ({
      peers: peers.peers().map((peer) => peerView(peer, laneOf(peer.peerId))),
      unreachable: peers.unreachable(),
    }),
    traffic: () => ({ peers: options.traffic() }),
    'folder.check': async ({ path }) => await options.checkFolder(path),
    'folder.places': async () => await options.folders.places(),
    'folder.list': async ({ path, endings }) => await options.folders.list(path, endings),
    'folder.create': async ({ path, name }) => await options.folders.create(path, name),
    'catalog.list': () => ({ sources: catalog.sources(), live: options.live.views() }),
    'catalog.import': async ({ path }) => ({ source: await catalog.importFile(path) }),
    'catalog.remove': async ({ id }) => {
      assertCatalogs(catalog, [id]);
      await catalog.removeSource(id);
      return accepted;
    },
    'catalog.order': ({ ids }) => {
      assertCatalogs(catalog, ids);
      catalog.orderSources(ids);
      return accepted;
    },
    'catalog.refresh': async ({ sourceId }) => {
      await options.live.refresh(sourceId);
      return accepted;
    },
    'catalog.configure': ({ sourceId, configuration }) => {
      options.live.configure(sourceId, configuration);
      return accepted;
    },
    ...extensionHandlers(extensions),
    'kiosk.status': () => kiosk.status({ locked: client?.isUnlocked === false }),
    'kiosk.unlock': async ({ pin }) => {
      await kiosk.check(pin);
      if (client) client.isUnlocked = true;
      return accepted;
    },
    'kiosk.lock': () => {
      if (client) client.isUnlocked = false;
      return accepted;
    },
    'kiosk.setPin': async ({ pin }) => {
      await kiosk.setPin(pin);
      return accepted;
    },
    'kiosk.endSession': async () => {
      await kiosk.endSession();
      return accepted;
    },
    status,
    quit: () => {
      options.quit();
      return accepted;
    },
  };
}

/** Throws `UNKNOWN_CATALOG`. */
function assertCatalogs(catalog: Catalog, ids: readonly string[]): void {
  for (const id of ids)
    if (!catalog.sources().some((source) => source.id === id))
      throw new LanspreadError('UNKNOWN_CATALOG', {
        message: `There is no catalog ${JSON.stringify(id.slice(0, 100))}.`,
      });
}

function peerView(peer: Peer, lane: 'tls' | 'libp2p'): PeerView {
  const { peerId, name, addresses, transport, games, playing } = peer;
  return { peerId, name, addresses, lane, transport, games: [...games.values()], playing };
}

async function gameDetails(
  gameId: string,
  { operations, known, peers, diskOf }: Pick<CommandsOptions, 'operations' | 'known' | 'peers' | 'diskOf'>,
): Promise<GameDetails> {
  const game = known.get(gameId);
  const view = game && operations.snapshot.get(game.id);
  if (!game || !view) throw new LanspreadError('NOT_IN_CATALOG', { details: { gameId } });
  const offers = peers.peers().flatMap(({ peerId, name, games }) => {
    const summary = games.get(game.id);
    return summary
      ? [{ peerId, name, version: summary.version, availability: summary.availability, sizeBytes: summary.sizeBytes }]
      : [];
  });
  return { game: view, catalog: game, offers, disk: await diskOf(game.id) };
}
