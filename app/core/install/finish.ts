/** How installs and updates end: well or badly. */
import { toLanspreadError, type LanspreadError } from '../base/index.ts';
import type { InstallContext } from './context.ts';
import { layoutOf, type RootLayout } from '../game-folder/index.ts';
import { recordInstalled } from './record.ts';
import { deleteMarker, deleteOwned, exists } from './staging.ts';
import type { InstallRequest } from './types.ts';

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
