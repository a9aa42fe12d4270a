import { basename, dirname, resolve } from 'node:path';
import { throwIfAborted, type GameId, type SignalOptions } from '../base/index.ts';
import type { IntentKind } from '../state/index.ts';
import type { RecoveryContext } from './context.ts';
import { gameFolderOf, listGameFolders } from '../game-folder/index.ts';
import { recoverRoot, type RecoveryAction, type Root } from './recover-root.ts';

export interface RecoveryReport {
  /** False: the games folder is missing or does not answer, so nothing was checked. */
  readonly judged: boolean;
  /** The reason, in words. */
  readonly reason?: string;
  /** One for each game folder that needed something. */
  readonly actions: readonly RecoveryAction[];
}

interface RecoverOptions extends SignalOptions {
  /** Absolute. */
  readonly gamesDir: string;
  /** Game folders with a running operation are skipped. */
  readonly isActive?: (gameId: GameId) => boolean;
}

/**
 * Settles every game folder of a games folder after a crash, by the table in `recovery-table.ts`. Running it again
 * changes nothing more. If one game folder fails, this is logged and reported, and the others go on. Errors:
 * `CANCELLED`.
 */
export async function recover(
  context: RecoveryContext,
  { gamesDir, isActive = () => false, signal }: RecoverOptions,
): Promise<RecoveryReport> {
  const folder = await listGameFolders(context.fileSystem, gamesDir);
  if (folder.kind === 'away') return { judged: false, reason: folder.reason, actions: [] };
  const actions: RecoveryAction[] = [];
  for (const { root, gameId } of rootsToJudge(context, { gamesDir, ...folder })) {
    throwIfAborted(signal);
    const settle = async (): Promise<RecoveryAction | undefined> =>
      isActive(gameId) ? undefined : await recoverRoot(context, { root, gameId }, { signal });
    const action = await context.locks.run(root, settle, { signal });
    if (action) actions.push(action);
  }
  return { judged: true, actions };
}

/**
 * Intents of game folders that existed before. If the games folder is empty, such a game folder went with its drive and
 * may come back with it.
 */
const rootIsThere: ReadonlySet<IntentKind> = new Set(['Installing', 'Updating', 'Uninstalling']);

/** The game folders that exist, and those that an intent names. */
function rootsToJudge(
  { state }: RecoveryContext,
  { gamesDir, ids, isEmpty }: { gamesDir: string; ids: readonly GameId[]; isEmpty: boolean },
): Root[] {
  const roots = new Map(ids.map((id) => [gameFolderOf(gamesDir, id), id]));
  for (const { root, gameId, kind } of state.intents.all()) {
    if (resolve(dirname(root)) !== resolve(gamesDir) || basename(root) !== gameId) continue;
    if (!isEmpty || !rootIsThere.has(kind)) roots.set(root, gameId);
  }
  return Array.from(roots, ([root, gameId]) => ({ root, gameId }));
}
