import type { FileSystem, GameId } from '../base/index.ts';
import type { Intent } from '../state/index.ts';
import { freeAsideFolder, sentinelTransientsOf, type RootLayout } from '../game-folder/index.ts';
import { finishRemoving, recordInstalled, recordUninstalled } from './finish.ts';
import type { RecoveryContext } from './context.ts';
import type { RecoveryStep } from './recovery-table.ts';
import { deleteMarker, deleteOwned, exists } from './staging.ts';

export interface RecoveryTarget {
  readonly layout: RootLayout;
  readonly gameId: GameId;
  readonly intent: Intent | undefined;
}

/** Performs one step; tells whether there was anything to do. Each step may be repeated. */
export async function performRecoveryStep(
  context: RecoveryContext,
  { layout, gameId, intent }: RecoveryTarget,
  step: RecoveryStep,
): Promise<boolean> {
  const { fileSystem, state } = context;
  const { root, local, staging, backup } = layout;
  switch (step) {
    case 'delete-staging':
      state.inventory.clear(staging);
      return await deleteFolder(fileSystem, root, staging);
    case 'delete-backup':
      return await deleteFolder(fileSystem, root, backup);
    case 'restore-backup':
      await fileSystem.rename(backup, local);
      await fileSystem.syncDirectory(root);
      // Only after the move: before it, the marker is the proof that the backup is ours.
      await deleteMarker(fileSystem, local);
      return true;
    case 'set-local-aside':
      await fileSystem.rename(local, await freeAsideFolder(fileSystem, layout.root, context.clock.now()));
      await fileSystem.syncDirectory(root);
      return true;
    case 'record-installed':
      if (intent) recordInstalled(context, { root, gameId, version: intent.version });
      return true;
    case 'record-not-installed':
      recordUninstalled(context, { root, gameId });
      return true;
    case 'clear-intent':
      state.intents.clear(root);
      return true;
    case 'forget-partial':
      state.partials.clear(root);
      return true;
    case 'sweep-sentinel-transients':
      return await sweepTransients(fileSystem, layout);
    case 'finish-removing':
      if (!(await exists(fileSystem, root))) return false;
      await finishRemoving(context, root);
      return true;
    case 'delete-root-if-made':
      return intent?.madeRoot === true && (await deleteIfEmpty(fileSystem, root));
  }
}

async function deleteFolder(fileSystem: FileSystem, root: string, folder: string): Promise<boolean> {
  if (!(await exists(fileSystem, folder))) return false;
  await deleteOwned(fileSystem, folder);
  await fileSystem.syncDirectory(root);
  return true;
}

async function sweepTransients(fileSystem: FileSystem, layout: RootLayout): Promise<boolean> {
  let swept = false;
  for (const path of sentinelTransientsOf(layout)) {
    // A folder of that name is not ours.
    if (!(await exists(fileSystem, path)) || (await fileSystem.lstat(path)).kind === 'directory') continue;
    await fileSystem.deleteFile(path);
    swept = true;
  }
  if (swept) await fileSystem.syncDirectory(layout.root);
  return swept;
}

async function deleteIfEmpty(fileSystem: FileSystem, root: string): Promise<boolean> {
  if (!(await exists(fileSystem, root)) || (await fileSystem.list(root)).length > 0) return false;
  await fileSystem.deleteDirectory(root);
  return true;
}
