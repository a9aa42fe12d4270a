import { absolutePath, isNotFound, LanspreadError, type EntryKind, type FileSystem } from '../base/index.ts';
import type { Manifest } from '../protocol/index.ts';
import { foldersOf } from '../game-folder/index.ts';

/** Extra space for the file system itself, as a share of the needed bytes. */
const reserve = 0.02;

interface SpaceFacts {
  /** Bytes of the payload that are not fetched yet. */
  readonly missingBytes: number;
  /** Bytes of them that the disk has already allocated. */
  readonly allocatedBytes: number;
  /** Bytes of the installed game, if it will be installed and its size is known; otherwise 0. */
  readonly unpackedBytes: number;
}

/** How much free space a download needs, in bytes. Pure. */
export function neededBytes({ missingBytes, allocatedBytes, unpackedBytes }: SpaceFacts): number {
  const bare = Math.max(0, missingBytes - allocatedBytes) + unpackedBytes;
  return Math.ceil(bare * (1 + reserve));
}

/** Throws `DISK_FULL` with `neededBytes` and `freeBytes` when the disk of `gamesDir` has too little free space. */
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

/** Throws `FILE_TOO_LARGE` for the first file that the disk of `gamesDir` cannot hold. */
export async function assertFilesFit(fileSystem: FileSystem, gamesDir: string, { files }: Manifest): Promise<void> {
  const { largestFileBytes: limitBytes } = await fileSystem.space(gamesDir);
  if (limitBytes === undefined) return;
  const tooLarge = files.find(({ size }) => size > limitBytes);
  if (!tooLarge) return;
  const { path, size: sizeBytes } = tooLarge;
  const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  throw new LanspreadError('FILE_TOO_LARGE', {
    message: `${path} has ${gibibytes(sizeBytes)}, and the disk of the games folder takes ${gibibytes(limitBytes)} a file.`,
    details: { path, sizeBytes, limitBytes },
  });
}

/**
 * Throws `UNSAFE_ROOT` when the game folder is not a folder, and `INVALID_PATH` when a folder on the way to a file is a
 * symbolic link. Each folder is looked at once, however many files it has.
 */
export async function assertSafeWay(fileSystem: FileSystem, root: string, manifest: Manifest): Promise<void> {
  const kind = await kindOf(fileSystem, root);
  if (kind === undefined) return;
  if (kind !== 'directory') throw new LanspreadError('UNSAFE_ROOT', { details: { root } });
  // The lane opens files without following links, so only the folders on the way matter here. A file that stands where
  // the manifest wants a folder is moved away later.
  for (const folder of foldersOf(manifest)) {
    const kind = await kindOf(fileSystem, absolutePath(root, folder));
    if (kind === 'symlink') {
      throw new LanspreadError('INVALID_PATH', {
        message: `${folder} in the game's folder is a link, and what lies behind it is not touched: put a folder in its place, or move it away.`,
        details: { path: folder },
      });
    }
  }
}

async function kindOf(fileSystem: FileSystem, path: string): Promise<EntryKind | undefined> {
  try {
    return (await fileSystem.lstat(path)).kind;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
