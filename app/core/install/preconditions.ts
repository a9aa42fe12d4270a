import { LanspreadError, statOf, type EntryKind, type FileSystem, type SignalOptions } from '../base/index.ts';
import type { RecoveryContext } from './context.ts';
import type { RootLayout } from '../game-folder/index.ts';
import { recoverRoot, type Root } from './recover-root.ts';
import { exists } from './staging.ts';

export async function kindAt(fileSystem: FileSystem, path: string): Promise<EntryKind | undefined> {
  return (await statOf(fileSystem, path))?.kind;
}

/**
 * Finishes or undoes an earlier operation of this run that a disk failure interrupted. Every operation on a game folder
 * begins with this, or it would overwrite the earlier intent. Unfinished downloads and removals are left alone: the
 * next operation continues from there. Errors: `UNSAFE_ROOT` with advice where only a person can settle it; the file
 * system's; `CANCELLED`.
 */
export async function settleFirst(context: RecoveryContext, root: Root, options: SignalOptions): Promise<void> {
  await context.locks.run(root.root, () => settleLocked(context, root, options), options);
}

async function settleLocked(context: RecoveryContext, root: Root, options: SignalOptions): Promise<void> {
  const kind = context.state.intents.get(root.root)?.kind;
  if (kind === 'Downloading' || kind === 'Removing') return;
  const action = await recoverRoot(context, root, options);
  if (action?.error !== undefined) throw action.error;
  if (!isUnsettled(context, root)) return;
  const message = ['An earlier operation left this game in a state that Lanspread does not touch.', action?.advice];
  throw new LanspreadError('UNSAFE_ROOT', {
    message: message.filter((part) => part !== undefined).join(' '),
    details: { path: root.root },
  });
}

/** Whether an install, update, uninstall or streamed install of this game folder did not finish. */
export function isUnsettled({ state }: Pick<RecoveryContext, 'state'>, { root }: Pick<Root, 'root'>): boolean {
  const kind = state.intents.get(root)?.kind;
  return kind !== undefined && kind !== 'Downloading' && kind !== 'Removing';
}

/** Throws `NOT_DOWNLOADED` or `UNSAFE_ROOT` unless the game folder is a real folder with a sentinel. */
export async function assertDownloaded(fileSystem: FileSystem, { root, sentinel }: RootLayout): Promise<void> {
  const kind = await kindAt(fileSystem, root);
  if (kind === undefined) throw new LanspreadError('NOT_DOWNLOADED');
  if (kind !== 'directory') throw new LanspreadError('UNSAFE_ROOT', { details: { path: root } });
  if ((await kindAt(fileSystem, sentinel)) !== 'file') throw new LanspreadError('NOT_DOWNLOADED');
}

/** Throws `INSTALLED`, or `UNSAFE_ROOT` when `local` is not a folder. */
export async function assertNotInstalled(fileSystem: FileSystem, { local }: RootLayout): Promise<void> {
  const kind = await kindAt(fileSystem, local);
  if (kind === undefined) return;
  if (kind === 'directory') throw new LanspreadError('INSTALLED');
  throw new LanspreadError('UNSAFE_ROOT', {
    message: `${local} is not a folder, so it is no install of Lanspread's: move it out of the game's folder, or delete it if it is not yours.`,
    details: { path: local },
  });
}

/** Throws `UNSAFE_ROOT` when a reserved name is taken. After `settleFirst` such an entry is not ours. */
export async function assertWayIsClear(fileSystem: FileSystem, { staging, backup }: RootLayout): Promise<void> {
  for (const path of [staging, backup]) {
    if (!(await exists(fileSystem, path))) continue;
    throw new LanspreadError('UNSAFE_ROOT', {
      message: `${path} is in the way and is not known to be Lanspread's: move it out of the game's folder, or delete it if nothing in it is yours.`,
      details: { path },
    });
  }
}
