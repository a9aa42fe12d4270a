/** Copies the player's files from the installed tree into the staging of the next version. */
import { dirname, join } from 'node:path';
import { LanspreadError, ownNames, throwIfAborted, type FileSystem, type SignalOptions } from '../base/index.ts';
import type { InstallContext } from './context.ts';
import type { RootLayout } from '../game-folder/index.ts';
import type { InstallPlan } from './plan.ts';
import { decidePlayerCopies, producedToKeep, type LocalEntry, type PlayerCopy } from './player-files.ts';
import { exists } from './staging.ts';

/** Everything in `local/`; links are listed as links. */
async function readLocal({ fileSystem }: InstallContext, local: string, signal?: AbortSignal): Promise<LocalEntry[]> {
  const entries: LocalEntry[] = [];
  const waiting = [''];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    throwIfAborted(signal);
    for (const { name } of await fileSystem.list(join(local, folder))) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (path === ownNames.marker) continue;
      const { kind, sizeBytes } = await fileSystem.lstat(join(local, path));
      entries.push({ path, kind, sizeBytes });
      if (kind === 'directory') waiting.push(path);
    }
  }
  return entries;
}

export interface CarryOverPlan {
  readonly layout: RootLayout;
  readonly plan: InstallPlan;
  readonly keep: readonly string[];
  /** The folder of the installed tree. Default: `local/`. */
  readonly from?: string;
}

/** Plans which files of the installed tree are copied. Reads only. */
export async function planCarryOver(
  context: InstallContext,
  { layout, plan, keep, from: local = layout.local }: CarryOverPlan,
  { signal }: SignalOptions,
): Promise<PlayerCopy[]> {
  const { state, hashFile, logger } = context;
  const { root } = layout;
  const entries = await readLocal(context, local, signal);
  const odd = entries.filter(({ kind }) => kind === 'other').map(({ path }) => path);
  if (odd.length > 0) logger.warn({ root, paths: odd }, 'Sockets, pipes and devices do not go along into an update.');
  const inventory = state.inventory.get(root);
  const changed = new Set<string>();
  for (const [{ path, sizeBytes }, produced] of producedToKeep({ entries, inventory, keep })) {
    if (sizeBytes !== produced.sizeBytes || (await hashFile(join(local, path), { signal })) !== produced.blake3)
      changed.add(path);
  }
  return decidePlayerCopies({ entries, inventory, plan, keep, changed });
}

/** Throws `DISK_FULL` unless the new tree and the copies fit on the disk beside the present files. */
export async function assertUpdateFits(
  { fileSystem }: InstallContext,
  { root, plan, copies }: { root: string; plan: InstallPlan; copies: readonly PlayerCopy[] },
): Promise<void> {
  const playerBytes = copies.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const neededBytes = Math.ceil((plan.totalBytes + playerBytes) * 1.02);
  const { freeBytes } = await fileSystem.space(root);
  if (neededBytes <= freeBytes) return;
  const message = `Updating needs ${neededBytes} bytes; ${freeBytes} are free.`;
  throw new LanspreadError('DISK_FULL', { message, details: { neededBytes, freeBytes } });
}

/**
 * Checks the size of a copy. Not every disk reports a short copy, and the original is deleted later. If the original
 * changed its size meanwhile, the next round copies it again. Throws `IO_ERROR`.
 */
async function assertWhole(
  fileSystem: FileSystem,
  { source, target, sizeBytes }: { source: string; target: string; sizeBytes: number },
): Promise<void> {
  if ((await fileSystem.lstat(target)).sizeBytes === sizeBytes) return;
  if ((await fileSystem.lstat(source)).sizeBytes !== sizeBytes) return;
  throw new LanspreadError('IO_ERROR', {
    message: `${JSON.stringify(source)} could not be copied whole.`,
    details: { path: source },
  });
}

/** Copies the files and flushes them. A copy replaces a file of the new version in the same place. */
export async function carryOver(
  { fileSystem }: InstallContext,
  { local, staging, copies }: { local: string; staging: string; copies: readonly PlayerCopy[] },
  { signal }: SignalOptions,
): Promise<void> {
  const folders = new Set<string>();
  for (const { from, to, kind, sizeBytes } of copies) {
    throwIfAborted(signal);
    const [source, target] = [join(local, from), join(staging, to)];
    if (kind === 'directory') {
      await fileSystem.makeDirectory(target, { within: staging });
      folders.add(target);
      continue;
    }
    await fileSystem.makeDirectory(dirname(target), { within: staging });
    if (await exists(fileSystem, target)) await fileSystem.deleteFile(target);
    if (kind === 'symlink') await fileSystem.makeLink(await fileSystem.readLink(source), target);
    else {
      await fileSystem.copyFile(source, target);
      await fileSystem.flushFile(target);
      await assertWhole(fileSystem, { source, target, sizeBytes });
    }
    for (let folder = dirname(target); folder.length >= staging.length; folder = dirname(folder)) folders.add(folder);
  }
  for (const folder of Array.from(folders).toSorted((a, b) => b.length - a.length))
    await fileSystem.syncDirectory(folder);
}
