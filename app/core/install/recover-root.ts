import { throwIfAborted, type EntryKind, type GameId, type SignalOptions } from '../base/index.ts';
import type { Intent } from '../state/index.ts';
import type { RecoveryContext } from './context.ts';
import { layoutOf, markerOf, type RootLayout } from './layout.ts';
import { performRecoveryStep, type RecoveryTarget } from './recover-step.ts';
import {
  decideRecovery,
  needsTreeCheck,
  type OwnedFolder,
  type RecoveryStep,
  type RootFacts,
} from './recovery-table.ts';
import { deleteMarker, exists } from './staging.ts';
import { isTreeOf } from './tree-check.ts';

export interface Root {
  /** Absolute. */
  readonly root: string;
  readonly gameId: GameId;
}

export interface RecoveryAction {
  readonly gameId: GameId;
  /** Absolute. */
  readonly root: string;
  /** What was done; empty when something was only reported. */
  readonly steps: readonly RecoveryStep[];
  readonly report?: string;
  /** What a person has to do about it. */
  readonly advice?: string;
  /** Recovery of this root failed; the next start tries again. */
  readonly error?: unknown;
}

/**
 * Brings one root to a settled state; undefined when it was settled. What fails is logged and told in the action.
 * Errors: `CANCELLED`.
 */
export async function recoverRoot(
  context: RecoveryContext,
  { root, gameId }: Root,
  { signal }: SignalOptions,
): Promise<RecoveryAction | undefined> {
  const { state, logger, fileSystem } = context;
  const layout = layoutOf(root);
  const done: RecoveryStep[] = [];
  const reports: string[] = [];
  const advices: string[] = [];
  try {
    // The second look finds what the first left when it followed an intent: the rows without one.
    for (let round = 0; round < 2; round += 1) {
      const intent = state.intents.get(root);
      if ((await kindOf(context, root)) === 'symlink') {
        if (intent) {
          reports.push('the game folder is a link; nothing was touched');
          advices.push('Put the real folder in the place of the link, then start Lanspread again.');
        }
        break;
      }
      const target: RecoveryTarget = { layout, gameId, intent };
      const { steps, report, advice } = decideRecovery(await readFacts(context, { layout, intent }, { signal }));
      if (report !== undefined) reports.push(report);
      if (advice !== undefined) advices.push(advice);
      for (const step of steps) if (await performRecoveryStep(context, target, step)) done.push(step);
      if (!intent || state.intents.get(root)) break;
    }
    // Whatever journal told of them: beside no running download they are nobody's.
    const settled: RecoveryTarget = { layout, gameId, intent: undefined };
    const isOurs = (await kindOf(context, root)) === 'directory' && !state.intents.get(root);
    if (isOurs && (await performRecoveryStep(context, settled, 'sweep-sentinel-transients')))
      done.push('sweep-sentinel-transients');
    // Left by a crash between restoring a backup and unmarking it.
    if ((await kindOf(context, layout.local)) === 'directory') await deleteMarker(fileSystem, layout.local);
  } catch (error) {
    throwIfAborted(signal);
    logger.error({ gameId, root, steps: done, err: error }, 'Recovery of a game failed; the next start tries again.');
    return { gameId, root, steps: done, error };
  }
  if (done.length === 0 && reports.length === 0) return undefined;
  const report = reports.length > 0 ? reports.join('; ') : undefined;
  logger.info({ gameId, root, steps: done, report }, 'Recovered a game.');
  const [advice] = advices;
  return {
    gameId,
    root,
    steps: done,
    ...(report !== undefined && { report }),
    ...(advice !== undefined && { advice }),
  };
}

async function readFacts(
  context: RecoveryContext,
  { layout, intent }: { layout: RootLayout; intent: Intent | undefined },
  options: SignalOptions,
): Promise<RootFacts> {
  const { local, staging, backup, sentinel } = layout;
  const localKind = await kindOf(context, local);
  const facts = {
    intent: intent?.kind,
    local: localKind === undefined ? 'no' : localKind === 'directory' ? 'yes' : 'foreign',
    staging: await ownedFolder(context, staging),
    backup: await ownedFolder(context, backup),
    sentinel: (await kindOf(context, sentinel)) === 'file',
  } as const;
  return { ...facts, localIsNewTree: needsTreeCheck(facts) && (await isTreeOf(context, layout, options)) };
}

async function ownedFolder(context: RecoveryContext, path: string): Promise<OwnedFolder> {
  const kind = await kindOf(context, path);
  if (kind === undefined) return 'no';
  if (kind !== 'directory') return 'foreign';
  return (await kindOf(context, markerOf(path))) === 'file' ? 'marked' : 'unmarked';
}

async function kindOf({ fileSystem }: RecoveryContext, path: string): Promise<EntryKind | undefined> {
  return (await exists(fileSystem, path)) ? (await fileSystem.lstat(path)).kind : undefined;
}
