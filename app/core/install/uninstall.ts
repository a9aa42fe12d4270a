import { LanspreadError, throwIfAborted, toLanspreadError } from '../base/index.ts';
import type { InstallContext } from './context.ts';
import { layoutOf } from '../game-folder/index.ts';
import { assertWayIsClear, kindAt, settleFirst } from './preconditions.ts';
import { recordUninstalled } from './finish.ts';
import { deleteOwned, writeMarker } from './staging.ts';
import type { InstallRequest } from './types.ts';

/**
 * Moves `local/` to the backup and deletes it; the download stays. After the move it only goes forward: if the deletion
 * fails, recovery finishes it, and the game counts as uninstalled. Errors before the move: `NOT_INSTALLED`,
 * `UNSAFE_ROOT`, the file system's, `CANCELLED`; nothing has changed then.
 */
export async function uninstall(
  context: InstallContext,
  { root, gameId }: Omit<InstallRequest, 'version'>,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { fileSystem, state, clock, logger } = context;
  const layout = layoutOf(root);
  const { local, backup, sentinel } = layout;
  throwIfAborted(signal);
  await settleFirst(context, { root, gameId }, { signal });
  const kind = await kindAt(fileSystem, local);
  if (kind === undefined) throw new LanspreadError('NOT_INSTALLED');
  if (kind !== 'directory') throw new LanspreadError('UNSAFE_ROOT', { details: { path: local } });
  await assertWayIsClear(fileSystem, layout);
  throwIfAborted(signal);
  const version = state.library.get(root)?.installedVersion ?? '';
  // A streamed game has no payload here, so its game folder is deleted, too, if it is empty.
  const madeRoot = (await kindAt(fileSystem, sentinel)) === undefined;
  state.intents.put({ root, gameId, version, kind: 'Uninstalling', madeRoot, startedAt: clock.now() });
  try {
    await fileSystem.rename(local, backup);
  } catch (error) {
    state.intents.clear(root);
    throw toLanspreadError(error);
  }
  try {
    await fileSystem.syncDirectory(root);
    // The marker may fail, because the intent also says that the backup is ours. A full disk must not stop an
    // uninstall: uninstalling frees space.
    await writeMarker(fileSystem, backup).catch((error: unknown) =>
      logger.warn({ root, err: error }, 'What is being uninstalled could not be marked.'),
    );
    await deleteOwned(fileSystem, backup);
    await fileSystem.syncDirectory(root);
    if (madeRoot && (await fileSystem.list(root)).length === 0) await fileSystem.deleteDirectory(root);
    recordUninstalled(context, { root, gameId });
  } catch (error) {
    logger.warn({ root, err: error }, 'Deleting the uninstalled game did not finish; recovery will.');
  }
}
