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

/** Wrappers around the core's disk, database and TLS lane, for programs that break them on purpose. */
export interface CoreDecorators {
  readonly fileSystem?: (fileSystem: FileSystem) => FileSystem;
  readonly state?: (state: State) => State;
  readonly lane?: (lane: Lane) => Lane;
}

export interface CoreOptions {
  /** Absolute. */
  stateDir: string;
  /** Absolute; overrides the setting. */
  gamesDir?: string;
  /** The name that other PCs see; overrides the setting. */
  name?: string;
  /** IP addresses to listen on; every IPv4 address by default. With loopback only, discovery is off. */
  listen?: readonly string[];
  /** The UDP and TCP port of the control plane; overrides the setting. */
  controlPort?: number;
  /** The TCP port of the TLS lane, and one more for each further thread; overrides the setting. */
  lanePort?: number;
  /** Whether to look for peers on the local network. Default: true. */
  discovery?: boolean;
  /** Multiaddrs of peers to connect to, again after each loss. */
  peers?: readonly string[];
  /** Catalogs to import at start, in order of precedence. */
  catalogFiles?: readonly string[];
  /** Imported when there is no other catalog. */
  fallbackCatalogFile?: string;
  /** Initial settings, applied once, by the first start with this state. */
  presets?: Readonly<Record<string, unknown>>;
  /** For tests: unpackers that are asked after those of extensions. */
  unpackers?: readonly Unpacker[];
  /** Absolute folders; each subfolder with a manifest is a built-in extension. */
  builtInExtensions?: readonly string[];
  /** Absolute folders of extensions under development. */
  developmentExtensions?: readonly { readonly directory: string; readonly inspectPort?: number }[];
  /** The UI to serve. */
  uiDirectory?: string;
  /** The name of this process, for the message that the state folder is locked. */
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
 * Imports the given catalogs, and the fallback only when there would be none. An unsigned catalog is left out and logged when
 * signatures are required. Errors: `CATALOG_INVALID`, `CATALOG_NOT_FOUND`, `SIGNATURE_INVALID`.
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

/** Applies presets to settings that were never set. A preset that does not fit is left out and logged. */
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
 * Creates the games folder if possible; the library reports a missing one. A folder that held games and is away is not
 * created: its drive will bring it back, and a new folder in its place would hide that.
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

/** The download list of the current games folder, stored in the database. */
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
