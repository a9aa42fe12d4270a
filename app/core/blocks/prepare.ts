/** The disk's side of a download's beginning and end. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import {
  absolutePath,
  foldPath,
  throwIfAborted,
  type FileSystem,
  type SafePath,
  type SignalOptions,
} from '../base/index.ts';
import type { HashedManifest } from '../library/index.ts';
import type { Manifest } from '../protocol/index.ts';
import { deleteKnown, foldersOf, layoutOf } from '../game-folder/index.ts';
import type { KnownPayload } from '../game-folder/index.ts';
import { changedMeanwhile } from '../lanes/index.ts';
import { forEachParallel } from '../base/index.ts';
import { statOf } from '../base/index.ts';

/** Beyond this many files one flush of the whole file system is cheaper than one for each. */
const singleFlushFiles = 64;

interface PrepareOptions extends SignalOptions {
  manifest: Manifest;
  /** Nothing was in the root before: nothing needs to be looked at. */
  isNew?: boolean;
  /** Every block of this file of the manifest is there and sound. */
  isWhole: (fileIndex: number) => boolean;
}

/** Makes the folders and empty files, and brings files that are there to their size. The way is clear. */
export async function prepareFiles(
  fileSystem: FileSystem,
  root: string,
  { manifest, isNew = false, isWhole, signal }: PrepareOptions,
): Promise<void> {
  for (const folder of foldersOf(manifest).toReversed()) {
    throwIfAborted(signal);
    await fileSystem.makeDirectory(absolutePath(root, folder), { within: root });
  }
  const { files } = manifest;
  const lookAt = isNew ? files.filter(({ size }) => size === 0) : files;
  const linked: string[] = [];
  const findLinked = async ({ path, size }: Manifest['files'][number], index: number): Promise<void> => {
    const absolute = absolutePath(root, path);
    const stat = await statOf(fileSystem, absolute);
    const changes = stat?.kind === 'file' && (stat.sizeBytes !== size || !isWhole(index));
    if (changes && (stat.linkCount ?? 1) > 1) linked.push(absolute);
  };
  const resizeFile = async ({ path, size }: Manifest['files'][number]): Promise<void> => {
    const absolute = absolutePath(root, path);
    const stat = await statOf(fileSystem, absolute);
    // What is not there yet is made by the lane with its first block; an empty file has none.
    if (stat ? stat.sizeBytes === size : size > 0) return;
    await using handle = await fileSystem.open(absolute, 'edit');
    await handle.truncate(size);
  };
  if (!isNew) await forEachParallel(lookAt, findLinked, { signal });
  // One after another: all take the same name on the way.
  for (const path of linked) await makeOwn(fileSystem, root, path);
  await forEachParallel(lookAt, resizeFile, { signal });
}

/** Gives a file that has other names, too, a body of its own, so that nothing changes under those. */
async function makeOwn(fileSystem: FileSystem, root: string, path: string): Promise<void> {
  // A name of ours: what a crash leaves there is swept up.
  const temporary = layoutOf(root).sentinelTemporary;
  await fileSystem.deleteTree(temporary);
  await fileSystem.copyFile(path, temporary);
  await fileSystem.rename(temporary, path);
}

/** Deletes payload of ours that the manifest does not name. */
export async function deleteStrayPayload(
  fileSystem: FileSystem,
  root: string,
  { manifest, known }: { manifest: Manifest; known: KnownPayload },
): Promise<void> {
  const keepFiles = new Map<string, SafePath>(manifest.files.map(({ path }) => [foldPath(path), path]));
  const keepFolders = new Set(foldersOf(manifest).map((folder) => foldPath(`${folder}/`)));
  const stray: string[] = [];
  for (const path of known.paths()) {
    if (path.endsWith('/')) {
      if (!keepFolders.has(foldPath(path))) stray.push(path);
      continue;
    }
    const kept = keepFiles.get(foldPath(path));
    if (kept === path) continue;
    if (kept && (await isSameFile(fileSystem, root, { one: path, other: kept }))) continue;
    stray.push(path);
  }
  await deleteKnown(fileSystem, root, stray);
  // What was emptied may be a folder that the manifest wants empty.
  for (const folder of manifest.directories)
    await fileSystem.makeDirectory(absolutePath(root, folder), { within: root });
}

/**
 * One file under two spellings, where the file system takes them for the same. Where file numbers do not tell (FAT and
 * network disks have none that last), a folder does: it lists one of both names, or both.
 */
async function isSameFile(
  fileSystem: FileSystem,
  root: string,
  { one, other }: { one: string; other: string },
): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => statOf(fileSystem, join(root, path))));
  if (!a || !b) return false;
  if (a.inode !== 0n && b.inode !== 0n) return a.inode === b.inode;
  const others = other.split('/');
  let folder = root;
  for (const [index, name] of one.split('/').entries()) {
    const otherName = others[index] ?? '';
    const names = name === otherName ? [] : (await fileSystem.list(folder)).map((entry) => entry.name);
    if (names.includes(name) && names.includes(otherName)) return false;
    folder = join(folder, name);
  }
  return true;
}

/**
 * Sets and clears the executable bits as the manifest's sender had them. Errors: `IO_ERROR` where a file is not what was
 * written: somebody else deleted or changed it; the file system's.
 */
export async function applyExecutables(
  fileSystem: FileSystem,
  root: string,
  { manifest, executables }: HashedManifest,
): Promise<void> {
  const wanted = new Set(executables);
  await forEachParallel(manifest.files, async ({ path, size }, index) => {
    const absolute = absolutePath(root, path);
    const stat = await statOf(fileSystem, absolute);
    if (stat?.kind !== 'file' || stat.sizeBytes !== size) throw changedMeanwhile(absolute);
    const { executable } = stat;
    if (executable !== wanted.has(index)) await fileSystem.setExecutable(absolute, wanted.has(index));
  });
}

/** Brings every payload file to the disk, so that the sentinel never promises what a power cut takes away. */
export async function flushPayload(fileSystem: FileSystem, root: string, manifest: Manifest): Promise<void> {
  if (manifest.files.length > singleFlushFiles && (await flushFileSystem(root))) return;
  await forEachParallel(manifest.files, ({ path }) => fileSystem.flushFile(absolutePath(root, path)));
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
