/** The download sentinel `version.ini`: there exactly when the payload is complete. */
import { join } from 'node:path';
import { isNotFound, writeFileAtomic, type FileSystem } from '../base/index.ts';

interface SentinelPaths {
  readonly sentinel: string;
  readonly temporary: string;
  /** The old sentinel while a download runs. */
  readonly parked: string;
}

export function sentinelPaths(root: string): SentinelPaths {
  return {
    sentinel: join(root, 'version.ini'),
    temporary: join(root, '.version.ini.tmp'),
    parked: join(root, '.version.ini.discarded'),
  };
}

/** Takes the sentinel away before the payload is touched: from here on nothing here claims to be complete. */
export async function parkSentinel(fileSystem: FileSystem, root: string): Promise<void> {
  const { sentinel, parked } = sentinelPaths(root);
  try {
    await fileSystem.rename(sentinel, parked);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return;
  }
  await fileSystem.syncDirectory(root);
}

/** Writes the sentinel, the last step of a download; durable when it returns. */
export async function writeSentinel(fileSystem: FileSystem, root: string, text: string): Promise<void> {
  const { sentinel, temporary, parked } = sentinelPaths(root);
  await writeFileAtomic(fileSystem, { path: sentinel, data: text }, { temporaryPath: temporary });
  await deleteIfThere(fileSystem, parked);
}

/** Deletes what a download's sentinel may have left behind. */
export async function sweepSentinelTransients(fileSystem: FileSystem, root: string): Promise<void> {
  const { temporary, parked } = sentinelPaths(root);
  await deleteIfThere(fileSystem, temporary);
  await deleteIfThere(fileSystem, parked);
}

async function deleteIfThere(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    await fileSystem.deleteFile(path);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
