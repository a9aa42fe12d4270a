import { dirname } from 'node:path';
import { assertNoLinkOnWay, isNotFound, LanspreadError, type FileSystem } from '../base/index.ts';
import type { Manifest } from '../protocol/index.ts';

/** What is asked for beyond the bare bytes, for file systems' own needs. */
const reserve = 0.02;

export interface SpaceFacts {
  /** Bytes of the payload that are still to be fetched. */
  readonly missingBytes: number;
  /** Of them, bytes that lie allocated on disk already. */
  readonly allocatedBytes: number;
  /** What the installed game takes, when it will be installed and that is known. */
  readonly unpackedBytes: number;
}

/** How much room a download needs, in bytes. Pure. */
export function neededBytes({ missingBytes, allocatedBytes, unpackedBytes }: SpaceFacts): number {
  const bare = Math.max(0, missingBytes - allocatedBytes) + unpackedBytes;
  return Math.ceil(bare * (1 + reserve));
}

/** Throws `DISK_FULL` with `neededBytes` and `freeBytes` when there is not enough room below `gamesDir`. */
export async function assertRoom(fileSystem: FileSystem, gamesDir: string, facts: SpaceFacts): Promise<void> {
  const needed = neededBytes(facts);
  if (needed === 0) return;
  const { freeBytes } = await fileSystem.space(gamesDir);
  if (freeBytes >= needed) return;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new LanspreadError('DISK_FULL', {
    message: `The download needs ${gigabytes(needed)}, ${gigabytes(freeBytes)} are free.`,
    details: { neededBytes: needed, freeBytes },
  });
}

/**
 * Throws when the root or a folder on the way to any file is a symbolic link: `UNSAFE_ROOT`, `INVALID_PATH`. Every
 * folder is looked at once, however many files it has.
 */
export async function assertSafeWay(
  fileSystem: FileSystem,
  root: string,
  { files, directories }: Manifest,
): Promise<void> {
  try {
    if ((await fileSystem.lstat(root)).kind !== 'directory')
      throw new LanspreadError('UNSAFE_ROOT', { details: { root } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return;
  }
  const seen = new Set<string>();
  for (const path of [...directories, ...files.map((file) => file.path)]) {
    const folder = dirname(path);
    // The lane opens the file itself without following links; here the folders on the way matter.
    if (folder === '.' || seen.has(folder)) continue;
    seen.add(folder);
    await assertNoLinkOnWay(fileSystem, root, path);
  }
}
