import { join } from 'node:path';
import {
  absolutePath,
  asidePrefix,
  isNotFound,
  throwIfAborted,
  type EntryKind,
  type GameId,
  type SignalOptions,
} from '../base/index.ts';
import type { Intent } from '../state/index.ts';
import type { RecoveryContext } from './context.ts';
import { layoutOf, markerOf, sentinelTransientsOf, type RootLayout } from '../game-folder/index.ts';
import { performRecoveryStep, type RecoveryTarget } from './recover-step.ts';
import {
  decideRecovery,
  inTheWay,
  needsTreeCheck,
  type OwnedFolder,
  type RecoveryStep,
  type RecoveryFacts,
} from './recovery-table.ts';
import { deleteMarker, exists } from './staging.ts';

export interface Root {
  /** Absolute. */
  readonly root: string;
  readonly gameId: GameId;
}

export interface RecoveryAction {
  readonly gameId: GameId;
  /** Absolute. */
  readonly root: string;
  /** The steps that were done; empty when something was only reported. */
  readonly steps: readonly RecoveryStep[];
  readonly report?: string;
  /** What a person must do about it. */
  readonly advice?: string;
  /** The absolute paths that the advice is about. Once none of them exists any more, it is settled. */
  readonly paths?: readonly string[];
  /** Recovery of this game folder failed; the next start tries again. */
  readonly error?: unknown;
}

/**
 * Settles one game folder; undefined when there was nothing to do. A failure is logged and reported in the action.
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
  const paths: string[] = [];
  try {
    // The first round may only follow an intent. The second round finds leftovers that the rules without an intent
    // cover.
    for (let round = 0; round < 2; round += 1) {
      const intent = state.intents.get(root);
      if ((await kindOf(context, root)) === 'symlink') {
        if (intent) {
          reports.push('the game folder is a link; nothing was touched');
          advices.push('Put the real folder in the place of the link, then start Lanspread again.');
          paths.push(root);
        }
        break;
      }
      const target: RecoveryTarget = { layout, gameId, intent };
      const facts = await readFacts(context, { layout, intent }, { signal });
      const { steps, report, advice } = decideRecovery(facts);
      if (report !== undefined) reports.push(report);
      if (advice !== undefined) advices.push(advice);
      for (const step of steps) if (await performRecoveryStep(context, target, step)) done.push(step);
      if (advice !== undefined) paths.push(...(await pathsOf(context, { root, facts, steps })));
      if (!intent || state.intents.get(root)) break;
    }
    // Without a running download, these files belong to nothing, whichever journal named them.
    const settled: RecoveryTarget = { layout, gameId, intent: undefined };
    const isOurs = (await kindOf(context, root)) === 'directory' && !state.intents.get(root);
    if (isOurs && (await performRecoveryStep(context, settled, 'sweep-sentinel-transients')))
      done.push('sweep-sentinel-transients');
    // A crash between restoring a backup and deleting its marker leaves the marker.
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
    ...(advice !== undefined && { advice, paths: [...new Set(paths)] }),
  };
}

/** The paths that an advice is about: the folder that was just set aside, otherwise the entries in the way. */
async function pathsOf(
  { fileSystem }: RecoveryContext,
  { root, facts, steps }: { root: string; facts: RecoveryFacts; steps: readonly RecoveryStep[] },
): Promise<string[]> {
  if (!steps.includes('set-local-aside')) return inTheWay(facts).map((name) => join(root, name));
  const names = (await fileSystem.list(root)).map(({ name }) => name);
  const newest = names
    .filter((name) => name.startsWith(asidePrefix))
    .toSorted()
    .at(-1);
  return newest === undefined ? [] : [join(root, newest)];
}

async function readFacts(
  context: RecoveryContext,
  { layout, intent }: { layout: RootLayout; intent: Intent | undefined },
  options: SignalOptions,
): Promise<RecoveryFacts> {
  const { local, staging, backup, sentinel } = layout;
  const localKind = await kindOf(context, local);
  const facts = {
    intent: intent?.kind,
    local: localKind === undefined ? 'no' : localKind === 'directory' ? 'yes' : 'foreign',
    staging: await ownedFolder(context, staging),
    backup: await ownedFolder(context, backup),
    sentinel: (await kindOf(context, sentinel)) === 'file',
    transients: await hasTransients(context, layout),
  } as const;
  return { ...facts, localIsNewTree: needsTreeCheck(facts) && (await isTreeOf(context, layout, options)) };
}

async function hasTransients(context: RecoveryContext, layout: RootLayout): Promise<boolean> {
  for (const path of sentinelTransientsOf(layout)) if ((await kindOf(context, path)) === 'file') return true;
  return false;
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

/**
 * Whether `local/` is the tree that was complete in staging. It is if every file of the inventory, which was stored
 * just before the rename, is there byte for byte. The player's own files beside them do not matter.
 */
async function isTreeOf(
  { fileSystem, state, hashFile }: RecoveryContext,
  { local, staging }: RootLayout,
  { signal }: SignalOptions,
): Promise<boolean> {
  const inventory = state.inventory.get(staging);
  if (inventory.length === 0) return false;
  try {
    for (const { path, sizeBytes } of inventory) {
      throwIfAborted(signal);
      const facts = await fileSystem.lstat(absolutePath(local, path));
      if (facts.kind !== 'file' || facts.sizeBytes !== sizeBytes) return false;
    }
    for (const { path, blake3 } of inventory)
      if ((await hashFile(absolutePath(local, path), { signal })) !== blake3) return false;
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
