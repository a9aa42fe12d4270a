/**
 * What there is to say about recovery, for `lanspread doctor`: what the last run did, what it left to a person that is
 * still there, and what lies set aside in the games' folders. Only reads, so it needs no core and disturbs none.
 */
import { nodeFileSystem, statOf, type FileSystem } from '../base/index.ts';
import { findSetAside } from '../game-folder/index.ts';
import { lastRecovery, type RecoveryRun, type RecoveryTale } from '../install/index.ts';

export interface RecoveryCheckup {
  /** Undefined: no core has run with this state directory yet. */
  readonly latest?: RecoveryRun;
  /** The last run that did or found anything, where that is not the latest. */
  readonly eventful?: RecoveryRun;
  /** Advice of the latest run that still applies: a person has to act on it. */
  readonly open: readonly RecoveryTale[];
  /** Folders of the player's that were set aside. */
  readonly setAside: readonly { readonly gameId: string; readonly path: string }[];
}

/**
 * `gamesDir`: default: the one that the last run looked at. Errors: the file system's, of the state directory; a games
 * folder that does not answer has nothing set aside.
 */
export async function checkRecovery(
  { stateDir, gamesDir }: { stateDir: string; gamesDir?: string | undefined },
  fileSystem: FileSystem = nodeFileSystem,
): Promise<RecoveryCheckup> {
  const { latest, eventful } = (await lastRecovery(fileSystem, stateDir)) ?? {};
  const folder = gamesDir ?? latest?.gamesDir;
  const open: RecoveryTale[] = [];
  for (const tale of latest?.tales ?? [])
    if (tale.advice !== undefined && (await isAnyThere(fileSystem, tale.paths))) open.push(tale);
  return {
    ...(latest && { latest }),
    ...(eventful && { eventful }),
    open,
    setAside: folder === undefined ? [] : await findSetAside(fileSystem, folder),
  };
}

async function isAnyThere(fileSystem: FileSystem, paths: readonly string[] | undefined): Promise<boolean> {
  if (!paths) return true;
  for (const path of paths) if (await statOf(fileSystem, path).catch(() => true)) return true;
  return false;
}
