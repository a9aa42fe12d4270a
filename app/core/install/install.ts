import { throwIfAborted } from '../base/index.ts';
import type { Intent } from '../state/index.ts';
import { buildStaging } from './build-staging.ts';
import type { InstallContext } from './context.ts';
import { rollBack, settle } from './finish.ts';
import { layoutOf } from '../game-folder/index.ts';
import { planFromDisk } from './payload.ts';
import { assertDownloaded, assertNotInstalled, assertWayIsClear, settleFirst } from './preconditions.ts';
import { deleteMarker } from './staging.ts';
import type { InstallListener, InstallRequest } from './types.ts';

/**
 * Installs a downloaded game: everything is made and checked in staging, then one rename makes it the game's `local/`.
 * A failure or a cancel before the rename leaves everything as it was; after the rename nothing fails any more. Errors:
 * `NOT_DOWNLOADED`, `INSTALLED`, `UNSAFE_ROOT`, `NO_ARCHIVE`, `NO_UNPACKER`, `ARCHIVE_CORRUPT`, `ARCHIVE_ENCRYPTED`,
 * `ARCHIVE_HOSTILE`, `UNPACKER_FAILED`, `DISK_FULL`, `INVALID_PATH`, the file system's, `CANCELLED`.
 */
export async function install(
  context: InstallContext,
  request: InstallRequest,
  { listener, signal }: { listener: InstallListener; signal: AbortSignal },
): Promise<void> {
  const { fileSystem, state, limits, clock } = context;
  const unpackers = context.unpackers();
  const { root, gameId, version } = request;
  const layout = layoutOf(root);
  const rules = context.archiveRules(gameId);
  throwIfAborted(signal);
  await assertDownloaded(fileSystem, layout);
  await settleFirst(context, { root, gameId }, { signal });
  await assertNotInstalled(fileSystem, layout);
  await assertWayIsClear(fileSystem, layout);
  const plan = await planFromDisk(root, { fileSystem, unpackers, limits, rules, signal });
  const intent: Intent = { root, gameId, version, kind: 'Installing', madeRoot: false, startedAt: clock.now() };
  state.intents.put(intent);
  try {
    listener.onBegin({ totalBytes: plan.totalBytes });
    const inventory = await buildStaging(context, { unpackers, plan, layout, listener, signal });
    throwIfAborted(signal);
    // Kept under staging's path until the rename is done: recovery uses it to recognize the finished tree.
    state.inventory.replace(layout.staging, inventory);
    // Storing the intent again flushes everything written before it.
    state.intents.put(intent);
    // From here on only the intent says that staging is ours, so that the installed game never shows the marker.
    await deleteMarker(fileSystem, layout.staging);
    await fileSystem.rename(layout.staging, layout.local);
  } catch (error) {
    throw await rollBack(context, { layout, error });
  }
  await settle(context, request);
}
