import { basename, dirname, join, resolve } from 'node:path';
import { isGameId, isNotFound, throwIfAborted, type GameId, type SignalOptions } from '../base/index.ts';
import type { RecoveryContext } from './context.ts';
import { recoverRoot, type RecoveryAction, type Root } from './recover-root.ts';

export interface RecoveryReport {
  /** False: the games folder is not there, and nothing was judged. */
  readonly judged: boolean;
  /** One for each root that needed something. */
  readonly actions: readonly RecoveryAction[];
}

export interface RecoverOptions extends SignalOptions {
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
  const roots = await rootsToJudge(context, gamesDir);
  if (!roots) return { judged: false, actions: [] };
  const actions: RecoveryAction[] = [];
  for (const { root, gameId } of roots) {
    throwIfAborted(signal);
    if (isActive(gameId)) continue;
    const action = await recoverRoot(context, { root, gameId }, { signal });
    if (action) actions.push(action);
  }
  return { judged: true, actions };
}

/** The folders of the games folder and the roots that an intent names in it; undefined when it is not there. */
async function rootsToJudge({ fileSystem, state }: RecoveryContext, gamesDir: string): Promise<Root[] | undefined> {
  let names: string[];
  try {
    names = (await fileSystem.list(gamesDir)).filter(({ kind }) => kind === 'directory').map(({ name }) => name);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
  const roots = new Map<string, GameId>();
  for (const name of names) if (isGameId(name)) roots.set(join(gamesDir, name), name);
  for (const { root, gameId } of state.intents.all())
    if (resolve(dirname(root)) === resolve(gamesDir) && basename(root) === gameId) roots.set(root, gameId);
  return Array.from(roots, ([root, gameId]) => ({ root, gameId }));
}
