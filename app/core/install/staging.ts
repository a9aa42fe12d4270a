/** Our folders inside a game folder: creates them with a marker, checks, flushes and deletes them. */
import { join } from 'node:path';
import {
  absolutePath,
  anySignal,
  createHasher,
  isNotFound,
  LanspreadError,
  nodeFileSystem,
  ownNames,
  quoted,
  sleep,
  statOf,
  systemCode,
  throwIfAborted,
  type FileSystem,
  type SignalOptions,
} from '../base/index.ts';
import { markerOf } from '../game-folder/index.ts';
import type { InstallPlan } from './plan.ts';
import type { InventoryFile } from '../state/index.ts';

const markerText = 'Made by Lanspread while it installs or removes this game. It deletes this folder by itself.\n';
const filesAtATime = 4;
const deleteAttempts = 20;
const deletePauseMs = 250;

export async function exists(fileSystem: FileSystem, path: string): Promise<boolean> {
  return (await statOf(fileSystem, path)) !== undefined;
}

export async function writeMarker(fileSystem: FileSystem, directory: string): Promise<void> {
  await fileSystem.writeFile(markerOf(directory), markerText);
  await fileSystem.syncDirectory(directory);
}

export async function deleteMarker(fileSystem: FileSystem, directory: string): Promise<void> {
  if (!(await exists(fileSystem, markerOf(directory)))) return;
  await fileSystem.deleteFile(markerOf(directory));
  await fileSystem.syncDirectory(directory);
}

/** Deletes a folder of ours, the marker last: if it is interrupted, the folder is still known as ours. */
export async function deleteOwned(fileSystem: FileSystem, directory: string): Promise<void> {
  let children: string[];
  try {
    children = (await fileSystem.list(directory)).map(({ name }) => name);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    // A games folder that was away for a moment only looked deleted.
    if (await exists(fileSystem, directory)) await deleteUntilGone(fileSystem, directory);
    return;
  }
  const first = children.filter((name) => name !== ownNames.marker);
  for (const name of first) await deleteUntilGone(fileSystem, join(directory, name));
  await deleteUntilGone(fileSystem, directory);
}

/**
 * Deletes a tree and checks that it is gone. After the core was killed, a tool may live on for a moment and add files;
 * and while the games folder is away, everything looks deleted.
 */
export async function deleteUntilGone(fileSystem: FileSystem, directory: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await fileSystem.deleteTree(directory);
      if (attempt === deleteAttempts || !(await exists(fileSystem, directory))) return;
    } catch (error) {
      if (systemCode(error) !== 'ENOTEMPTY' || attempt === deleteAttempts) throw error;
      await sleep(deletePauseMs);
    }
  }
}

interface FoundTree {
  readonly files: ReadonlyMap<string, number>;
  readonly directories: readonly string[];
}

/**
 * Lists everything below a folder, without following links. Throws `ARCHIVE_HOSTILE` for anything but plain files and
 * folders.
 */
async function walkTree(fileSystem: FileSystem, top: string, { signal }: SignalOptions = {}): Promise<FoundTree> {
  const files = new Map<string, number>();
  const inodes = new Map<bigint, string>();
  const directories: string[] = [];
  const waiting = [''];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    throwIfAborted(signal);
    for (const { name } of await fileSystem.list(join(top, folder))) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (path === ownNames.marker) continue;
      const { kind, sizeBytes, inode } = await fileSystem.lstat(join(top, path));
      if (kind === 'directory') {
        directories.push(path);
        waiting.push(path);
        continue;
      }
      const twin = inode === 0n ? undefined : inodes.get(inode);
      if (kind !== 'file' || twin !== undefined)
        throw new LanspreadError('ARCHIVE_HOSTILE', {
          message: `${quoted(path)} is not a plain file of its own.`,
          details: { entry: path },
        });
      inodes.set(inode, path);
      files.set(path, sizeBytes);
    }
  }
  return { files, directories };
}

/**
 * Renames entries whose names have control characters to the plan's names: 7-Zip lists a line feed as `_` but writes it
 * unchanged.
 */
async function tameNames(fileSystem: FileSystem, staging: string, { files, directories }: FoundTree): Promise<void> {
  // Longest paths first, so that no path changes before its turn.
  for (const path of [...files.keys(), ...directories].toSorted((a, b) => b.length - a.length)) {
    const slash = path.lastIndexOf('/') + 1;
    const name = path.slice(slash);
    const tame = name.replaceAll(controlCharacters, '_');
    if (tame === name) continue;
    const target = join(staging, path.slice(0, slash), tame);
    if (!(await exists(fileSystem, target))) await fileSystem.rename(join(staging, path), target);
  }
}

// oxlint-disable-next-line no-control-regex
const controlCharacters = /[\u0000-\u001f\u007f]/g;

/**
 * Compares the unpacker's output with the plan so far. Throws `ARCHIVE_HOSTILE` for entries that were not listed, and
 * `ARCHIVE_CORRUPT` for entries that are missing or have another size.
 */
export async function verifyStaging(
  fileSystem: FileSystem,
  { staging, plan, partly = false }: { staging: string; plan: InstallPlan; partly?: boolean },
  options: SignalOptions = {},
): Promise<void> {
  let found = await walkTree(fileSystem, staging, options);
  if ([...found.files.keys(), ...found.directories].some((path) => path.search(controlCharacters) >= 0)) {
    await tameNames(fileSystem, staging, found);
    found = await walkTree(fileSystem, staging, options);
  }
  // Some file systems store names in another Unicode form.
  const key = (path: string): string => path.normalize('NFC');
  const wanted = new Map(Array.from(plan.files, ([path, sizeBytes]) => [key(path), sizeBytes]));
  const folders = new Set(Array.from(plan.directories, key));
  const stranger =
    found.directories.find((path) => !folders.has(key(path))) ??
    found.files.keys().find((path) => !wanted.has(key(path)));
  if (stranger !== undefined)
    throw new LanspreadError('ARCHIVE_HOSTILE', {
      message: `The archive made ${quoted(stranger)}, which its listing does not name.`,
      details: { entry: stranger },
    });
  for (const [path, sizeBytes] of found.files) if (wanted.get(key(path)) !== sizeBytes) throw incomplete(path);
  if (partly) return;
  const present = new Set(Array.from(found.files.keys(), key));
  const missing = wanted.keys().find((path) => !present.has(path));
  if (missing !== undefined) throw incomplete(missing);
}

function incomplete(path: string): LanspreadError {
  return new LanspreadError('ARCHIVE_CORRUPT', {
    message: `${quoted(path)} did not come out of the archive in full.`,
    details: { entry: path },
  });
}

/** Hashes and flushes every planned file, then flushes the folders: after that the tree survives a power loss. */
export async function sealStaging(
  fileSystem: FileSystem,
  { staging, plan, hashFile }: { staging: string; plan: InstallPlan; hashFile: HashFile },
  { signal }: SignalOptions = {},
): Promise<InventoryFile[]> {
  const inventory: InventoryFile[] = [];
  const waiting = plan.files.entries();
  const failure = new AbortController();
  const sealFiles = async (): Promise<void> => {
    for (const [path, sizeBytes] of waiting) {
      throwIfAborted(signal);
      throwIfAborted(failure.signal);
      const absolute = absolutePath(staging, path);
      const blake3 = await hashFile(absolute, { signal: anySignal(signal, failure.signal) });
      await fileSystem.flushFile(absolute);
      inventory.push({ path, sizeBytes, blake3 });
    }
  };
  // Waits for all workers, also when one fails: the caller may then delete the files.
  const results = await Promise.allSettled(
    Array.from({ length: filesAtATime }, () =>
      sealFiles().catch((error: unknown) => {
        if (!failure.signal.aborted) failure.abort(error);
        throw error;
      }),
    ),
  );
  if (results.some(({ status }) => status === 'rejected')) throw failure.signal.reason;
  const directories = [...plan.directories, ''].toSorted((a, b) => b.length - a.length);
  for (const directory of directories) await fileSystem.syncDirectory(join(staging, directory));
  return inventory.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Copies loose files of the payload into staging. */
export async function copyLoose(
  fileSystem: FileSystem,
  { root, staging, plan }: { root: string; staging: string; plan: InstallPlan },
  { signal, onCopied }: SignalOptions & { onCopied: (bytes: number) => void },
): Promise<void> {
  const made = new Set<string>();
  const makeDirectory = async (path: string): Promise<void> => {
    if (made.has(path)) return;
    made.add(path);
    await fileSystem.makeDirectory(path, { within: staging });
  };
  for (const { entry, path } of plan.loose) {
    throwIfAborted(signal);
    if (path === undefined) continue;
    const { kind, sizeBytes } = entry;
    const target = absolutePath(staging, path);
    await makeDirectory(kind === 'directory' ? target : join(target, '..'));
    if (kind !== 'file') continue;
    await fileSystem.copyFile(absolutePath(root, entry.path), target);
    await fileSystem.makeWritable(target);
    onCopied(sizeBytes);
  }
}

/** BLAKE3 of a whole file as hex. Errors: the file system's, `CANCELLED`. */
export type HashFile = (path: string, options?: SignalOptions) => Promise<string>;

/** A slice takes well under a millisecond to hash, so the control loop is never blocked for longer. */
const sliceBytes = 1024 * 1024;

/** Hashes in slices, so that other work of the loop gets a turn between them. */
export function streamingFileHasher(fileSystem: FileSystem = nodeFileSystem): HashFile {
  return async (path, { signal } = {}) => {
    await using file = await fileSystem.openToRead(path);
    const hasher = createHasher();
    const { sizeBytes } = await fileSystem.lstat(path);
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(sliceBytes, sizeBytes)));
    for (let position = 0; ; ) {
      throwIfAborted(signal);
      const count = await file.read(buffer, position);
      if (count === 0) return hasher.finish();
      hasher.update(buffer.subarray(0, count));
      position += count;
    }
  };
}
