import { LanspreadError, throwIfAborted, toLanspreadError } from '../base/index.ts';
import type { InstallContext } from './context.ts';
import { layoutOf, markerOf } from './layout.ts';
import { recordUninstalled } from './record.ts';
import { deleteOwned, exists, moveDirectory, writeMarker } from './staging.ts';
import type { InstallRequest } from './types.ts';

/**
 * Moves `local/` aside and deletes it; the download stays. Once moved it only goes forward: a failing delete is left to
 * recovery, the game is uninstalled all the same. Errors before that: `NOT_INSTALLED`, `UNSAFE_ROOT`, the file
 * system's, `CANCELLED`; then nothing was changed.
 */
export async function uninstall(
  context: InstallContext,
  { root, gameId }: Omit<InstallRequest, 'version'>,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { fileSystem, state, clock, logger } = context;
  const { local, backup } = layoutOf(root);
  throwIfAborted(signal);
  if (!(await exists(fileSystem, local))) throw new LanspreadError('NOT_INSTALLED');
  if ((await fileSystem.lstat(local)).kind !== 'directory')
    throw new LanspreadError('UNSAFE_ROOT', { details: { path: local } });
  if (await exists(fileSystem, backup)) {
    if (!(await exists(fileSystem, markerOf(backup))))
      throw new LanspreadError('UNSAFE_ROOT', {
        message: `${backup} is in the way and is not known to be Lanspread's.`,
        details: { path: backup },
      });
    await deleteOwned(fileSystem, backup);
  }
  const version = state.library.get(root)?.installedVersion ?? '';
  state.intents.put({ root, gameId, version, kind: 'Uninstalling', madeRoot: false, startedAt: clock.now() });
  try {
    await moveDirectory(fileSystem, local, backup);
  } catch (error) {
    if (await exists(fileSystem, local)) {
      state.intents.clear(root);
      throw toLanspreadError(error);
    }
    // Moved, but not flushed: go forward.
    logger.warn({ root, err: error }, 'Moving the installed game aside could not be flushed.');
  }
  try {
    await writeMarker(fileSystem, backup);
    await deleteOwned(fileSystem, backup);
    await fileSystem.syncDirectory(root);
    recordUninstalled(context, { root, gameId });
  } catch (error) {
    logger.warn({ root, err: error }, 'Deleting the uninstalled game did not finish; recovery will.');
  }
}
