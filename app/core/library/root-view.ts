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

/** What one listing and the sentinel tell of a root. */
export interface RootView {
  /** Undefined: not downloaded. */
  readonly sentinel: Sentinel | undefined;
  readonly installed: boolean;
  readonly entries: readonly DirectoryEntry[];
  /** The fingerprint's part of that name. */
  readonly listing: string;
}

export interface ViewOptions {
  /** A listing of the games folder just told that the root is a real directory. */
  isDirectory?: boolean;
}

/**
 * Looks at one root: one listing and one read. Undefined when it is not there or no real directory. A sentinel that is a
 * link or anything but a file does not count, nor does a `local` that is no real directory. Errors: the file system's.
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

/** The kind of an entry. Where the disk ignores case, `Version.ini` is `version.ini`; elsewhere it is another file. */
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

/** The fingerprint's `top`: of the files directly in the root. */
export function topDigest(
  files: Iterable<{ name: string } & Pick<FileStat, 'sizeBytes' | 'mtimeNs' | 'inode'>>,
): string {
  const lines = [...files].map(({ name, sizeBytes, mtimeNs, inode }) => `${name} ${sizeBytes} ${mtimeNs} ${inode}`);
  return digestOf(lines.sort());
}

/** `topDigest` of what lies there now. A file that is gone meanwhile is left out. Errors: the file system's. */
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
