import { LanspreadError, throwIfAborted, toLanspreadError } from '../base/index.ts';
import type { Intent } from '../state/index.ts';
import { buildStaging } from './build-staging.ts';
import type { InstallContext } from './context.ts';
import { layoutOf, type RootLayout } from './layout.ts';
import { planFromDisk } from './payload.ts';
import { assertDownloaded, assertWayIsClear, settleFirst } from './preconditions.ts';
import { recordInstalled } from './record.ts';
import { deleteMarker, deleteOwned, exists, renameDirectory } from './staging.ts';
import type { InstallListener, InstallRequest } from './types.ts';

/**
 * Installs what is downloaded: everything is made and checked in staging, then one rename makes it the game's `local/`.
 * A failure or cancel before the rename leaves exactly what was there; after it nothing is a failure any more.
 * Errors: `NOT_DOWNLOADED`, `INSTALLED`, `UNSAFE_ROOT`, `NO_ARCHIVE`, `NO_UNPACKER`, `ARCHIVE_CORRUPT`,
 * `ARCHIVE_ENCRYPTED`, `ARCHIVE_HOSTILE`, `UNPACKER_FAILED`, `DISK_FULL`, `INVALID_PATH`, the file system's, `CANCELLED`.
 */
export async function install(
  context: InstallContext,
  request: InstallRequest,
  { listener, signal }: { listener: InstallListener; signal: AbortSignal },
): Promise<void> {
  const { fileSystem, state, unpackers, limits, clock } = context;
  const { root, gameId, version } = request;
  const layout = layoutOf(root);
  throwIfAborted(signal);
  await assertDownloaded(fileSystem, layout);
  await settleFirst(context, { root, gameId }, { signal });
  if (await exists(fileSystem, layout.local)) throw new LanspreadError('INSTALLED');
  await assertWayIsClear(fileSystem, layout);
  const plan = await planFromDisk(root, { fileSystem, unpackers, limits, signal });
  const intent: Intent = { root, gameId, version, kind: 'Installing', madeRoot: false, startedAt: clock.now() };
  state.intents.put(intent);
  try {
    listener.onBegin({ totalBytes: plan.totalBytes });
    const inventory = await buildStaging(context, { plan, layout, listener, signal });
    throwIfAborted(signal);
    // Kept under staging's path until the promote is done: by it recovery knows the finished tree.
    state.inventory.replace(layout.staging, inventory);
    // Putting the intent again flushes what was written before it.
    state.intents.put(intent);
    // From here staging is ours by the intent alone, so that the installed game never shows the marker.
    await deleteMarker(fileSystem, layout.staging);
    await renameDirectory(fileSystem, layout.staging, layout.local);
  } catch (error) {
    throw await rollBack(context, { layout, error });
  }
  await settle(context, request);
}

/** Deletes staging and the intent; the error to throw. What cannot be undone now, recovery undoes: the intent stays. */
async function rollBack(
  { fileSystem, state, logger }: InstallContext,
  { layout, error }: { layout: RootLayout; error: unknown },
): Promise<LanspreadError> {
  const { root, staging } = layout;
  try {
    await deleteOwned(fileSystem, staging);
    await fileSystem.syncDirectory(root);
    state.transaction(() => {
      state.inventory.clear(staging);
      state.intents.clear(root);
    });
  } catch (cleanupError) {
    logger.warn({ root, err: cleanupError }, 'Rolling back an install did not finish; recovery will.');
  }
  return toLanspreadError(error);
}

/** The promote happened, so the game is installed whatever becomes of this: what fails here is left to recovery. */
async function settle(context: InstallContext, request: InstallRequest): Promise<void> {
  const { fileSystem, logger } = context;
  const { root } = request;
  try {
    // First, so that the database never tells of a promote that a power loss took back.
    await fileSystem.syncDirectory(root);
    recordInstalled(context, request);
  } catch (error) {
    logger.error({ root, err: error }, 'The finished install could not be recorded; recovery will.');
  }
}
