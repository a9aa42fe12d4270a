import { dirname } from 'node:path';
import type { FileSystem } from './file-system.ts';

export interface AtomicWriteOptions {
  /** The sibling file used while writing. Default: the path with `.tmp` appended. */
  temporaryPath?: string;
}

/**
 * Replaces a whole small file: writes a sibling temporary, flushes it, renames it over the target, flushes the directory.
 * After a crash the file has the old or the new content, never a mix. After an error it has the old content, and the
 * temporary is gone. Errors are the file system's.
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

/** Best effort: the earlier error is the one that the caller needs. */
async function discard(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    await fileSystem.deleteFile(path);
  } catch {
    // The temporary may not exist. If it cannot be deleted, the next write uses it again.
  }
}
