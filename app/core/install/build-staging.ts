import { join } from 'node:path';
import {
  absolutePath,
  anySignal,
  LanspreadError,
  systemClock,
  throwIfAborted,
  type FileSystem,
  type IDisposable,
  type SafePath,
} from '../base/index.ts';
import type { InventoryFile } from '../state/index.ts';
import type { InstallContext } from './context.ts';
import { archiveContent, writeArchive } from './archive-content.ts';
import { clearCopies, makeCopies } from './make-copies.ts';
import type { RootLayout } from '../game-folder/index.ts';
import { unpackerOf } from './payload.ts';
import type { InstallPlan, PlannedArchive } from './plan.ts';
import { copyLoose, sealStaging, verifyStaging, writeMarker } from './staging.ts';
import type { InstallListener } from './types.ts';
import type { Unpacker } from '../content/index.ts';

/** How much a tool may write beyond the announced sizes before it is stopped: file systems round up. */
const growthSlackBytes = 64 * 1024 * 1024;
const growthSlack = 1.05;

interface BuildOptions {
  /** The unpackers that the plan was made with. */
  readonly unpackers: readonly Unpacker[];
  readonly plan: InstallPlan;
  readonly layout: RootLayout;
  readonly listener: InstallListener;
  readonly signal: AbortSignal;
}

/**
 * Makes the new tree in staging: unpacks, copies, checks, hashes, flushes. The marker is still in it afterwards. A
 * failure leaves staging behind; the caller rolls back.
 */
export async function buildStaging(context: InstallContext, options: BuildOptions): Promise<InventoryFile[]> {
  const { plan, layout, listener, signal } = options;
  const { fileSystem } = context;
  const { root, staging } = layout;
  await fileSystem.makeDirectory(staging, { within: root });
  await writeMarker(fileSystem, staging);
  let doneBytes = 0;
  const report = (bytes: number): void =>
    listener.onProgress({ bytes: Math.min(bytes, plan.totalBytes), totalBytes: plan.totalBytes });
  report(0);
  for (const archive of plan.archives) {
    throwIfAborted(signal);
    const before = doneBytes;
    await unpack(context, archive, { ...options, onBytes: (bytes) => report(before + bytes) });
    doneBytes += archive.totalBytes;
    report(doneBytes);
    const copies = { folder: staging, copies: archive.copies };
    await clearCopies(fileSystem, copies, { signal });
    // Checked before anything else is written there: a link from this archive must not lead later files outside.
    await verifyStaging(fileSystem, { staging, plan, partly: true }, { signal });
    for (const folder of archive.copiedFolders)
      await fileSystem.makeDirectory(absolutePath(staging, folder), { within: staging });
    const onCopied = (path: SafePath): void => report((doneBytes += plan.files.get(path) ?? 0));
    await makeCopies(fileSystem, copies, { signal, onCopied });
  }
  await copyLoose(
    fileSystem,
    { root, staging, plan },
    {
      signal,
      onCopied: (bytes) => report((doneBytes += bytes)),
    },
  );
  await verifyStaging(fileSystem, { staging, plan }, { signal });
  return await sealStaging(fileSystem, { staging, plan, hashFile: context.hashFile }, { signal });
}

/**
 * The tool itself writes the files if their names match the plan. Otherwise its output is written here, under the
 * plan's names.
 */
async function unpack(
  { fileSystem, growthCheckMs = 1_000 }: InstallContext,
  archive: PlannedArchive,
  { plan, layout, unpackers, signal, onBytes }: BuildOptions & { onBytes: (bytes: number) => void },
): Promise<void> {
  const { root, staging } = layout;
  const { totalBytes } = archive;
  if (!archive.isAsListed) {
    let bytes = 0;
    const pieces = archiveContent(archive, { root, unpackers, signal });
    const onWritten = (count: number): void => onBytes((bytes += count));
    await writeArchive(pieces, { fileSystem, folder: staging, onBytes: onWritten, signal });
    return;
  }
  const limitBytes = (plan.totalBytes + growthSlackBytes) * growthSlack;
  using guard = guardGrowth(fileSystem, { folder: staging, limitBytes, checkMs: growthCheckMs });
  await unpackerOf(unpackers, archive.unpackerId).extract(join(root, archive.path), staging, {
    signal: anySignal(signal, guard.signal),
    totalBytes,
    onProgress: (bytes) => onBytes(Math.min(bytes, totalBytes)),
  });
}

const firstCheckMs = 1_000;
/**
 * A pause of this many times the length of a look follows each look, so that looks take only a small share of the time.
 */
const restPerLook = 20;

interface GrowthGuard extends IDisposable {
  /** Aborts with `ARCHIVE_HOSTILE` when the folder holds more than the limit. */
  readonly signal: AbortSignal;
}

/**
 * Watches a folder while a tool writes into it. An archive with false sizes in its listing is stopped long before the
 * disk is full. `limitBytes` counts allocated bytes where the platform reports them.
 */
function guardGrowth(
  fileSystem: FileSystem,
  { folder, limitBytes, checkMs = firstCheckMs }: { folder: string; limitBytes: number; checkMs?: number },
): GrowthGuard {
  const stop = new AbortController();
  let timer: IDisposable | undefined;
  let disposed = false;
  const look = async (): Promise<void> => {
    const startedAt = systemClock.monotonicMs();
    const bytes = await bytesBelow(fileSystem, folder, () => disposed);
    if (disposed) return;
    if (bytes > limitBytes) {
      const message = `The archive unpacks to more than the ${limitBytes} bytes it announces.`;
      stop.abort(new LanspreadError('ARCHIVE_HOSTILE', { message }));
      return;
    }
    schedule(Math.max(checkMs, restPerLook * (systemClock.monotonicMs() - startedAt)));
  };
  const schedule = (delayMs: number): void => {
    timer = systemClock.timeout(() => {
      // If the folder cannot be read now, it is looked at again later. The check after unpacking does not depend on
      // this one.
      look().catch(() => {
        if (!disposed) schedule(checkMs);
      });
    }, delayMs);
  };
  schedule(checkMs);
  return {
    signal: stop.signal,
    [Symbol.dispose]() {
      disposed = true;
      timer?.[Symbol.dispose]();
    },
  };
}

async function bytesBelow(fileSystem: FileSystem, folder: string, isOver: () => boolean): Promise<number> {
  let bytes = 0;
  const waiting = [folder];
  for (let current = waiting.pop(); current !== undefined && !isOver(); current = waiting.pop()) {
    for (const { name, kind } of await fileSystem.list(current)) {
      const path = join(current, name);
      if (kind === 'directory') waiting.push(path);
      else if (kind === 'file') {
        const { allocatedBytes, sizeBytes } = await fileSystem.lstat(path);
        bytes += Math.min(allocatedBytes === 0 ? sizeBytes : allocatedBytes, sizeBytes);
      }
    }
  }
  return bytes;
}
