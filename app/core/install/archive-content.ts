/** The content of an archive, entry by entry: it goes into a stream, or into a folder under the plan's names. */
import { dirname } from 'node:path';
import { absolutePath, LanspreadError, throwIfAborted, type FileHandle, type FileSystem } from '../base/index.ts';
import type { ArchiveEntry, Unpacker } from '../content/index.ts';
import { unpackerOf } from './payload.ts';
import type { PlannedArchive } from './plan.ts';
import type { Placed } from './plan-tree.ts';

interface ArchiveContentOptions {
  /** The absolute path of the game folder. */
  readonly root: string;
  readonly unpackers: readonly Unpacker[];
  /** See `StreamOptions.isPart`. */
  readonly isPart?: boolean;
  readonly signal: AbortSignal;
}

/** Either the begin of an entry, or the next bytes of the last entry. */
type ContentPiece =
  | { readonly kind: 'entry'; readonly placed: Placed<ArchiveEntry> }
  | { readonly kind: 'bytes'; readonly placed: Placed<ArchiveEntry>; readonly bytes: Uint8Array };

/**
 * Checks where files begin and end instead of trusting the unpacker. Throws `ARCHIVE_CORRUPT` when the content does not
 * fit the listing.
 */
export async function* archiveContent(
  { path, unpackerId, entries }: Pick<PlannedArchive, 'path' | 'unpackerId' | 'entries'>,
  { root, unpackers, isPart = false, signal }: ArchiveContentOptions,
): AsyncGenerator<ContentPiece, void, undefined> {
  const listed = entries.map(({ entry }) => entry);
  const stream = unpackerOf(unpackers, unpackerId).stream(absolutePath(root, path), {
    signal,
    entries: listed,
    isPart,
  });
  let next = 0;
  let missingBytes = 0;
  for await (const item of stream) {
    const placed = entries[item.kind === 'bytes' ? next - 1 : next];
    if (!placed) throw unfitting(path);
    if (item.kind === 'bytes') {
      missingBytes -= item.bytes.length;
      if (missingBytes < 0) throw unfitting(path);
      yield { kind: 'bytes', placed, bytes: item.bytes };
      continue;
    }
    if (missingBytes !== 0 || item.entry.path !== placed.entry.path) throw unfitting(path);
    missingBytes = placed.entry.kind === 'file' ? placed.entry.sizeBytes : 0;
    next += 1;
    yield { kind: 'entry', placed };
  }
  if (missingBytes !== 0 || next !== entries.length) throw unfitting(path);
}

function unfitting(path: string): LanspreadError {
  return new LanspreadError('ARCHIVE_CORRUPT', { message: `${path} holds something else than it lists.` });
}

/**
 * Writes an archive's content to the places in the plan, below a folder that has no entry's name in it. Entries that a
 * later one replaces are left out.
 */
export async function writeArchive(
  pieces: AsyncIterable<ContentPiece>,
  {
    fileSystem,
    folder,
    onBytes,
    signal,
  }: {
    fileSystem: FileSystem;
    /** Absolute. */
    folder: string;
    onBytes: (bytes: number) => void;
    signal: AbortSignal;
  },
): Promise<void> {
  let file: { readonly handle: FileHandle; positionBytes: number } | undefined;
  const finish = async (): Promise<void> => {
    const done = file?.handle;
    file = undefined;
    await done?.close();
  };
  try {
    for await (const piece of pieces) {
      throwIfAborted(signal);
      const { entry, path } = piece.placed;
      if (piece.kind === 'bytes') {
        if (!file) continue;
        await file.handle.write(piece.bytes, file.positionBytes);
        file.positionBytes += piece.bytes.length;
        onBytes(piece.bytes.length);
        continue;
      }
      await finish();
      if (path === undefined) continue;
      const absolute = absolutePath(folder, path);
      await fileSystem.makeDirectory(entry.kind === 'directory' ? absolute : dirname(absolute), { within: folder });
      if (entry.kind === 'directory') continue;
      file = { handle: await fileSystem.open(absolute, 'create'), positionBytes: 0 };
      if (entry.executable) await fileSystem.setExecutable(absolute, true);
    }
    await finish();
  } finally {
    // The error on its way says more than an error of closing.
    await finish().catch(() => {});
  }
}
