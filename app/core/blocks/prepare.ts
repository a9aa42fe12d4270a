/** The disk work at the beginning and at the end of a download. */
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

/** With more files than this, one flush of the whole file system is cheaper than one per file. */
const singleFlushFiles = 64;

interface PrepareOptions extends SignalOptions {
  manifest: Manifest;
  /** The game folder was empty before, so existing files need no check. */
  isNew?: boolean;
  /** Whether every block of this file of the manifest is here and sound. */
  isWhole: (fileIndex: number) => boolean;
}

/**
 * Makes the folders and empty files, and gives existing files their final size. Files in the way must be gone already.
 */
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
    // The lane creates a missing file with its first block. An empty file has no block, so it is created here.
    if (stat ? stat.sizeBytes === size : size > 0) return;
    await using handle = await fileSystem.open(absolute, 'edit');
    await handle.truncate(size);
  };
  if (!isNew) await forEachParallel(lookAt, findLinked, { signal });
  // Not in parallel: all use the same temporary name.
  for (const path of linked) await makeOwn(fileSystem, root, path);
  await forEachParallel(lookAt, resizeFile, { signal });
}

/** Replaces a hard-linked file by a copy, so that its other names keep their content. */
async function makeOwn(fileSystem: FileSystem, root: string, path: string): Promise<void> {
  // This name is ours: recovery deletes it after a crash.
  const temporary = layoutOf(root).sentinelTemporary;
  await fileSystem.deleteTree(temporary);
  await fileSystem.copyFile(path, temporary);
  await fileSystem.rename(temporary, path);
}

/** Deletes our payload files that the manifest does not name. */
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
  // Deleting may have removed a folder that the manifest wants empty.
  for (const folder of manifest.directories)
    await fileSystem.makeDirectory(absolutePath(root, folder), { within: root });
}

/**
 * Whether both spellings name one file on this file system. FAT and network disks have no lasting file numbers; there
 * the folder's listing decides: two entries mean two files.
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
 * Sets and clears the executable bits as the manifest's sender had them. Errors: `IO_ERROR` when another program has
 * deleted or changed a file since it was written; the file system's.
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

/**
 * Flushes every payload file to the disk. The sentinel must never promise files that a power cut can still take away.
 */
export async function flushPayload(fileSystem: FileSystem, root: string, manifest: Manifest): Promise<void> {
  if (manifest.files.length > singleFlushFiles && (await flushFileSystem(root))) return;
  await forEachParallel(manifest.files, ({ path }) => fileSystem.flushFile(absolutePath(root, path)));
  for (const folder of foldersOf(manifest)) await fileSystem.syncDirectory(absolutePath(root, folder));
}

/** Calls `syncfs` through coreutils' `sync --file-system`. False where that is not available. */
async function flushFileSystem(root: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const child = spawn('sync', ['--file-system', root], { stdio: 'ignore' });
  child.on('error', () => resolve(false));
  child.on('close', (code) => resolve(code === 0));
  return await promise;
}
