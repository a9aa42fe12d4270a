import { join } from 'node:path';
import { LanspreadError, ownNames, statOf, throwIfAborted, type SignalOptions } from '../base/index.ts';
import type { Intent } from '../state/index.ts';
import { buildStaging } from './build-staging.ts';
import { assertUpdateFits, carryOver, planCarryOver, type CarryOverPlan } from './carry-over.ts';
import type { InstallContext } from './context.ts';
import { rollBack, settle } from './finish.ts';
import { layoutOf, type RootLayout } from '../game-folder/index.ts';
import { planFromDisk } from './payload.ts';
import { assertDownloaded, assertWayIsClear, kindAt, settleFirst } from './preconditions.ts';
import { deleteMarker, writeMarker } from './staging.ts';
import type { InstallListener, InstallRequest } from './types.ts';

/** How often the player's files are copied again because they changed meanwhile. */
const mostRounds = 5;

/**
 * Installs the downloaded version over an installed one. The new tree is made in staging, the player's files are copied
 * into it, then the two trees are swapped. A failure or a cancel before the swap leaves the old install as it was;
 * after the swap nothing fails any more. Errors: those of `install` but `INSTALLED`, and `NOT_INSTALLED`.
 */
export async function update(
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
  const kind = await kindAt(fileSystem, layout.local);
  if (kind === undefined) throw new LanspreadError('NOT_INSTALLED');
  if (kind !== 'directory') throw new LanspreadError('UNSAFE_ROOT', { details: { path: layout.local } });
  await assertWayIsClear(fileSystem, layout);
  const plan = await planFromDisk(root, { fileSystem, unpackers, limits, rules, signal });
  const carrying: CarryOverPlan = { layout, plan, keep: context.keepPatterns(gameId) };
  let stamp = await stampTree(context, layout.local, { signal });
  let copies = await planCarryOver(context, carrying, { signal });
  await assertUpdateFits(context, { root, plan, copies });
  const intent: Intent = { root, gameId, version, kind: 'Updating', madeRoot: false, startedAt: clock.now() };
  state.intents.put(intent);
  try {
    listener.onBegin({ totalBytes: plan.totalBytes });
    const inventory = await buildStaging(context, { unpackers, plan, layout, listener, signal });
    await carryOver(context, { ...layout, copies }, { signal });
    // The game may have saved files meanwhile. If it keeps writing, the rest is copied after the swap.
    for (let round = 0; round < mostRounds; round += 1) {
      const now = await stampTree(context, layout.local, { signal });
      if (changedSince(stamp, now).size === 0) break;
      stamp = now;
      copies = await planCarryOver(context, carrying, { signal });
      await carryOver(context, { ...layout, copies }, { signal });
    }
    throwIfAborted(signal);
    // Files that the player's copies replaced belong to the player from now on.
    const replaced = new Set(copies.map(({ to }) => to));
    state.inventory.replace(
      layout.staging,
      inventory.filter(({ path }) => !replaced.has(path)),
    );
    // Storing the intent again flushes everything written before it.
    state.intents.put(intent);
    await swap(context, layout);
  } catch (error) {
    throw await rollBack(context, { layout, error });
  }
  await carryLateEdits(context, carrying, stamp);
  await settle(context, request);
}

/**
 * Copies changes that reached the old tree between the last check and the swap, or through files that are still open.
 */
async function carryLateEdits(context: InstallContext, carrying: CarryOverPlan, stamp: TreeStamp): Promise<void> {
  const { local, backup, root } = carrying.layout;
  try {
    const changed = changedSince(stamp, await stampTree(context, backup));
    if (changed.size === 0) return;
    const copies = await planCarryOver(context, { ...carrying, from: backup }, {});
    const late = copies.filter(({ from }) => changed.has(from));
    await carryOver(context, { local: backup, staging: local, copies: late }, {});
  } catch (error) {
    context.logger.error(
      { root, err: error },
      'What was changed at the very end of an update could not be taken along.',
    );
  }
}

/** The installed tree becomes the backup, staging becomes the installed tree. */
async function swap({ fileSystem }: InstallContext, { root, local, staging, backup }: RootLayout): Promise<void> {
  await deleteMarker(fileSystem, staging);
  await fileSystem.rename(local, backup);
  await writeMarker(fileSystem, backup);
  await fileSystem.syncDirectory(root);
  await fileSystem.rename(staging, local);
}

/** A fingerprint of each entry, by path relative to the folder. */
type TreeStamp = ReadonlyMap<string, string>;

/** Takes the fingerprints of everything below a folder; reads no content. Errors: the file system's, `CANCELLED`. */
async function stampTree(
  { fileSystem }: Pick<InstallContext, 'fileSystem'>,
  folder: string,
  { signal }: SignalOptions = {},
): Promise<TreeStamp> {
  const stamps = new Map<string, string>();
  const waiting = [''];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    throwIfAborted(signal);
    for (const { name } of await fileSystem.list(join(folder, at))) {
      const path = at === '' ? name : `${at}/${name}`;
      if (path === ownNames.marker) continue;
      const stat = await statOf(fileSystem, join(folder, path));
      if (!stat) continue;
      // A folder's times change with its contents, which have fingerprints of their own.
      const { kind, sizeBytes, mtimeNs, changeTimeNs, inode } = stat;
      stamps.set(path, kind === 'directory' ? kind : `${kind} ${sizeBytes} ${mtimeNs} ${changeTimeNs} ${inode}`);
      if (kind === 'directory') waiting.push(path);
    }
  }
  return stamps;
}

/** The paths that are new or have changed. Pure. */
function changedSince(before: TreeStamp, now: TreeStamp): Set<string> {
  return new Set(Array.from(now).flatMap(([path, stamp]) => (before.get(path) === stamp ? [] : [path])));
}
