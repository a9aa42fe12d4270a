import { join } from 'node:path';
import {
  isNotFound,
  isReservedRootName,
  ownNames,
  type DirectoryEntry,
  type FileStat,
  type FileSystem,
} from '../base/index.ts';
import { digestOf } from './fingerprint.ts';
import { isDropping, readSentinel, type Sentinel } from '../game-folder/index.ts';

/** What one listing and the sentinel say about a game folder. */
export interface RootView {
  /** Undefined: not downloaded. */
  readonly sentinel: Sentinel | undefined;
  readonly installed: boolean;
  readonly entries: readonly DirectoryEntry[];
  /** The fingerprint's `listing`. */
  readonly listing: string;
}

export interface ViewOptions {
  /** A listing of the games folder just showed that the game folder is a real directory. */
  isDirectory?: boolean;
}

/**
 * Looks at one game folder: one listing and one read. Undefined when it is missing or no real directory. A sentinel
 * counts only if it is a file, `local` only if it is a real directory; links do not count. Errors: the file system's.
 */
export async function viewRoot(
  fileSystem: FileSystem,
  root: string,
  { isDirectory = false }: ViewOptions = {},
): Promise<RootView | undefined> {
  let entries: DirectoryEntry[];
  try {
    if (!isDirectory && (await fileSystem.lstat(root)).kind !== 'directory') return undefined;
    entries = await fileSystem.list(root);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
  const sentinelKind = await kindOf(fileSystem, root, { entries, name: ownNames.sentinel });
  const sentinel = sentinelKind === 'file' ? await readSentinel(fileSystem, root) : undefined;
  const installed = (await kindOf(fileSystem, root, { entries, name: ownNames.local })) === 'directory';
  const lines = entries.map(({ name, kind }) => `${kind} ${name}`).sort();
  return { sentinel, installed, entries, listing: digestOf([sentinel?.text ?? '', ...lines]) };
}

/**
 * The kind of an entry; undefined when there is none. On a disk that ignores case, `Version.ini` is `version.ini`;
 * elsewhere it is another file.
 */
async function kindOf(
  fileSystem: FileSystem,
  root: string,
  { entries, name }: { entries: readonly DirectoryEntry[]; name: string },
): Promise<DirectoryEntry['kind'] | undefined> {
  const exact = entries.find((entry) => entry.name === name);
  if (exact) return exact.kind;
  if (!entries.some((entry) => entry.name.toLowerCase() === name)) return undefined;
  try {
    return (await fileSystem.lstat(join(root, name))).kind;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The fingerprint's `top`: a digest of the files directly in the game folder. */
export function topDigest(
  files: Iterable<{ name: string } & Pick<FileStat, 'sizeBytes' | 'mtimeNs' | 'inode'>>,
): string {
  const lines = [...files].map(({ name, sizeBytes, mtimeNs, inode }) => `${name} ${sizeBytes} ${mtimeNs} ${inode}`);
  return digestOf(lines.sort());
}

/**
 * The `topDigest` of the files that are there now. A file that vanishes meanwhile is left out. Errors: the file
 * system's.
 */
export async function readTop(
  fileSystem: FileSystem,
  root: string,
  entries: readonly DirectoryEntry[],
): Promise<string> {
  const stats = [];
  for (const { name, kind } of entries) {
    if (kind !== 'file' || isReservedRootName(name) || isDropping(name, { atGameRoot: true, kind })) continue;
    try {
      stats.push({ name, ...(await fileSystem.lstat(join(root, name))) });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  return topDigest(stats);
}
