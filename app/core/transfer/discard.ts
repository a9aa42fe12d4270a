import { dirname } from 'node:path';
import { absolutePath, isNotFound, systemCode, type FileSystem, type SafePath } from '../base/index.ts';
import type { Manifest } from '../protocol/index.ts';
import { forEachParallel } from './parallel.ts';
import { deleteIfThere, sweepSentinelTransients } from './sentinel.ts';

/**
 * Deletes what a download left: the manifest's files, the folders thereby emptied, the sentinel's transients; then the
 * root if nothing is left in it. Files that are not the manifest's, reserved names and `local/` stay.
 */
export async function discardPayload(
  fileSystem: FileSystem,
  root: string,
  manifest: Manifest | undefined,
): Promise<void> {
  await forEachParallel(manifest?.files ?? [], ({ path }) => deleteIfThere(fileSystem, absolutePath(root, path)));
  for (const folder of foldersOf(manifest)) await deleteDirectoryIfEmpty(fileSystem, absolutePath(root, folder));
  await sweepSentinelTransients(fileSystem, root);
  await deleteDirectoryIfEmpty(fileSystem, root);
}

/** Every folder that a manifest implies, the deepest first. Pure. */
export function foldersOf(manifest: Pick<Manifest, 'files' | 'directories'> | undefined): SafePath[] {
  const folders = new Set<string>(manifest?.directories);
  for (const path of [...(manifest?.files ?? []).map((file) => file.path), ...(manifest?.directories ?? [])]) {
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  }
  // A parent of a SafePath is one.
  return [...folders].sort((a, b) => b.split('/').length - a.split('/').length || (a < b ? -1 : 1)) as SafePath[];
}

export async function deleteDirectoryIfEmpty(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    await fileSystem.deleteDirectory(path);
  } catch (error) {
    const code = systemCode(error);
    if (!isNotFound(error) && code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'EPERM') throw error;
  }
}
