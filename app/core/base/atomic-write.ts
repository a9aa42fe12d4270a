import { dirname } from 'node:path';
import type { FileSystem } from './file-system.ts';

export interface AtomicWriteOptions {
  /** The sibling used while writing. Default: the path with `.tmp` appended. */
  temporaryPath?: string;
}

/**
 * Replaces a small file whole: sibling temporary, flush, rename over, flush the directory. After a crash the old or the
 * new content is there, never a mix. After an error the old content and no temporary. Errors are the file system's.
 */
export async function writeFileAtomic(
  fileSystem: FileSystem,
  target: { path: string; data: Uint8Array | string },
  { temporaryPath = `${target.path}.tmp` }: AtomicWriteOptions = {},
): Promise<void> {
  const bytes = typeof target.data === 'string' ? Buffer.from(target.data) : target.data;
  try {
    await writeFlushed(fileSystem, temporaryPath, bytes);
    await fileSystem.rename(temporaryPath, target.path);
  } catch (error) {
    await discard(fileSystem, temporaryPath);
    throw error;
  }
  await fileSystem.syncDirectory(dirname(target.path));
}

async function writeFlushed(fileSystem: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  await using handle = await fileSystem.open(path, 'create');
  if (bytes.length > 0) await handle.write(bytes, 0);
  await handle.sync();
}

/** Best effort: the error that led here is the one that tells the caller what happened. */
async function discard(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    await fileSystem.deleteFile(path);
  } catch {
    // It may not have been made; if it cannot be deleted, the next write uses it again.
  }
}
