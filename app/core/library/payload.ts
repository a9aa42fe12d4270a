import { join } from 'node:path';
import {
  isReservedRootName,
  LanspreadError,
  parsePath,
  PathSet,
  throwIfAborted,
  type FileSystem,
  type SafePath,
  type SignalOptions,
} from '../base/index.ts';
import { comparePaths, limits } from '../protocol/index.ts';
import type { FileIdentity } from '../state/index.ts';

export interface PayloadFile {
  readonly path: SafePath;
  readonly identity: FileIdentity;
  readonly executable: boolean;
}

/** What a root offers: everything in it but the reserved names. */
export interface Payload {
  readonly files: readonly PayloadFile[];
  /** Directories without anything in them. */
  readonly directories: readonly SafePath[];
  readonly sizeBytes: number;
}

/**
 * Walks a root's payload, in the manifest's order. A link, a device or a name that no manifest may hold makes the whole
 * payload unfit to offer: `INVALID_PATH` names it. Other errors: the file system's, `CANCELLED`.
 */
export async function walkPayload(
  fileSystem: FileSystem,
  root: string,
  { signal }: SignalOptions = {},
): Promise<Payload> {
  const files: PayloadFile[] = [];
  const directories: SafePath[] = [];
  const paths = new PathSet();
  let sizeBytes = 0;

  async function walk(directory: string, prefix: string): Promise<void> {
    throwIfAborted(signal);
    const entries = await fileSystem.list(directory);
    const kept = prefix === '' ? entries.filter(({ name }) => !isReservedRootName(name)) : entries;
    if (kept.length === 0 && prefix !== '') directories.push(parsePath(prefix.slice(0, -1), { atGameRoot: true }));
    for (const { name, kind } of kept) {
      const path = parsePath(`${prefix}${name}`, { atGameRoot: true });
      const absolute = join(directory, name);
      if (kind === 'directory') {
        paths.add(path, 'directory');
        await walk(absolute, `${path}/`);
      } else if (kind === 'file') {
        paths.add(path, 'file');
        const { sizeBytes: size, mtimeNs, inode, executable } = await fileSystem.lstat(absolute);
        files.push({ path, identity: { path: absolute, sizeBytes: size, mtimeNs, inode }, executable });
        sizeBytes += size;
      } else {
        throw new LanspreadError('INVALID_PATH', {
          message: `${JSON.stringify(path)} is ${kind === 'symlink' ? 'a symbolic link' : 'no file'}; such a game cannot be shared.`,
          details: { path },
        });
      }
      if (files.length > limits.manifestFiles) {
        throw new LanspreadError('MANIFEST_INVALID', { message: `${root} has over ${limits.manifestFiles} files.` });
      }
    }
  }

  await walk(root, '');
  files.sort((a, b) => comparePaths(a.path, b.path));
  return { files, directories: directories.sort(comparePaths), sizeBytes };
}
