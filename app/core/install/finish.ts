/** The ends of installs and updates, good and bad. */
import { toLanspreadError, type GameId, type LanspreadError } from '../base/index.ts';
import type { InstallContext } from './context.ts';
import { layoutOf, type RootLayout } from '../game-folder/index.ts';
import { deleteMarker, deleteOwned, deleteUntilGone, exists } from './staging.ts';
import type { InstallRequest } from './types.ts';
import type { State } from '../state/index.ts';

/**
 * Moves `local/` back if it was moved, deletes staging and the intent; returns the error to throw. If something cannot
 * be undone now, the intent stays and recovery undoes it.
 */
export async function rollBack(
  { fileSystem, state, logger }: InstallContext,
  { layout, error }: { layout: RootLayout; error: unknown },
): Promise<LanspreadError> {
  const { root, local, staging, backup } = layout;
  try {
    if (!(await exists(fileSystem, local)) && (await exists(fileSystem, backup))) {
      await fileSystem.rename(backup, local);
      await fileSystem.syncDirectory(root);
      await deleteMarker(fileSystem, local);
    }
    await deleteOwned(fileSystem, staging);
    await fileSystem.syncDirectory(root);
    state.transaction(() => {
      state.inventory.clear(staging);
      state.intents.clear(root);
    });
  } catch (cleanupError) {
    logger.warn({ root, err: cleanupError }, 'Rolling back did not finish; recovery will.');
  }
  return toLanspreadError(error);
}

/** Runs after staging has become `local/`: the game is installed, so failures here are left to recovery. */
export async function settle(context: InstallContext, request: InstallRequest): Promise<void> {
  const { fileSystem, logger } = context;
  const { root, backup } = layoutOf(request.root);
  try {
    // Flushed first: a power loss may undo the rename, so the database must not record it and the backup must not go
    // before it is on the disk.
    await fileSystem.syncDirectory(root);
    if (await exists(fileSystem, backup)) {
      await deleteOwned(fileSystem, backup);
      await fileSystem.syncDirectory(root);
    }
    recordInstalled(context, request);
  } catch (error) {
    logger.error({ root, err: error }, 'The finished install could not be recorded; recovery will.');
  }
}

type Records = { readonly state: Pick<State, 'intents' | 'library' | 'inventory' | 'transaction'> };

/**
 * Records that the tree from staging is now `local/`. Its inventory was kept under staging's path and becomes that of
 * the game folder, in one transaction with the version and the end of the intent.
 */
export function recordInstalled(
  { state }: Records,
  { root, gameId, version }: { root: string; gameId: GameId; version: string },
): void {
  const { staging } = layoutOf(root);
  state.transaction(() => {
    state.inventory.replace(root, state.inventory.get(staging));
    state.inventory.clear(staging);
    state.library.setInstalledVersion(root, gameId, version);
    state.intents.clear(root);
  });
}

/** Records that the game is not installed any more: clears its version, its inventory and the intent. */
export function recordUninstalled({ state }: Records, { root, gameId }: { root: string; gameId: GameId }): void {
  const { staging } = layoutOf(root);
  state.transaction(() => {
    state.inventory.clear(root);
    state.inventory.clear(staging);
    state.library.setInstalledVersion(root, gameId, undefined);
    state.intents.clear(root);
  });
}

/** Deletes the game folder of a download: the part of a removal that recovery repeats. */
export async function finishRemoving({ fileSystem }: Pick<InstallContext, 'fileSystem'>, root: string): Promise<void> {
  const { sentinel } = layoutOf(root);
  if (await exists(fileSystem, sentinel)) {
    await fileSystem.deleteFile(sentinel);
    await fileSystem.syncDirectory(root);
  }
  await deleteUntilGone(fileSystem, root);
}
