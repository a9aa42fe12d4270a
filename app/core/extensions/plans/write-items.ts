/** Writes the content of an archive that comes entry by entry, below a folder. */
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  absolutePath,
  assertNoLinkOnWay,
  LanspreadError,
  nodeFileSystem,
  parsePath,
  systemCode,
  throwIfAborted,
  toLanspreadError,
} from '../../base/index.ts';
import type { EntryStreamItem } from '../../content/index.ts';

const executableMode = 0o755;
const plainMode = 0o644;

interface WriteOptions {
  /** Absolute; exists, and has nothing of an entry's name in it. */
  readonly destination: string;
  /** Bytes written so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
  readonly signal: AbortSignal;
}

/** Errors: `ARCHIVE_HOSTILE` for a path that is not allowed, `DISK_FULL`, those of the items. */
export async function writeItems(items: AsyncIterable<EntryStreamItem>, options: WriteOptions): Promise<void> {
  const { destination, onProgress, signal } = options;
  let file: FileHandle | undefined;
  let writtenBytes = 0;
  try {
    for await (const item of items) {
      throwIfAborted(signal);
      if (item.kind === 'bytes') {
        await file?.appendFile(item.bytes);
        onProgress?.((writtenBytes += item.bytes.length));
        continue;
      }
      await file?.close();
      file = undefined;
      file = await beginEntry(destination, item.entry);
    }
    await file?.close();
    file = undefined;
  } catch (error) {
    throw systemCode(error) === undefined ? error : toLanspreadError(error);
  } finally {
    // The error that is on its way says more than one of closing.
    await file?.close().catch(() => {});
  }
}

async function beginEntry(
  destination: string,
  entry: Extract<EntryStreamItem, { kind: 'entry' }>['entry'],
): Promise<FileHandle | undefined> {
  const path = await safePath(destination, entry.path);
  if (entry.kind === 'directory') {
    await nodeFileSystem.makeDirectory(path);
    return undefined;
  }
  await nodeFileSystem.makeDirectory(dirname(path));
  return await open(path, 'wx', entry.executable ? executableMode : plainMode);
}

async function safePath(destination: string, path: string): Promise<string> {
  try {
    const safe = parsePath(path, { atGameRoot: false });
    await assertNoLinkOnWay(nodeFileSystem, destination, safe);
    return absolutePath(destination, safe);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'a path is not allowed';
    throw new LanspreadError('ARCHIVE_HOSTILE', { message: reason, details: { entry: path.slice(0, 300) }, cause });
  }
}
