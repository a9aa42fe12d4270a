import { join } from 'node:path';
import { asidePrefix, statOf, type FileSystem, type GameId } from '../base/index.ts';
import { gameFolderOf } from './layout.ts';
import { listGameFolders } from './list-roots.ts';

/**
 * Finds the `.local.conflict-<time>` folders of a games folder, for the player to look through. A folder that cannot be read
 * has none. Never fails.
 */
export async function findSetAside(
  fileSystem: FileSystem,
  gamesDir: string,
): Promise<{ gameId: GameId; path: string }[]> {
  const folder = await listGameFolders(fileSystem, gamesDir);
  const found: { gameId: GameId; path: string }[] = [];
  for (const gameId of folder.kind === 'there' ? folder.ids : []) {
    const root = gameFolderOf(gamesDir, gameId);
    for (const name of await namesIn(fileSystem, root))
      if (name.startsWith(asidePrefix)) found.push({ gameId, path: join(root, name) });
  }
  return found;
}

async function namesIn(fileSystem: FileSystem, directory: string): Promise<string[]> {
  try {
    return (await fileSystem.list(directory)).map(({ name }) => name).toSorted();
  } catch {
    // The folder was removed or cannot be read, so it has nothing to report.
    return [];
  }
}

/**
 * A free path for a folder of files to set aside. Its name sorts by time and does not exist yet, so none of the player's
 * files is overwritten. The folder is not created. `nowMs`: milliseconds since 1970. Errors: the file system's.
 */
export async function freeAsideFolder(fileSystem: FileSystem, root: string, nowMs: number): Promise<string> {
  const time = new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-');
  for (let number = 0; ; number += 1) {
    const path = join(root, `${asidePrefix}${time}${number === 0 ? '' : `-${number}`}`);
    if (!(await statOf(fileSystem, path))) return path;
  }
}
