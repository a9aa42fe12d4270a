import { dirname } from 'node:path';
import { systemCode } from './errors.ts';
import { sleep, type SignalOptions } from './cancellation.ts';
import type { FileSystem } from './file-system.ts';

/** How long a rename or delete is tried again while a virus scanner holds the file (Windows), in milliseconds. */
export const smallFileRetryMs = 2_000;
export const promoteRetryMs = 60_000;

const heldByOthers = new Set(['EBUSY', 'EPERM', 'EACCES', 'ENOTEMPTY']);

export interface RetryOptions extends SignalOptions {
  /** Give up after this long, in milliseconds. */
  limitMs: number;
  /** Where files can be held by others for a moment. Default: on Windows only. */
  retries?: boolean;
}

/** Runs a rename or delete again with a growing pause while another program holds the file. */
export async function retryWhileHeld(
  { limitMs, signal, retries = process.platform === 'win32' }: RetryOptions,
  work: () => Promise<void>,
): Promise<void> {
  const end = performance.now() + limitMs;
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
    try {
      await work();
      return;
    } catch (error) {
      if (!retries || !heldByOthers.has(systemCode(error) ?? '') || performance.now() >= end) throw error;
      await sleep(pauseMs, { signal });
    }
  }
}

export interface AtomicWriteOptions {
  /** The sibling used while writing. Default: the path with `.tmp` appended. */
  temporaryPath?: string;
}

/**
 * Replaces a small file whole: sibling temporary, flush, rename over, flush the directory. After a crash the old or the
 * new content is there, never a mix. After an error the old content and no temporary. Errors are the file system's.
 */
export async function writeFileAtomic(
  fileSystem: FileSystem,
  target: { path: string; data: Uint8Array | string },
  { temporaryPath = `${target.path}.tmp` }: AtomicWriteOptions = {},
): Promise<void> {
  const bytes = typeof target.data === 'string' ? Buffer.from(target.data) : target.data;
  try {
    await writeFlushed(fileSystem, temporaryPath, bytes);
    await retryWhileHeld({ limitMs: smallFileRetryMs }, () => fileSystem.rename(temporaryPath, target.path));
  } catch (error) {
    await discard(fileSystem, temporaryPath);
    throw error;
  }
  await fileSystem.syncDirectory(dirname(target.path));
}

async function writeFlushed(fileSystem: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  await using handle = await fileSystem.open(path, 'create');
  if (bytes.length > 0) await handle.write(bytes, 0);
  await handle.sync();
}

/** Best effort: the error that led here is the one that tells the caller what happened. */
async function discard(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    await fileSystem.deleteFile(path);
  } catch {
    // It may not have been made; if it cannot be deleted, the next write uses it again.
  }
}
