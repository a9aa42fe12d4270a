import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LanspreadError, type FileSystem, type Logger } from '../base/index.ts';
import type { Catalog } from '../catalog/index.ts';
import type { Unpacker } from '../content/index.ts';
import type { DownloadListStore } from '../operations/index.ts';
import { isLoopback } from '../peers/index.ts';
import type { SettingsStore } from '../settings/index.ts';
import type { DownloadQueueRepository, SettingsRepository, State } from '../state/index.ts';
import type { Lane } from '../lanes/index.ts';
import type { UploadLimits } from '../uploads/index.ts';
import { gameFolderOf } from '../game-folder/index.ts';

/** Stand between the core and its disk, its database and the byte lane: for programs that break them on purpose. */
export interface CoreDecorators {
  readonly fileSystem?: (fileSystem: FileSystem) => FileSystem;
  readonly state?: (state: State) => State;
  readonly lane?: (lane: Lane) => Lane;
}

export interface CoreOptions {
  /** Absolute. */
  stateDir: string;
  /** Absolute; wins over the setting. */
  gamesDir?: string;
  /** The name that others see; wins over the setting. */
  name?: string;
  /** IP addresses to listen on; every IPv4 address by default. Loopback only: discovery is off. */
  listen?: readonly string[];
  /** Where the control plane listens, UDP and TCP; wins over the setting. */
  controlPort?: number;
  /** Where the byte lane listens, TCP: this port and one more for each further thread; wins over the setting. */
  lanePort?: number;
  /** Look for others on the local network. Default: true. */
  discovery?: boolean;
  /** Multiaddrs of peers to connect to, again and again. */
  peers?: readonly string[];
  /** Catalogs to import at start, in order of precedence. */
  catalogFiles?: readonly string[];
  /** Imported when there is no other catalog. */
  fallbackCatalogFile?: string;
  /** Settings to begin with: set once, by the first start with this state. */
  presets?: Readonly<Record<string, unknown>>;
  /** Asked after those of extensions: for tests. */
  unpackers?: readonly Unpacker[];
  /** Absolute folders; each folder in them that has a manifest is a built-in extension. */
  builtInExtensions?: readonly string[];
  /** Absolute folders of extensions that their authors work on. */
  developmentExtensions?: readonly { readonly directory: string; readonly inspectPort?: number }[];
  /** The UI to serve. */
  uiDirectory?: string;
  /** The name of this process, for the message that the state directory is taken. */
  what?: string;
  logger: Logger;
  decorate?: CoreDecorators;
}

const manifest: { version: string } = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
);
export const lanspreadVersion = manifest.version;

export function isDiscoveryOn({ discovery = true, listen }: Pick<CoreOptions, 'discovery' | 'listen'>): boolean {
  return discovery && !(listen?.every(isLoopback) ?? false);
}

export function listenHostsOf({ listen }: Pick<CoreOptions, 'listen'>): readonly string[] {
  return listen ?? ['0.0.0.0'];
}

/**
 * Imports the catalogs given; the fallback only where there would be none. One that is unsigned, where signatures are
 * required, is left out and logged. Errors: `CATALOG_INVALID`, `CATALOG_NOT_FOUND`, `SIGNATURE_INVALID`.
 */
export async function importCatalogs(
  catalog: Catalog,
  {
    catalogFiles = [],
    fallbackCatalogFile,
    logger,
  }: Pick<CoreOptions, 'catalogFiles' | 'fallbackCatalogFile' | 'logger'>,
): Promise<void> {
  const load = async (path: string): Promise<void> => {
    try {
      await catalog.importFile(path);
    } catch (error) {
      if (!(error instanceof LanspreadError) || error.code !== 'CATALOG_UNSIGNED') throw error;
      logger.warn({ path, err: error }, 'a catalog is left out');
    }
  };
  for (const path of catalogFiles) await load(path);
  if (fallbackCatalogFile && catalog.sources().length === 0) await load(fallbackCatalogFile);
}

/** Sets what was never set. A preset that does not fit is left out and logged. */
export function applyPresets(
  settings: SettingsStore,
  { repository, presets = {}, logger }: Pick<CoreOptions, 'presets' | 'logger'> & { repository: SettingsRepository },
): void {
  for (const [name, value] of Object.entries(presets)) {
    if (repository.get(name) !== undefined) continue;
    try {
      settings.set(name, value);
    } catch (error) {
      logger.warn({ setting: name, err: error }, 'a preset is left out');
    }
  }
}

/**
 * Makes the games folder where that is possible; one that cannot be made is reported missing by the library. So is one
 * that held games and is away: its drive will bring it back, and a new folder in its place would only hide that.
 */
export async function prepareGamesDir(
  gamesDir: string,
  { state, logger }: { state: Pick<State, 'library' | 'intents' | 'partials'>; logger: Logger },
): Promise<void> {
  const isBelow = ({ root }: { root: string }): boolean => resolve(dirname(root)) === resolve(gamesDir);
  const heldGames =
    state.library.below(gamesDir).some((row) => row.version !== undefined || row.installedVersion !== undefined) ||
    [...state.intents.all(), ...state.partials.all()].some(isBelow);
  if (heldGames) return;
  try {
    await mkdir(gamesDir, { recursive: true });
  } catch (error) {
    logger.warn({ gamesDir, err: error }, 'the games folder is not there');
  }
}

/** The list of downloads of the games folder that is open, kept in the database. */
export function downloadListStore(queue: DownloadQueueRepository, gamesDir: () => string): DownloadListStore {
  return {
    load: () => queue.below(gamesDir()),
    save: (downloads) =>
      queue.replace(
        gamesDir(),
        downloads.map(({ gameId, install, phase }) => ({
          root: gameFolderOf(gamesDir(), gameId),
          gameId,
          install,
          phase,
        })),
      ),
  };
}

export function uploadLimitsOf(settings: SettingsStore): UploadLimits {
  return {
    totalBytesPerSecond: settings.get('uploadLimitBytesPerSecond') ?? undefined,
    perPeerBytesPerSecond: settings.get('uploadLimitPerPeerBytesPerSecond') ?? undefined,
    maxPeers: settings.get('maxUploadPeers') ?? undefined,
  };
}
