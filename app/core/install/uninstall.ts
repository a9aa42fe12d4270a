import { LanspreadError, throwIfAborted, toLanspreadError } from '../base/index.ts';
import type { InstallContext } from './context.ts';
import { layoutOf } from '../game-folder/index.ts';
import { assertWayIsClear, kindAt, settleFirst } from './preconditions.ts';
import { recordUninstalled } from './finish.ts';
import { deleteOwned, writeMarker } from './staging.ts';
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
  // Of a game that was streamed nothing else is here: its folder goes with it, unless something lies in it.
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
    // The intent makes it ours, too: a full disk, where uninstalling helps most, must not keep it from going.
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
