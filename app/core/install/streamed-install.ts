import { dirname } from 'node:path';
import { isAbort, LanspreadError, sleep, throwIfAborted, toLanspreadError, type ErrorCode } from '../base/index.ts';
import type { Intent, InventoryFile } from '../state/index.ts';
import type { InstallContext } from './context.ts';
import { settle } from './finish.ts';
import { installedRootOf, receiveTree } from './receive-tree.ts';
import { layoutOf, type RootLayout } from '../game-folder/index.ts';
import { assertNotInstalled, assertWayIsClear, kindAt, settleFirst } from './preconditions.ts';
import { deleteMarker, deleteOwned, exists } from './staging.ts';
import type { StreamedInstallListener, StreamedInstallRequest, StreamedInstallResult } from './types.ts';
import type { ContentSender } from '../content/index.ts';

/** Busy senders are asked again after this long, in milliseconds. */
const busyPauseMs = 2_000;

/** Failures of this PC: another sender would not help. */
const ownFailures: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'DISK_FULL',
  'PERMISSION_DENIED',
  'IO_ERROR',
  'UNSAFE_ROOT',
  'GAMES_DIR_LOST',
  'STATE_CORRUPT',
  'INTERNAL',
]);

/** Too little disk space for a sender's claimed size proves nothing: the claim may be a lie. */
function isOwnFailure({ code, details }: LanspreadError): boolean {
  return ownFailures.has(code) && details['neededBytes'] === undefined;
}

/**
 * Installs a game that other PCs unpack for it, with no archive on this disk. As with `install`, everything is made and
 * checked in staging, then one rename makes it the game's `local/`. The files of a failed sender are deleted before the
 * next one is tried. Errors: `INSTALLED`, `UNSAFE_ROOT`, `DISK_FULL`, the file system's, `CANCELLED`; when every sender
 * has failed, the last one's error with its `peerId`, and all failures in `senders`.
 */
export async function streamedInstall(
  context: InstallContext,
  request: StreamedInstallRequest,
  { listener, signal }: { listener: StreamedInstallListener; signal: AbortSignal },
): Promise<StreamedInstallResult> {
  const { fileSystem, state, clock } = context;
  const { root, gameId, version } = request;
  const layout = layoutOf(root);
  throwIfAborted(signal);
  const rootKind = await kindAt(fileSystem, root);
  if (rootKind !== undefined && rootKind !== 'directory')
    throw new LanspreadError('UNSAFE_ROOT', { details: { path: root } });
  await settleFirst(context, { root, gameId }, { signal });
  await assertNotInstalled(fileSystem, layout);
  await assertWayIsClear(fileSystem, layout);
  const madeRoot = (await kindAt(fileSystem, root)) === undefined;
  const intent: Intent = { root, gameId, version, kind: 'Streaming', madeRoot, startedAt: clock.now() };
  state.intents.put(intent);
  let received: { readonly inventory: InventoryFile[]; readonly peerId: string };
  const installedRoot = { value: '' };
  try {
    received = await fromAnySender(context, { request, layout, listener, signal });
    installedRoot.value = installedRootOf(received.inventory);
    throwIfAborted(signal);
    // Kept under staging's path until the rename is done: recovery uses it to recognize the finished tree.
    state.inventory.replace(layout.staging, received.inventory);
    // Storing the intent again flushes everything written before it.
    state.intents.put(intent);
    // From here on only the intent says that staging is ours, so that the installed game never shows the marker.
    await deleteMarker(fileSystem, layout.staging);
    await fileSystem.rename(layout.staging, layout.local);
  } catch (error) {
    throw await rollBack(context, { layout, intent, error });
  }
  await settle(context, request);
  const isPinned = request.installedRoot !== undefined;
  return { peerId: received.peerId, installedRoot: installedRoot.value, trust: isPinned ? 'pinned' : 'sender' };
}

interface Attempt {
  readonly request: StreamedInstallRequest;
  readonly layout: RootLayout;
  readonly listener: StreamedInstallListener;
  readonly signal: AbortSignal;
}

/** Tries one sender after another; busy senders are tried again and again. */
async function fromAnySender(
  context: InstallContext,
  attempt: Attempt,
): Promise<{ inventory: InventoryFile[]; peerId: string }> {
  const { request, layout, listener, signal } = attempt;
  const failures: { peerId: string; code: ErrorCode; message: string }[] = [];
  let last: LanspreadError | undefined;
  let candidates = request.senders;
  while (candidates.length > 0) {
    const busy: ContentSender[] = [];
    for (const sender of candidates) {
      const { peerId } = sender;
      try {
        return { inventory: await receiveTree(context, { ...attempt, sender }), peerId };
      } catch (thrown) {
        throwIfAborted(signal);
        const error = toLanspreadError(thrown);
        if (isOwnFailure(error) || isAbort(error)) throw error;
        await deleteOwned(context.fileSystem, layout.staging);
        if (error.code === 'TOO_MANY_REQUESTS') {
          busy.push(sender);
          continue;
        }
        last = error;
        failures.push({ peerId, code: error.code, message: error.message });
        listener.onSenderFailed({ peerId, code: error.code, message: error.message });
      }
    }
    candidates = busy;
    if (busy.length > 0) await sleep(busyPauseMs, { signal, clock: context.clock });
  }
  if (!last) throw new LanspreadError('NO_PEERS', { details: { gameId: request.gameId } });
  const { code, message, details, cause } = last;
  const peerId = failures.at(-1)?.peerId;
  throw new LanspreadError(code, { message, details: { ...details, peerId, senders: failures }, cause });
}

/**
 * Deletes the unfinished install. If something cannot be undone now, the intent stays and recovery undoes it. Returns
 * the error to throw.
 */
async function rollBack(
  { fileSystem, state, logger }: InstallContext,
  { layout, intent, error }: { layout: RootLayout; intent: Intent; error: unknown },
): Promise<LanspreadError> {
  const { root, staging } = layout;
  try {
    await deleteOwned(fileSystem, staging);
    // While the games folder is away, nothing was deleted, even if it looks so.
    const isAway = !(await exists(fileSystem, dirname(root)));
    if (isAway || (await exists(fileSystem, staging))) throw new LanspreadError('GAMES_DIR_LOST');
    if (await exists(fileSystem, root)) {
      await fileSystem.syncDirectory(root);
      if (intent.madeRoot && (await fileSystem.list(root)).length === 0) await fileSystem.deleteDirectory(root);
    }
    state.transaction(() => {
      state.inventory.clear(staging);
      state.intents.clear(root);
    });
  } catch (cleanupError) {
    logger.warn({ root, err: cleanupError }, 'Rolling back did not finish; recovery will.');
  }
  return toLanspreadError(error);
}
