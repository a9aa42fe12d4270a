/** The download sentinel `version.ini`: there exactly when the payload is complete. */
import { isNotFound, writeFileAtomic, type FileSystem } from '../base/index.ts';
import { layoutOf, sentinelTransientsOf } from './layout.ts';

/** Takes the sentinel away before the payload is touched: from here on nothing here claims to be complete. */
export async function parkSentinel(fileSystem: FileSystem, root: string): Promise<void> {
  const { sentinel, sentinelParked } = layoutOf(root);
  try {
    await fileSystem.rename(sentinel, sentinelParked);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return;
  }
  await fileSystem.syncDirectory(root);
}

/** Writes the sentinel, the last step of a download; durable when it returns. */
export async function writeSentinel(fileSystem: FileSystem, root: string, text: string): Promise<void> {
  const { sentinel, sentinelTemporary, sentinelParked } = layoutOf(root);
  await writeFileAtomic(fileSystem, { path: sentinel, data: text }, { temporaryPath: sentinelTemporary });
  await deleteIfThere(fileSystem, sentinelParked);
}

/** Deletes what a download's sentinel may have left behind. */
export async function sweepSentinelTransients(fileSystem: FileSystem, root: string): Promise<void> {
  for (const path of sentinelTransientsOf(layoutOf(root))) await deleteIfThere(fileSystem, path);
}

async function deleteIfThere(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    await fileSystem.deleteFile(path);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
