import { join } from 'node:path';
import type { FileSystem, GameId } from '../base/index.ts';
import { conflictPrefix } from './layout.ts';
import { listGameFolders } from './list-roots.ts';

/**
 * The `.local.conflict-<time>` folders of a games folder, the player's to look through. A folder that cannot be read has
 * none. Never fails.
 */
export async function findSetAside(
  fileSystem: FileSystem,
  gamesDir: string,
): Promise<{ gameId: GameId; path: string }[]> {
  const folder = await listGameFolders(fileSystem, gamesDir);
  const found: { gameId: GameId; path: string }[] = [];
  for (const gameId of folder.kind === 'there' ? folder.ids : []) {
    const root = join(gamesDir, gameId);
    for (const name of await namesIn(fileSystem, root))
      if (name.startsWith(conflictPrefix)) found.push({ gameId, path: join(root, name) });
  }
  return found;
}

async function namesIn(fileSystem: FileSystem, directory: string): Promise<string[]> {
  try {
    return (await fileSystem.list(directory)).map(({ name }) => name).toSorted();
  } catch {
    // It went, or it is not ours to read: either way there is nothing to tell of it.
    return [];
  }
}
