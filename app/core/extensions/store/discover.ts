/** What lies on the disk: built-in, installed and development extensions. Changes nothing but leftovers of installs. */
import { join } from 'node:path';
import {
  isNotFound,
  statOf,
  toLanspreadError,
  whyUnsafe,
  type FileSystem,
  type LanspreadError,
  type Logger,
} from '../../base/index.ts';
import {
  assertCompatible,
  compareVersions,
  manifestName,
  isVersion,
  readManifest,
  type ExtensionManifest,
} from '../manifest/index.ts';
import { readThemes, type Theme } from '../themes/index.ts';
import { readReceipt, type Receipt } from './receipt.ts';
import { formerName, tidyHome } from './unpack-package.ts';

export type ExtensionOrigin = 'built-in' | 'installed' | 'development';

export interface FoundExtension {
  readonly id: string;
  readonly origin: ExtensionOrigin;
  /** Absolute. */
  readonly directory: string;
  /** Undefined: it cannot be read; `problem` says why. */
  readonly manifest: ExtensionManifest | undefined;
  readonly themes: readonly Theme[];
  /** Only installed extensions have it. */
  readonly receipt?: Receipt | undefined;
  /** Why it cannot be used. */
  readonly problem?: LanspreadError;
}

/** Reads one extension's folder. What is wrong with it is told in `problem`. */
export async function readExtension(
  fileSystem: FileSystem,
  { directory, origin, expectedId }: { directory: string; origin: ExtensionOrigin; expectedId: string },
): Promise<FoundExtension> {
  const base = { origin, directory, themes: [], receipt: await readReceipt(fileSystem, directory) };
  let manifest: ExtensionManifest | undefined;
  try {
    manifest = await readManifest(fileSystem, directory);
    assertCompatible(manifest);
    return { ...base, id: manifest.id, manifest, themes: await readThemes(fileSystem, { directory, manifest }) };
  } catch (error) {
    return { ...base, id: manifest?.id ?? expectedId, manifest, problem: toLanspreadError(error, 'EXTENSION_INVALID') };
  }
}

interface Places {
  /** Where installed ones lie; need not exist. */
  readonly directory: string;
  readonly builtInParents?: readonly string[];
  readonly development?: readonly { readonly directory: string }[];
  /** The version of an installed one that the database names. */
  readonly versionOf: (id: string) => string | undefined;
  readonly logger: Logger;
}

/** Each id once: a development folder goes before what is built in, and both before what is installed. */
export async function discoverAll(
  fileSystem: FileSystem,
  { directory, builtInParents = [], development = [], versionOf, logger }: Places,
): Promise<FoundExtension[]> {
  const found: FoundExtension[] = [];
  const add = (extension: FoundExtension): void => {
    const taken = found.find(({ id }) => id === extension.id);
    const facts = { extensionId: extension.id, directory: extension.directory, taken: taken?.directory };
    if (taken) logger.warn(facts, 'Another extension has the same id.');
    else found.push(extension);
  };
  for (const { directory: folder } of development)
    add(await readExtension(fileSystem, { directory: folder, origin: 'development', expectedId: folder }));
  for (const parent of builtInParents)
    for (const folder of await foldersWithManifest(fileSystem, parent))
      add(await readExtension(fileSystem, { directory: folder, origin: 'built-in', expectedId: folder }));
  for (const extension of await findInstalled({ fileSystem, logger }, { parent: directory, versionOf })) add(extension);
  return found;
}

/** Every folder below `parent` that has a manifest: how built-in extensions lie. */
async function foldersWithManifest(fileSystem: FileSystem, parent: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name, kind } of await listOrNothing(fileSystem, parent)) {
    const directory = join(parent, name);
    if (kind === 'directory' && (await statOf(fileSystem, join(directory, manifestName)))) found.push(directory);
  }
  return found.toSorted();
}

/**
 * Installed ones below `extensions/`: of each the version that `versionOf` names; where that is not there (the database was
 * lost), the newest. Leftovers of installs that were broken off are put back or deleted.
 */
async function findInstalled(
  { fileSystem, logger }: { fileSystem: FileSystem; logger: Logger },
  { parent, versionOf }: { parent: string; versionOf: (id: string) => string | undefined },
): Promise<FoundExtension[]> {
  const found: FoundExtension[] = [];
  for (const { name: id, kind } of await listOrNothing(fileSystem, parent)) {
    if (kind !== 'directory' || whyUnsafe(id, { atGameRoot: false }) !== undefined) continue;
    const home = join(parent, id);
    const version = await settleHome({ fileSystem, logger }, { home, version: versionOf(id) });
    if (version === undefined) continue;
    found.push(
      await readExtension(fileSystem, { directory: join(home, version), origin: 'installed', expectedId: id }),
    );
  }
  return found.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

async function settleHome(
  { fileSystem, logger }: { fileSystem: FileSystem; logger: Logger },
  { home, version }: { home: string; version: string | undefined },
): Promise<string | undefined> {
  const names = (await fileSystem.list(home)).flatMap(({ name, kind }) => (kind === 'directory' ? [name] : []));
  const versions = names.filter(isVersion);
  let inUse = version !== undefined && versions.includes(version) ? version : versions.toSorted(compareVersions).at(-1);
  if (version !== undefined && !versions.includes(version) && names.includes(formerName)) {
    // Broken off between stepping aside and the new folder's rename.
    await fileSystem.rename(join(home, formerName), join(home, version));
    inUse = version;
  }
  try {
    await tidyHome(fileSystem, home, { keep: new Set(inUse === undefined ? [] : [inUse]) });
  } catch (error) {
    logger.warn({ home, err: error }, 'Leftovers of an extension could not be deleted.');
  }
  return inUse;
}

async function listOrNothing(fileSystem: FileSystem, directory: string): ReturnType<FileSystem['list']> {
  try {
    return await fileSystem.list(directory);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}
