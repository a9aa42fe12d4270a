/** Replaces links by copies, in a folder that is being built. */
import { dirname, join } from 'node:path';
import {
  absolutePath,
  assertNoLinkOnWay,
  isNotFound,
  LanspreadError,
  parsePath,
  quoted,
  statOf,
  throwIfAborted,
  type FileSystem,
  type SafePath,
  type SignalOptions,
} from '../base/index.ts';

/** From the path of the copy to the path of the original. */
export type Copies = ReadonlyMap<SafePath, SafePath>;

interface Where {
  /** Absolute. */
  readonly folder: string;
  readonly copies: Copies;
}

/**
 * Deletes any link or file that an unpacker made in the copies' places, so that only plain files and folders must be
 * left.
 */
export async function clearCopies(
  fileSystem: FileSystem,
  { folder, copies }: Where,
  { signal }: SignalOptions,
): Promise<void> {
  for (const path of copies.keys()) {
    throwIfAborted(signal);
    await assertPlainParent(fileSystem, folder, path);
    const absolute = absolutePath(folder, path);
    const there = await statOf(fileSystem, absolute);
    if (there && there.kind !== 'directory') await fileSystem.deleteFile(absolute);
  }
}

/**
 * Makes the copies; by now the folder holds only plain files and folders. Errors: `ARCHIVE_CORRUPT` when an original is
 * missing.
 */
export async function makeCopies(
  fileSystem: FileSystem,
  { folder, copies }: Where,
  { signal, onCopied }: SignalOptions & { onCopied?: (path: SafePath) => void },
): Promise<void> {
  for (const [path, from] of copies) {
    throwIfAborted(signal);
    const target = absolutePath(folder, path);
    await fileSystem.makeDirectory(dirname(target), { within: folder });
    try {
      await assertNoLinkOnWay(fileSystem, folder, from);
      await fileSystem.copyFile(join(folder, from), target);
    } catch (cause) {
      if (!isNotFound(cause)) throw cause;
      throw new LanspreadError('ARCHIVE_CORRUPT', {
        message: `${quoted(from)} did not come out of the archive, and ${quoted(path)} is a link to it.`,
        details: { entry: from },
        cause,
      });
    }
    onCopied?.(path);
  }
}

async function assertPlainParent(fileSystem: FileSystem, folder: string, path: SafePath): Promise<void> {
  const parent = dirname(path);
  if (parent === '.') return;
  try {
    await assertNoLinkOnWay(fileSystem, folder, parsePath(parent, { atGameRoot: false }));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'a folder is a link';
    throw new LanspreadError('ARCHIVE_HOSTILE', { message: reason, details: { entry: path }, cause });
  }
}
