import { dirname, join } from 'node:path';
import { isNotFound, systemCode, type FileSystem, type SafePath } from '../base/index.ts';
import type { Manifest } from '../protocol/index.ts';
import { forEachParallel } from '../base/index.ts';
import { sweepSentinelTransients } from './sentinel.ts';
import { statOf } from '../base/index.ts';

/**
 * Deletes the files of a download: these paths, folders that become empty, and the sentinel's temporary files; then the game
 * folder if it is empty. Other files, reserved names and `local/` stay.
 */
export async function discardPayload(fileSystem: FileSystem, root: string, paths: readonly string[]): Promise<void> {
  if ((await statOf(fileSystem, root))?.kind !== 'directory') return;
  await deleteKnown(fileSystem, root, paths);
  await sweepSentinelTransients(fileSystem, root);
  await deleteDirectoryIfEmpty(fileSystem, root);
}

/**
 * Deletes these paths below a game folder. Paths of folders end in `/`; these folders and the parents of the files are
 * deleted only when they are empty. Anything behind a link does not belong to Lanspread and stays. Errors: the file system's.
 */
export async function deleteKnown(fileSystem: FileSystem, root: string, paths: readonly string[]): Promise<void> {
  const files = paths.filter((path) => !path.endsWith('/'));
  const folders = deepestFirst(
    paths.filter((path) => path.endsWith('/')).map((path) => path.slice(0, -1)),
    files,
  );
  const real = new Set(['.']);
  for (const folder of folders.toReversed()) {
    if (!real.has(dirname(folder))) continue;
    if ((await statOf(fileSystem, join(root, folder)))?.kind === 'directory') real.add(folder);
  }
  await forEachParallel(files, async (path) => {
    if (!real.has(dirname(path))) return;
    const stat = await statOf(fileSystem, join(root, path));
    if (stat && stat.kind !== 'directory') await fileSystem.deleteFile(join(root, path));
  });
  for (const folder of folders) if (real.has(folder)) await deleteDirectoryIfEmpty(fileSystem, join(root, folder));
}

/** These folders and every parent folder of the given paths, the deepest first. Pure. */
function deepestFirst(given: readonly string[], files: readonly string[]): string[] {
  const folders = new Set(given);
  for (const path of [...files, ...given])
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  return [...folders].sort((a, b) => b.split('/').length - a.split('/').length || (a < b ? -1 : 1));
}

/** Every folder that a manifest implies, the deepest first. Pure. */
export function foldersOf(manifest: Pick<Manifest, 'files' | 'directories'> | undefined): SafePath[] {
  const files = (manifest?.files ?? []).map(({ path }) => path);
  // A parent of a SafePath is a SafePath.
  return deepestFirst(manifest?.directories ?? [], files) as SafePath[];
}

export async function deleteDirectoryIfEmpty(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    await fileSystem.deleteDirectory(path);
  } catch (error) {
    const code = systemCode(error);
    if (!isNotFound(error) && code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'EPERM') throw error;
  }
}
