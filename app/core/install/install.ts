import { LanspreadError, throwIfAborted, toLanspreadError } from '../base/index.ts';
import type { Intent } from '../state/index.ts';
import { buildStaging } from './build-staging.ts';
import type { InstallContext } from './context.ts';
import { layoutOf, markerOf, type RootLayout } from './layout.ts';
import { planFromDisk } from './payload.ts';
import { recordInstalled } from './record.ts';
import { deleteMarker, deleteOwned, exists, moveDirectory } from './staging.ts';
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
  await assertReady(context, layout);
  const plan = await planFromDisk(root, { fileSystem, unpackers, limits, signal });
  const intent: Intent = { root, gameId, version, kind: 'Installing', madeRoot: false, startedAt: clock.now() };
  state.intents.put(intent);
  try {
    listener.onBegin({ totalBytes: plan.totalBytes });
    await clearWay(context, layout);
    const inventory = await buildStaging(context, { plan, layout, listener, signal });
    throwIfAborted(signal);
    // Kept under staging's path until the promote is done: by it recovery knows the finished tree.
    state.inventory.replace(layout.staging, inventory);
    // Putting the intent again flushes what was written before it.
    state.intents.put(intent);
    // From here staging is ours by the intent alone, so that the installed game never shows the marker.
    await deleteMarker(fileSystem, layout.staging);
    await moveDirectory(fileSystem, layout.staging, layout.local);
  } catch (error) {
    throw await rollBack(context, { layout, error });
  }
  settle(context, request);
}

async function isDirectory({ fileSystem }: InstallContext, path: string): Promise<boolean> {
  return (await exists(fileSystem, path)) && (await fileSystem.lstat(path)).kind === 'directory';
}

/** Throws unless the root is a folder with a sentinel, not installed, and nothing in the way is somebody else's. */
async function assertReady(
  context: InstallContext,
  { root, sentinel, local, staging, backup }: RootLayout,
): Promise<void> {
  const { fileSystem } = context;
  if (!(await exists(fileSystem, root))) throw new LanspreadError('NOT_DOWNLOADED');
  if (!(await isDirectory(context, root))) throw new LanspreadError('UNSAFE_ROOT', { details: { path: root } });
  if (!(await exists(fileSystem, sentinel)) || (await fileSystem.lstat(sentinel)).kind !== 'file')
    throw new LanspreadError('NOT_DOWNLOADED');
  if (await exists(fileSystem, local)) throw new LanspreadError('INSTALLED');
  if (await exists(fileSystem, backup)) throw inTheWay(backup);
  if ((await exists(fileSystem, staging)) && !(await exists(fileSystem, markerOf(staging)))) throw inTheWay(staging);
}

function inTheWay(path: string): LanspreadError {
  return new LanspreadError('UNSAFE_ROOT', {
    message: `${path} is in the way and is not known to be Lanspread's.`,
    details: { path },
  });
}

/** A staging that an earlier run left with its marker. */
async function clearWay({ fileSystem }: InstallContext, { staging }: RootLayout): Promise<void> {
  await deleteOwned(fileSystem, staging);
}

/** Deletes staging and the intent; the error to throw. What cannot be undone now, recovery undoes: the intent stays. */
async function rollBack(
  { fileSystem, state, logger }: InstallContext,
  { layout, error }: { layout: RootLayout; error: unknown },
): Promise<LanspreadError> {
  try {
    await deleteOwned(fileSystem, layout.staging);
    await fileSystem.syncDirectory(layout.root);
    state.transaction(() => {
      state.inventory.clear(layout.staging);
      state.intents.clear(layout.root);
    });
  } catch (cleanupError) {
    logger.warn({ root: layout.root, err: cleanupError }, 'Rolling back an install did not finish; recovery will.');
  }
  return toLanspreadError(error);
}

/** The promote happened, so the game is installed whatever becomes of this: what fails here is left to recovery. */
function settle(context: InstallContext, request: InstallRequest): void {
  try {
    recordInstalled(context, request);
  } catch (error) {
    context.logger.error(
      { root: request.root, err: error },
      'The finished install could not be recorded; recovery will.',
    );
  }
}
