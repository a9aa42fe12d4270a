import { basename, dirname, resolve } from 'node:path';
import { throwIfAborted, type GameId, type SignalOptions } from '../base/index.ts';
import type { IntentKind } from '../state/index.ts';
import type { RecoveryContext } from './context.ts';
import { gameFolderOf, listGameFolders } from '../game-folder/index.ts';
import { recoverRoot, type RecoveryAction, type Root } from './recover-root.ts';

export interface RecoveryReport {
  /** False: the games folder is not there or does not answer, and nothing was judged. */
  readonly judged: boolean;
  /** Why it was not judged, in words. */
  readonly reason?: string;
  /** One for each root that needed something. */
  readonly actions: readonly RecoveryAction[];
}

interface RecoverOptions extends SignalOptions {
  /** Absolute. */
  readonly gamesDir: string;
  /** Roots with a running operation are skipped. */
  readonly isActive?: (gameId: GameId) => boolean;
}

/**
 * Brings every game root of a games folder to a settled state after a crash, by the table in `recovery-table.ts`.
 * Running it again does nothing more. A root that fails is logged and reported; the others go on. Errors: `CANCELLED`.
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
 * What stands for a root that was there: of a folder that holds nothing at all, such a root went with its drive and may come
 * back with it.
 */
const rootIsThere: ReadonlySet<IntentKind> = new Set(['Installing', 'Updating', 'Uninstalling']);

/** The folders of the games folder and the roots that an intent names in it. */
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
