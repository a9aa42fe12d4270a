/** The disk's side of a download's beginning and end. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import {
  absolutePath,
  foldPath,
  isNotFound,
  isReservedRootName,
  throwIfAborted,
  type FileSystem,
  type SafePath,
  type SignalOptions,
} from '../base/index.ts';
import type { HashedManifest } from '../library/index.ts';
import type { Manifest } from '../protocol/index.ts';
import { deleteDirectoryIfEmpty, foldersOf } from './discard.ts';
import { forEachParallel } from './parallel.ts';

/** Beyond this many files one flush of the whole file system is cheaper than one for each. */
const singleFlushFiles = 64;

export interface PrepareOptions extends SignalOptions {
  manifest: Manifest;
  /** Nothing was in the root before: nothing needs to be looked at. */
  isNew?: boolean;
}

/** Makes the folders and empty files; brings files that are there to their size; makes way where something else lies. */
export async function prepareFiles(
  fileSystem: FileSystem,
  root: string,
  { manifest, isNew = false, signal }: PrepareOptions,
): Promise<void> {
  // Parents first: what was a file in the old version may be a folder now.
  for (const folder of foldersOf(manifest).toReversed()) {
    throwIfAborted(signal);
    const absolute = absolutePath(root, folder);
    const stat = isNew ? undefined : await statOf(fileSystem, absolute);
    if (stat && stat.kind !== 'directory') await fileSystem.deleteFile(absolute);
    await fileSystem.makeDirectory(absolute);
  }
  const { files } = manifest;
  const lookAt = isNew ? files.filter(({ size }) => size === 0) : files;
  const prepareFile = async ({ path, size }: Manifest['files'][number]): Promise<void> => {
    // What is not there yet is made by the lane with its first block; an empty file has none.
    const absolute = absolutePath(root, path);
    const stat = await statOf(fileSystem, absolute);
    if (stat && stat.kind !== 'file') await fileSystem.deleteTree(absolute);
    const isThere = stat?.kind === 'file';
    if (isThere ? stat.sizeBytes === size : size > 0) return;
    await using handle = await fileSystem.open(absolute, 'edit');
    await handle.truncate(size);
  };
  await forEachParallel(lookAt, prepareFile, { signal });
}

/** Deletes payload of an older version that the manifest does not name. */
export async function deleteStrayPayload(fileSystem: FileSystem, root: string, manifest: Manifest): Promise<void> {
  const keepFiles = new Map<string, SafePath>(manifest.files.map(({ path }) => [foldPath(path), path]));
  const keepFolders = new Set(foldersOf(manifest).map(foldPath));
  async function sweep(folder: string): Promise<void> {
    for (const { name, kind } of await fileSystem.list(join(root, folder))) {
      if (folder === '' && isReservedRootName(name)) continue;
      const path = folder === '' ? name : `${folder}/${name}`;
      const absolute = join(root, path);
      if (kind === 'directory') {
        await sweep(path);
        if (!keepFolders.has(foldPath(path))) await deleteDirectoryIfEmpty(fileSystem, absolute);
        continue;
      }
      const kept = keepFiles.get(foldPath(path));
      if (kept === path) continue;
      if (kept && (await isSameFile(fileSystem, absolute, absolutePath(root, kept)))) continue;
      await fileSystem.deleteFile(absolute);
    }
  }
  await sweep('');
}

/** One file under two spellings, where the file system takes them for the same. */
async function isSameFile(fileSystem: FileSystem, one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([statOf(fileSystem, one), statOf(fileSystem, other)]);
  return a !== undefined && b !== undefined && a.inode !== 0n && a.inode === b.inode;
}

/** Sets and clears the executable bits as the manifest's sender had them. */
export async function applyExecutables(
  fileSystem: FileSystem,
  root: string,
  { manifest, executables }: HashedManifest,
): Promise<void> {
  const wanted = new Set(executables);
  await forEachParallel(manifest.files, async ({ path }, index) => {
    const absolute = absolutePath(root, path);
    const { executable } = await fileSystem.lstat(absolute);
    if (executable !== wanted.has(index)) await fileSystem.setExecutable(absolute, wanted.has(index));
  });
}

/** Brings every payload file to the disk, so that the sentinel never promises what a power cut takes away. */
export async function flushPayload(fileSystem: FileSystem, root: string, manifest: Manifest): Promise<void> {
  if (manifest.files.length > singleFlushFiles && (await flushFileSystem(root))) return;
  await forEachParallel(manifest.files, async ({ path }) => {
    await using handle = await fileSystem.open(absolutePath(root, path), 'read');
    await handle.sync();
  });
  for (const folder of foldersOf(manifest)) await fileSystem.syncDirectory(absolutePath(root, folder));
}

/** `syncfs` by coreutils' `sync --file-system`; false where that is not to be had. */
async function flushFileSystem(root: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const child = spawn('sync', ['--file-system', root], { stdio: 'ignore' });
  child.on('error', () => resolve(false));
  child.on('close', (code) => resolve(code === 0));
  return await promise;
}

async function statOf(fileSystem: FileSystem, path: string) {
  try {
    return await fileSystem.lstat(path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
