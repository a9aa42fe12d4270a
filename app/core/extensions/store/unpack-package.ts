/** From a package that was checked to a folder in place. */
import { dirname, join } from 'node:path';
import {
  absolutePath,
  foldPath,
  LanspreadError,
  statOf,
  throwIfAborted,
  type FileSystem,
  type SignalOptions,
} from '../../base/index.ts';
import type { OpenedPackage } from '../package/index.ts';
import { receiptName, receiptText } from './receipt.ts';

/** Beside the folders of the versions while one is made. Nothing in it counts. */
const stagingName = '.installing';
export const formerName = '.former';

interface UnpackTarget {
  /** `extensions/<publisher.name>`, absolute. */
  readonly home: string;
  readonly version: string;
}

export interface UnpackOptions extends SignalOptions {
  readonly opened: OpenedPackage;
  /** The folder of the same version goes away now: whoever runs from it ends. */
  readonly beforeReplace?: () => void;
}

/**
 * Writes the package to staging, flushed, and renames it to its version's folder; one that is there already steps aside
 * and is deleted. After an error what was there before is there, and no staging. Errors: `EXTENSION_INVALID`, the file
 * system's, `CANCELLED`.
 */
export async function unpackInto(
  fileSystem: FileSystem,
  { home, version }: UnpackTarget,
  { opened, beforeReplace, signal }: UnpackOptions,
): Promise<string> {
  const staging = join(home, stagingName);
  const target = join(home, version);
  await fileSystem.deleteTree(staging);
  try {
    await writeAll(fileSystem, staging, { opened, signal });
    throwIfAborted(signal);
    await promote(fileSystem, { staging, target, former: join(home, formerName), beforeReplace });
  } catch (error) {
    await fileSystem.deleteTree(staging);
    throw error;
  }
  return target;
}

async function writeAll(
  fileSystem: FileSystem,
  staging: string,
  { opened, signal }: { opened: OpenedPackage } & SignalOptions,
): Promise<void> {
  const { manifest, files, hash, signer } = opened;
  const toolPaths = new Set(
    Object.values(manifest.tools).flatMap((builds) => Object.values(builds).map(({ path }) => path)),
  );
  const folders = new Set([staging]);
  await fileSystem.makeDirectory(staging);
  for (const file of files) {
    throwIfAborted(signal);
    if (foldPath(file.path) === receiptName)
      throw new LanspreadError('EXTENSION_INVALID', { message: `A package may not bring ${receiptName} along.` });
    const path = absolutePath(staging, file.path);
    for (let folder = dirname(path); !folders.has(folder); folder = dirname(folder)) folders.add(folder);
    await fileSystem.makeDirectory(dirname(path));
    await writeFlushed(fileSystem, path, file.read());
    if (toolPaths.has(file.path)) await fileSystem.setExecutable(path, true);
  }
  const receipt = receiptText({ hash, ...(signer && { signedBy: signer.hex }) });
  await writeFlushed(fileSystem, join(staging, receiptName), Buffer.from(receipt));
  for (const folder of folders) await fileSystem.syncDirectory(folder);
}

async function writeFlushed(fileSystem: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  await using handle = await fileSystem.open(path, 'create');
  if (bytes.length > 0) await handle.write(bytes, 0);
  await handle.sync();
}

interface Promotion extends Pick<UnpackOptions, 'beforeReplace'> {
  readonly staging: string;
  readonly target: string;
  readonly former: string;
}

async function promote(fileSystem: FileSystem, { staging, target, former, beforeReplace }: Promotion): Promise<void> {
  const isReplacing = (await statOf(fileSystem, target)) !== undefined;
  if (isReplacing) {
    beforeReplace?.();
    await fileSystem.deleteTree(former);
    // On Windows a folder cannot move while a process runs from it; the file system gives that a while to end.
    await fileSystem.rename(target, former);
  }
  try {
    await fileSystem.rename(staging, target);
  } catch (error) {
    if (isReplacing) await fileSystem.rename(former, target);
    throw error;
  }
  await fileSystem.syncDirectory(dirname(target));
}

/** Deletes what is left beside the version in use; what others hold open stays for the next time. */
export async function tidyHome(
  fileSystem: FileSystem,
  home: string,
  { keep }: { keep: ReadonlySet<string> },
): Promise<void> {
  for (const { name, kind } of await fileSystem.list(home)) {
    if (kind === 'file' || keep.has(name)) continue;
    await fileSystem.deleteTree(join(home, name));
  }
}
