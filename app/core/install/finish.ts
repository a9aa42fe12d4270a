/** How installs and updates end: well or badly. */
import { toLanspreadError, type GameId, type LanspreadError } from '../base/index.ts';
import type { InstallContext } from './context.ts';
import { layoutOf, type RootLayout } from '../game-folder/index.ts';
import { deleteMarker, deleteOwned, deleteUntilGone, exists } from './staging.ts';
import type { InstallRequest } from './types.ts';
import type { State } from '../state/index.ts';

/**
 * Brings a moved `local/` back, deletes staging and the intent; returns the error to throw. What cannot be undone now,
 * recovery undoes: the intent stays.
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

/** The promote happened, so the game is installed whatever becomes of this: what fails here is left to recovery. */
export async function settle(context: InstallContext, request: InstallRequest): Promise<void> {
  const { fileSystem, logger } = context;
  const { root, backup } = layoutOf(request.root);
  try {
    // First, so that neither the database nor a missing backup tells of a promote that a power loss took back.
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
 * `local/` is the tree that was made in staging: its inventory, kept under staging's path since before the promote,
 * becomes the root's, in one transaction with the version and the end of the intent.
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

/** The game is gone from this disk: its version, its inventory and the intent with it. */
export function recordUninstalled({ state }: Records, { root, gameId }: { root: string; gameId: GameId }): void {
  const { staging } = layoutOf(root);
  state.transaction(() => {
    state.inventory.clear(root);
    state.inventory.clear(staging);
    state.library.setInstalledVersion(root, gameId, undefined);
    state.intents.clear(root);
  });
}

/** Deletes the root of a download: the part of a removal that recovery repeats. */
export async function finishRemoving({ fileSystem }: Pick<InstallContext, 'fileSystem'>, root: string): Promise<void> {
  const { sentinel } = layoutOf(root);
  if (await exists(fileSystem, sentinel)) {
    await fileSystem.deleteFile(sentinel);
    await fileSystem.syncDirectory(root);
  }
  await deleteUntilGone(fileSystem, root);
}
