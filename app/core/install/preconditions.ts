import { LanspreadError, statOf, type EntryKind, type FileSystem, type SignalOptions } from '../base/index.ts';
import type { InstallContext } from './context.ts';
import type { RootLayout } from './layout.ts';
import { recoverRoot, type Root } from './recover-root.ts';
import { exists } from './staging.ts';

export async function kindAt(fileSystem: FileSystem, path: string): Promise<EntryKind | undefined> {
  return (await statOf(fileSystem, path))?.kind;
}

/**
 * Finishes or undoes what an earlier operation of this run left behind because the disk failed it. Downloads and
 * removals are not this folder's to judge while the core runs.
 */
export async function settleFirst(context: InstallContext, root: Root, options: SignalOptions): Promise<void> {
  const kind = context.state.intents.get(root.root)?.kind;
  if (kind === 'Downloading' || kind === 'Removing') return;
  const action = await recoverRoot(context, root, options);
  if (action?.error !== undefined) throw action.error;
}

/** Throws `NOT_DOWNLOADED` or `UNSAFE_ROOT` unless the root is a folder of its own with a sentinel. */
export async function assertDownloaded(fileSystem: FileSystem, { root, sentinel }: RootLayout): Promise<void> {
  const kind = await kindAt(fileSystem, root);
  if (kind === undefined) throw new LanspreadError('NOT_DOWNLOADED');
  if (kind !== 'directory') throw new LanspreadError('UNSAFE_ROOT', { details: { path: root } });
  if ((await kindAt(fileSystem, sentinel)) !== 'file') throw new LanspreadError('NOT_DOWNLOADED');
}

/** Throws `UNSAFE_ROOT` when a reserved name is taken. After `settleFirst` that is by something that is not ours. */
export async function assertWayIsClear(fileSystem: FileSystem, { staging, backup }: RootLayout): Promise<void> {
  for (const path of [staging, backup]) {
    if (!(await exists(fileSystem, path))) continue;
    throw new LanspreadError('UNSAFE_ROOT', {
      message: `${path} is in the way and is not known to be Lanspread's: move it out of the game's folder, or delete it if nothing in it is yours.`,
      details: { path },
    });
  }
}
