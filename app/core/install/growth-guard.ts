import { join } from 'node:path';
import { LanspreadError, systemClock, type FileSystem, type IDisposable } from '../base/index.ts';

const firstCheckMs = 1_000;
/** Looking takes at most about this share of the time. */
const restPerLook = 20;

interface GrowthGuard extends IDisposable {
  /** Aborts with `ARCHIVE_HOSTILE` when the folder holds more than it may. */
  readonly signal: AbortSignal;
}

/**
 * Watches a folder while a tool writes into it: an archive whose listing lies about its sizes is stopped long before
 * the disk is full. `limitBytes` counts allocated bytes where the platform tells them.
 */
export function guardGrowth(
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
      // A folder that cannot be read now is looked at again; the check after unpacking does not depend on this one.
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
