import { isGameId, isNotFound, toLanspreadError, type FileSystem, type GameId } from '../base/index.ts';

type GameFolders =
  | {
      readonly kind: 'there';
      /** Real folders with the name of a game. */
      readonly ids: readonly GameId[];
      /** Nothing at all is in it: it may be where an unplugged drive was mounted. */
      readonly isEmpty: boolean;
    }
  /** Not there, or it cannot be listed; why, in words. */
  | { readonly kind: 'away'; readonly reason: string };

/** Looks into a games folder. Never fails: a folder that does not answer is away, and what is away is not judged. */
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
