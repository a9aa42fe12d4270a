import { join } from 'node:path';
import {
  blake3Hex,
  isNotFound,
  isReservedRootName,
  type DirectoryEntry,
  type FileStat,
  type FileSystem,
} from '../base/index.ts';
import { limits } from '../protocol/index.ts';
import { versionOfSentinel } from './sentinel.ts';

/** What one look at a game root tells: one listing, a stat per entry at the top, and the sentinel. */
export interface RootView {
  /** Of the sentinel; undefined: not downloaded. */
  readonly version: string | undefined;
  readonly installed: boolean;
  /** Something that can be payload lies here. */
  readonly hasPayload: boolean;
  /** Equal means: nothing at the top level changed. Nested changes are the watcher's business. */
  readonly fingerprint: string;
}

export const sentinelName = 'version.ini';
export const installName = 'local';

/** Looks at one root. Undefined when it is not there or is no real directory. Errors: the file system's. */
export async function inspectRoot(fileSystem: FileSystem, root: string): Promise<RootView | undefined> {
  let entries: DirectoryEntry[];
  try {
    if ((await fileSystem.lstat(root)).kind !== 'directory') return undefined;
    entries = await fileSystem.list(root);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const lines: string[] = [];
  let version: string | undefined;
  let installed = false;
  let hasPayload = false;
  for (const { name, kind } of entries) {
    if (name === installName) installed = kind === 'directory';
    if (name !== sentinelName && isReservedRootName(name)) {
      lines.push(`${kind} ${name}`);
      continue;
    }
    const stat = await statOf(fileSystem, join(root, name));
    if (!stat) continue;
    lines.push(`${kind} ${name} ${stat.sizeBytes} ${stat.mtimeNs} ${stat.inode}`);
    if (name !== sentinelName) hasPayload = true;
    else if (kind === 'file' && stat.sizeBytes <= limits.sentinelBytes) {
      version = versionOfSentinel(await fileSystem.readFile(join(root, name)));
    }
  }
  return { version, installed, hasPayload, fingerprint: blake3Hex(lines.join('\n')) };
}

async function statOf(fileSystem: FileSystem, path: string): Promise<FileStat | undefined> {
  try {
    return await fileSystem.lstat(path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
