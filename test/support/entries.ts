/** What a folder or an archive shall hold, told as data: the same list makes files on disk, a RAR, a 7z and a zip. */
import { open, mkdir, utimes, chmod, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { seededChunks } from './random.ts';

export interface FileEntry {
  readonly kind?: 'file';
  /** Relative, `/`-separated. */
  readonly path: string;
  /** Seeded bytes of this length. Default 0. */
  readonly sizeBytes?: number;
  /** Literal content in place of seeded bytes. */
  readonly text?: string;
  /** What the bytes follow from, beside the list's own seed. Default: the path. */
  readonly seed?: string;
  readonly executable?: boolean;
  /** Only the last 4 KiB are written; the rest is a hole that reads as zeros. */
  readonly sparse?: boolean;
}

export interface DirectoryEntry {
  readonly kind: 'directory';
  readonly path: string;
}

/** Only for archives under test and attack trees: no game of ours has one. */
export interface SymlinkEntry {
  readonly kind: 'symlink';
  readonly path: string;
  readonly target: string;
}

export type Entry = FileEntry | DirectoryEntry | SymlinkEntry;

/**
 * The time every generated file carries: a whole second, because a time with a fraction does not survive being read and
 * set again.
 */
export const fixedMtime = new Date('2024-05-17T12:00:00Z');

const sparseTailBytes = 4096;

/** The entry's length in bytes. */
export function sizeOf(entry: FileEntry): number {
  return entry.text === undefined ? (entry.sizeBytes ?? 0) : Buffer.byteLength(entry.text);
}

/** The entry's bytes in chunks; a chunk is only good until the next one is asked for. */
export function* contentOf(entry: FileEntry, seed: string): Generator<Buffer> {
  if (entry.text !== undefined) {
    yield Buffer.from(entry.text);
    return;
  }
  const sizeBytes = sizeOf(entry);
  const contentSeed = `${seed}\n${entry.seed ?? entry.path}`;
  if (!entry.sparse) {
    yield* seededChunks(contentSeed, sizeBytes);
    return;
  }
  const tail = Math.min(sparseTailBytes, sizeBytes);
  for (let left = sizeBytes - tail; left > 0; left -= 4 * 1024 * 1024)
    yield Buffer.alloc(Math.min(left, 4 * 1024 * 1024));
  yield* seededChunks(contentSeed, tail);
}

/** Writes the entries below `root`, which is made when it is not there. Every file gets `fixedMtime`. */
export async function writeEntries(root: string, entries: readonly Entry[], seed: string): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const entry of entries) {
    const path = join(root, entry.path);
    await mkdir(entry.kind === 'directory' ? path : dirname(path), { recursive: true });
    if (entry.kind === 'directory') continue;
    if (entry.kind === 'symlink') await symlink(entry.target, path);
    else await writeFileEntry(path, entry, seed);
  }
}

async function writeFileEntry(path: string, entry: FileEntry, seed: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    let position = 0;
    const hole = entry.sparse ? Math.max(0, sizeOf(entry) - sparseTailBytes) : 0;
    if (hole > 0) await file.truncate(sizeOf(entry));
    for (const chunk of contentOf(entry, seed)) {
      if (position >= hole) await file.write(chunk, 0, chunk.length, position);
      position += chunk.length;
    }
  } finally {
    await file.close();
  }
  if (entry.executable) await chmod(path, 0o755);
  await utimes(path, fixedMtime, fixedMtime);
}
