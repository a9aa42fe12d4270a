/** The output `destination`: a tool writes by itself, into its working directory. */
import { lstat, readdir, statfs } from 'node:fs/promises';
import { anySignal, LanspreadError, sleep, type Clock } from '../../base/index.ts';
import type { ReadyTool } from './tool-output.ts';
import { startTool, type RunningTool } from './tool-process.ts';
import { percentReader, throwOfWorst, type VerdictRules } from './verdict.ts';
import { join } from 'node:path';

const fullDiskBytes = 16 * 1024 * 1024;
const measureEveryMs = 500;
/** Measuring takes at most about this share of the time. */
const restPerMeasure = 20;

interface UnpackToFolder {
  /** One tool, or one whose stdout the last one reads. */
  readonly pipeline: readonly ReadyTool[];
  /** Absolute; exists. */
  readonly destination: string;
  readonly rules: VerdictRules;
  /** The tool prints percentages: on its stdout, or the first of two on its stderr. */
  readonly printsPercent: boolean;
}

interface UnpackToFolderOptions {
  readonly stallMs: number;
  readonly clock: Clock;
  /** The unpacked size, where it is known: progress is told in parts of it. */
  readonly totalBytes?: number | undefined;
  readonly onProgress?: ((unpackedBytes: number) => void) | undefined;
  readonly signal: AbortSignal;
}

/** Resolves when every tool has ended well; rejects when all are dead. Errors: what the rules say, `DISK_FULL`. */
export async function unpackToFolder(work: UnpackToFolder, options: UnpackToFolderOptions): Promise<void> {
  const { totalBytes, onProgress, signal } = options;
  const over = new AbortController();
  const measuring =
    work.printsPercent || !onProgress || totalBytes === undefined
      ? undefined
      : measure(work.destination, { ...options, onProgress, totalBytes, signal: anySignal(signal, over.signal) });
  try {
    throwOfWorst(await Promise.all(startAll(work, options)), work.rules);
  } catch (error) {
    throw await blameDisk(error, work.destination);
  } finally {
    over.abort();
    await measuring;
  }
}

function startAll(
  { pipeline, destination, printsPercent }: UnpackToFolder,
  { stallMs, signal, totalBytes, onProgress }: UnpackToFolderOptions,
): RunningTool['done'][] {
  const failure = new AbortController();
  const both = anySignal(signal, failure.signal);
  const onPercent = percentReader((percent) => {
    if (printsPercent && totalBytes !== undefined) onProgress?.(Math.floor((totalBytes * percent) / 100));
  });
  const isPiped = pipeline.length > 1;
  const tools: RunningTool[] = [];
  for (const [index, { path, args }] of pipeline.entries()) {
    const isLast = index === pipeline.length - 1;
    const stdin = tools.at(-1)?.output;
    const tool = startTool({
      tool: path,
      args,
      // Into the working directory, not a path: if the core dies and its recovery deletes the folder meanwhile, a
      // tool that lives a moment longer cannot make the folder again.
      cwd: destination,
      stdin: stdin ?? 'ignore',
      stdout: isLast ? (chunk) => !isPiped && onPercent(chunk.toString('latin1')) : 'pass',
      ...(isPiped && !isLast && { onStderr: onPercent }),
      signal: both,
      stallMs,
      isMoving: growthSince(destination),
    });
    // Looked at below; a rejection in between is not unhandled.
    tool.done.catch(() => {});
    tools.push(tool);
    // Only the reader holds the pipe now, so the one before notices when the reader goes away.
    stdin?.destroy();
  }
  const ends = tools.map(({ done }) =>
    done.catch((error: unknown) => {
      failure.abort(error);
      throw error;
    }),
  );
  // All of them are dead before any rejection is seen.
  const settled = Promise.allSettled(ends);
  return ends.map(async (end) => {
    await settled;
    return await end;
  });
}

async function measure(
  destination: string,
  {
    totalBytes,
    onProgress,
    signal,
    clock,
  }: { totalBytes: number; onProgress: (bytes: number) => void; signal: AbortSignal; clock: Clock },
): Promise<void> {
  let highest = 0;
  let delayMs = measureEveryMs;
  while (!signal.aborted) {
    // Ends with the tools.
    await sleep(delayMs, { signal, clock }).catch(() => {});
    if (signal.aborted) return;
    const startedAt = clock.monotonicMs();
    const bytes = await bytesBelow(destination).catch(() => 0);
    delayMs = Math.max(measureEveryMs, restPerMeasure * (clock.monotonicMs() - startedAt));
    if (signal.aborted || bytes <= highest) continue;
    highest = bytes;
    onProgress(Math.min(bytes, totalBytes));
  }
}

/** A tool may report a full disk in the system's language, so the disk itself is asked. */
async function blameDisk(error: unknown, destination: string): Promise<unknown> {
  if (!(error instanceof LanspreadError) || error.code !== 'UNPACKER_FAILED') return error;
  const space = await statfs(destination).catch(() => undefined);
  if (!space || space.bavail * space.bsize > fullDiskBytes) return error;
  return new LanspreadError('DISK_FULL', { cause: error, details: { freeBytes: space.bavail * space.bsize } });
}

/** Bytes of the files below a folder: allocated ones, where the platform tells them. */
async function bytesBelow(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    // A tool may rename what it writes.
    const stat = await lstat(join(entry.parentPath, entry.name)).catch(() => undefined);
    bytes += stat ? stat.blocks * 512 || stat.size : 0;
  }
  return bytes;
}

/** Whether a folder holds more bytes than when last asked. */
function growthSince(directory: string): () => Promise<boolean> {
  let before = -1;
  return async () => {
    const bytes = await bytesBelow(directory);
    const grew = bytes > before;
    before = bytes;
    return grew;
  };
}
