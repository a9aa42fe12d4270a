/** What the player changes in an install while it is being updated: a game saves when it likes. */
import { join } from 'node:path';
import { statOf, throwIfAborted, type SignalOptions } from '../base/index.ts';
import type { InstallContext } from './context.ts';
import { markerName } from '../game-folder/index.ts';

/** By path, relative to the folder: what tells that a file is another one. */
export type TreeStamp = ReadonlyMap<string, string>;

/** Looks at everything below a folder; content is not read. Errors: the file system's, `CANCELLED`. */
export async function stampTree(
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
      if (path === markerName) continue;
      const stat = await statOf(fileSystem, join(folder, path));
      if (!stat) continue;
      // A folder's times change with what is in it, which is looked at itself.
      const { kind, sizeBytes, mtimeNs, changeTimeNs, inode } = stat;
      stamps.set(path, kind === 'directory' ? kind : `${kind} ${sizeBytes} ${mtimeNs} ${changeTimeNs} ${inode}`);
      if (kind === 'directory') waiting.push(path);
    }
  }
  return stamps;
}

/** The paths that are new or another since. Pure. */
export function changedSince(before: TreeStamp, now: TreeStamp): Set<string> {
  return new Set(Array.from(now).flatMap(([path, stamp]) => (before.get(path) === stamp ? [] : [path])));
}
