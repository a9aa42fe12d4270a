import { isGameId, isNotFound, toLanspreadError, type FileSystem, type GameId } from '../base/index.ts';

type GameFolders =
  | {
      readonly kind: 'there';
      /** Real folders whose name is a game id. */
      readonly ids: readonly GameId[];
      /** The folder is completely empty: it may be the mount point of an unplugged drive. */
      readonly isEmpty: boolean;
    }
  /** The folder is missing or cannot be listed; the reason in words. */
  | { readonly kind: 'away'; readonly reason: string };

/**
 * Lists the game folders in a games folder. Never fails: a folder that does not answer counts as away, and nothing is decided
 * about its games.
 */
export async function listGameFolders(fileSystem: FileSystem, gamesDir: string): Promise<GameFolders> {
  try {
    const entries = await fileSystem.list(gamesDir);
    const ids = entries.flatMap(({ name, kind }) => (kind === 'directory' && isGameId(name) ? [name] : []));
    return { kind: 'there', ids, isEmpty: entries.length === 0 };
  } catch (error) {
    if (isNotFound(error)) return { kind: 'away', reason: 'it is not there' };
    return { kind: 'away', reason: toLanspreadError(error, 'IO_ERROR').message };
  }
}
