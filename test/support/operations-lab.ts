/** Operations over fakes that take their time on a virtual clock and fail as a test, or a seed, says. */
import { join } from 'node:path';
import {
  abortError,
  Emitter,
  LanspreadError,
  parseGameId,
  silentLogger,
  sleep,
  type ErrorCode,
  type GameId,
} from '../../app/core/base/index.ts';
import type { CatalogGame } from '../../app/core/catalog/index.ts';
import type { LocalGame } from '../../app/core/library/index.ts';
import type { DownloadListStore } from '../../app/core/operations/download-list.ts';
import {
  createOperations,
  type InstallPort,
  type OperationEventMessage,
  type Operations,
  type OperationsOptions,
  type TransferPort,
} from '../../app/core/operations/index.ts';
import type { Peer } from '../../app/core/peers/index.ts';
import type { DownloadOutcome, ResumableDownload } from '../../app/core/blocks/index.ts';
import { stopKindOf } from '../../app/core/blocks/index.ts';
import { diskFull } from './full-state-disk.ts';
import { VirtualClock } from './virtual-clock.ts';

export const gamesDir = '/games';
export const rootOf = (id: string): string => join(gamesDir, id);

/** How the next piece of work goes. */
export interface Turn {
  readonly takesMs: number;
  /** Fails with it at the end of its time. */
  readonly fails?: ErrorCode;
  /** Every peer goes at the end of its time. Downloads and repairs. */
  readonly peersGo?: boolean;
  /** Goes on for so long after it was told to stop, in milliseconds. */
  readonly lingersMs?: number;
}

export interface OperationsLab {
  readonly operations: Operations;
  readonly clock: VirtualClock;
  readonly events: OperationEventMessage[];
  /** What is on the disk, by game. */
  readonly disk: Map<GameId, LocalGame>;
  readonly partials: Map<string, ResumableDownload>;
  readonly stored: Stored;
  /** Calls of the ports, as `download quake`. */
  readonly calls: string[];
  /** How work goes from now on. */
  turn: (what: string) => Turn;
  /** What happens when a root is settled before something else begins. */
  settle: () => Promise<void>;
  /** Peers come with all games, or go. */
  setPeers(isThere: boolean): void;
  setFolder(isThere: boolean): void;
  /** No catalog lists this game any more. */
  dropFromCatalog(id: string): void;
  /** The same disk and database under a new core, as after a restart. */
  restart(): Promise<OperationsLab>;
}

/** The list of downloads in the database. */
interface Stored {
  downloads: ReturnType<DownloadListStore['load']>;
  /** It takes no write. */
  isFull: boolean;
}

interface World {
  readonly clock: VirtualClock;
  readonly disk: Map<GameId, LocalGame>;
  readonly partials: Map<string, ResumableDownload>;
  readonly stored: Stored;
  hasPeers: boolean;
}

const wanted = '2';
const totalBytes = 1_000;

function localGame(id: GameId, facts: Partial<LocalGame>): LocalGame {
  const game = { id, root: rootOf(id), version: undefined, downloaded: false, installed: false };
  const rest = { installedVersion: undefined, sizeBytes: totalBytes, fingerprint: '', manifestRoot: undefined };
  return { ...game, ...rest, ...facts };
}

export function operationsLab(ids: readonly string[], options: { limit?: () => number } = {}): OperationsLab {
  const world: World = {
    clock: new VirtualClock(),
    disk: new Map(),
    partials: new Map(),
    stored: { downloads: [], isFull: false },
    hasPeers: true,
  };
  return start(world, ids.map(parseGameId), options);
}

function start(world: World, ids: readonly GameId[], { limit = () => 2 }: { limit?: () => number }): OperationsLab {
  const { clock, disk, partials } = world;
  const events: OperationEventMessage[] = [];
  const calls: string[] = [];
  const changed = {
    peers: new Emitter<Peer>(),
    lost: new Emitter<never>(),
    folder: new Emitter<{ available: boolean }>(),
  };
  let isFolderThere = true;

  /** Works for its time, or less when it is stopped; throws as its turn says. */
  const work = async (what: string, gameId: GameId, signal?: AbortSignal): Promise<Turn> => {
    calls.push(`${what} ${gameId}`);
    const turn = lab.turn(what);
    try {
      await sleep(turn.takesMs, { clock, ...(signal && { signal }) });
    } catch (error) {
      if (turn.lingersMs !== undefined) await sleep(turn.lingersMs, { clock });
      throw error;
    }
    if (turn.fails) throw new LanspreadError(turn.fails);
    return turn;
  };
  const change = (id: GameId, facts: Partial<LocalGame>): void => {
    const game = localGame(id, { ...disk.get(id), ...facts });
    if (game.downloaded || game.installed) disk.set(id, game);
    else disk.delete(id);
  };
  const kept = (root: string): number => partials.get(root)?.bytes ?? 0;

  const transfer: TransferPort = {
    async download({ gameId, root, version, willInstall }, listener, { signal }): Promise<DownloadOutcome> {
      try {
        await sleep(10, { clock, signal });
        if (!world.hasPeers) throw new LanspreadError('NO_PEERS');
        listener.onBegin({ totalBytes, manifestRoot: 'root', peers: ['peer'] });
        change(gameId, { downloaded: false, version: undefined });
        partials.set(root, { bytes: kept(root) + 1, totalBytes, version, manifestRoot: 'root', install: willInstall });
        const { peersGo } = await work('download', gameId, signal);
        if (peersGo) return { kind: 'peers-gone', resumableBytes: kept(root) };
        partials.delete(root);
        change(gameId, { downloaded: true, version });
        return { kind: 'finished', manifestRoot: 'root', totalBytes };
      } catch (thrown) {
        const error = thrown instanceof LanspreadError ? thrown : new LanspreadError('INTERNAL', { cause: thrown });
        if (signal.aborted && (error.code === 'CANCELLED' || error.code === 'SHUTTING_DOWN')) {
          if (stopKindOf(signal) !== 'cancel') return { kind: 'paused', resumableBytes: kept(root) };
          partials.delete(root);
          return { kind: 'cancelled' };
        }
        const { code, message, details } = error;
        return { kind: 'failed', code, message, details, resumableBytes: kept(root) };
      }
    },
    resumable: (root) => partials.get(root),
    async discard({ gameId, root }) {
      await work('discard', gameId);
      partials.delete(root);
    },
    async verify({ gameId, version }, listener, { signal }) {
      listener.onBegin({ version, totalBytes, manifestRoot: 'root', source: 'download' });
      await work('verify', gameId, signal);
      return soundResult(version);
    },
    async repair({ gameId, root, version }, { verifying, downloading }, { signal }) {
      try {
        verifying.onBegin({ version, totalBytes, manifestRoot: 'root', source: 'download' });
        await work('verify', gameId, signal);
        downloading.onBegin({ totalBytes, manifestRoot: 'root', peers: ['peer'] });
        change(gameId, { downloaded: false, version: undefined });
        partials.set(root, { bytes: 900, totalBytes, version, manifestRoot: 'root', install: false });
        const { peersGo } = await work('repair', gameId, signal);
        if (peersGo) return { kind: 'peers-gone', resumableBytes: 900 };
        partials.delete(root);
        change(gameId, { downloaded: true, version });
        return { kind: 'finished', result: soundResult(version) };
      } catch (thrown) {
        const { code, message } = thrown instanceof LanspreadError ? thrown : new LanspreadError('INTERNAL');
        return { kind: 'failed', code, message, details: {}, resumableBytes: kept(root) };
      }
    },
    forgetPayload: () => {},
    async findSenders(_request, { signal }) {
      await sleep(10, { clock, signal });
      if (!world.hasPeers) throw new LanspreadError('NO_PEERS');
      return { manifestRoot: 'root', payloadBytes: totalBytes, senders: [] };
    },
  };
  const installing =
    (what: 'install' | 'update'): InstallPort['install'] =>
    async ({ gameId, version }, listener, { signal }) => {
      listener.onBegin({ totalBytes });
      await work(what, gameId, signal);
      if (signal.aborted) throw abortError(signal);
      change(gameId, { installed: true, installedVersion: version });
    };
  const installer: InstallPort = {
    check: async () => undefined,
    settle: () => lab.settle(),
    install: installing('install'),
    update: installing('update'),
    async streamedInstall({ gameId, version }, listener, { signal }) {
      listener.onBegin({ peerId: 'peer', totalBytes });
      listener.onProgress({ peerId: 'peer', bytes: 0, totalBytes });
      await work('stream', gameId, signal);
      if (signal.aborted) throw abortError(signal);
      listener.onProgress({ peerId: 'peer', bytes: totalBytes, totalBytes });
      change(gameId, { installed: true, installedVersion: version });
      return { peerId: 'peer', installedRoot: 'root', trust: 'sender' };
    },
    async uninstall({ gameId }, { signal }) {
      await work('uninstall', gameId, signal);
      change(gameId, { installed: false, installedVersion: undefined });
    },
    assertRemovable: async () => {},
    isHalfRemoved: () => false,
    async removeDownload({ gameId }) {
      await work('remove', gameId);
      change(gameId, { downloaded: false, version: undefined });
    },
  };
  const dropped = new Set<string>();
  const listed = (): readonly GameId[] => ids.filter((id) => !dropped.has(id));
  const catalog = {
    has: (id: string): id is GameId => listed().some((one) => one === id),
    get: (id: string) =>
      listed()
        .filter((one) => one === id)
        .map(catalogGame)[0],
    all: () => listed().map(catalogGame),
    onDidChange: new Emitter<void>().event,
  };
  const library = {
    gamesDir,
    get isAvailable() {
      return isFolderThere;
    },
    checkFolder: async () => isFolderThere,
    get: (id: GameId) => disk.get(id),
    hold: () => ({ [Symbol.dispose]: () => {} }),
    refresh: async (id: GameId) => disk.get(id),
    onDidChange: new Emitter<never>().event,
    onDidChangeLocal: new Emitter<never>().event,
    onDidChangeAvailability: changed.folder.event,
  };
  const peer = peerWith(ids);
  const lab: OperationsLab = {
    clock,
    disk,
    partials,
    events,
    calls,
    stored: world.stored,
    turn: () => ({ takesMs: 1_000 }),
    settle: async () => {},
    setPeers(isThere) {
      world.hasPeers = isThere;
      changed.peers.fire(peer);
    },
    dropFromCatalog: (id) => void dropped.add(id),
    setFolder(isThere) {
      if (isThere === isFolderThere) return;
      isFolderThere = isThere;
      changed.folder.fire({ available: isThere });
    },
    async restart() {
      const stopped = lab.operations.stop();
      await clock.advance(10_000);
      await stopped;
      await lab.operations[Symbol.asyncDispose]();
      return start(world, ids, { limit });
    },
    operations: createOperations({
      // The fakes have what operations use of these; the whole interfaces are far larger.
      catalog: catalog as unknown as OperationsOptions['catalog'],
      known: {
        get: catalog.get,
        isListed: (id) => catalog.get(id) !== undefined,
        ids: () => catalog.all().map(({ id }) => id),
      },
      library: library as unknown as OperationsOptions['library'],
      peers: {
        peers: () => (world.hasPeers ? [peer] : []),
        onDidConnect: changed.peers.event,
        onDidChange: new Emitter<Peer>().event,
        onDidLose: changed.lost.event,
      },
      transfer,
      installer,
      player: idlePlayer,
      emit: (event) => void events.push(event),
      maxConcurrentDownloads: limit,
      downloadList: {
        load: () => world.stored.downloads,
        save(downloads) {
          if (world.stored.isFull) throw diskFull();
          world.stored.downloads = downloads.map(({ gameId, install, phase }) => ({ gameId, install, phase }));
        },
      },
      clock,
      logger: silentLogger,
    }),
  };
  lab.operations.restore();
  return lab;
}

const soundResult = (version: string) => ({
  version,
  manifestRoot: 'root',
  source: 'download' as const,
  sound: true,
  badFiles: [],
  missingFiles: [],
  extraFiles: [],
  badBlocks: 0,
  badBytes: 0,
  totalBytes,
});

function catalogGame(id: GameId): CatalogGame {
  const texts = { title: id, version: wanted, description: '' };
  return { id, ...texts, genres: [], tags: [], launch: [], keep: [] };
}

function peerWith(ids: readonly GameId[]): Peer {
  const games = ids.map((id) => [id, { id, version: wanted, sizeBytes: totalBytes, availability: 'Ready' }] as const);
  const facts = {
    peerId: 'peer',
    name: 'peer',
    addresses: [],
    lane: undefined,
    remoteHosts: [],
    transport: 'tcp',
  } as const;
  return { ...facts, games: new Map(games), libraryRevision: 1, playing: [] };
}

export const idlePlayer: OperationsOptions['player'] = {
  plan: () => undefined,
  assertStartable: async () => {},
  start: async () => {
    throw new LanspreadError('NOT_SUPPORTED');
  },
  resume: async () => [],
  playedSeconds: () => new Map(),
};
