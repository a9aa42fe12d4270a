/** What a payload unpacks to, without a disk: for those who install it over the network. */
import { absolutePath, LanspreadError, throwIfAborted, type FileSystem } from '../base/index.ts';
import { cutSections, inArchive, onItsOwn } from './cut-sections.ts';
import { looseExecutables, probeAndList, unpackerOf } from './payload.ts';
import { planInstall, type ListedArchive, type PayloadFile } from './plan.ts';
import type { InstallContext } from './context.ts';
import type { Unpacker } from '../content/index.ts';

const readBytes = 256 * 1024;

/** A file or folder as it will be in the installed game. */
interface ContentEntry {
  readonly path: string;
  readonly size: number;
  readonly kind: 'file' | 'directory';
  readonly executable?: boolean;
  /** A copy of the file of this path, told before: its content does not come again. */
  readonly copyOf?: string;
}

interface PayloadContent {
  readonly entries: readonly ContentEntry[];
  /** Of the contents that come. */
  readonly totalBytes: number;
  /** How it can be unpacked side by side, in the order of the entries; of one the whole. */
  sections(options: { atMost: number }): readonly ContentSection[];
}

interface ContentSection {
  /** The index of the entry that it begins with; 0 for the first. It ends where the next one begins. */
  readonly firstEntry: number;
  /**
   * The contents of its files but the copies in the order of the entries, without a gap; a piece is valid until the next is asked
   * for. Ends well only when what it comes from was found whole. The unpacker is dead once it settled or was left.
   */
  bytes(options: { signal: AbortSignal }): AsyncIterable<Uint8Array>;
}

type ContentContext = Pick<InstallContext, 'fileSystem' | 'unpackers' | 'limits'>;

/** Archives come in the order of their names, each in its own order (solid ones know no other), then loose files, then copies. Errors: those of `install`. */
export async function openPayloadContent(
  { fileSystem, unpackers: unpackersNow, limits }: ContentContext,
  root: string,
  { signal }: { signal: AbortSignal },
): Promise<PayloadContent> {
  const unpackers = unpackersNow();
  const { archives, loose } = await probeAndList(root, { fileSystem, unpackers, signal });
  // What could not be installed here is not given to others either.
  planInstall({ archives, loose, freeBytes: Infinity, ...(limits && { limits }) });
  const executables = await looseExecutables(fileSystem, { root, loose });
  const entries: ContentEntry[] = [
    ...archives.flatMap(({ entries: listed }) =>
      listed.map(({ path, sizeBytes, kind, executable }) =>
        entryOf({ path, sizeBytes, kind: kind === 'directory' ? 'directory' : 'file', executable }),
      ),
    ),
    ...loose.map((file) => entryOf({ ...file, executable: executables.has(file.path) })),
  ];
  const copies = archives.flatMap(({ copies: made = [] }) =>
    made.map((copy): ContentEntry => ({ ...entryOf({ ...copy, kind: 'file' }), copyOf: copy.from })),
  );
  return {
    entries: [...entries, ...copies],
    totalBytes: entries.reduce((sum, { size }) => sum + size, 0),
    sections({ atMost }) {
      const starts = cutSections(
        [...archives.flatMap(({ entries: listed }) => inArchive(listed)), ...loose.map(onItsOwn)],
        { atMost },
      );
      return starts.map((from, index) => ({
        firstEntry: from,
        bytes: ({ signal: stop }) =>
          sectionBytes(
            { fileSystem, unpackers, root, archives, loose },
            { from, to: starts[index + 1] ?? entries.length, signal: stop },
          ),
      }));
    },
  };
}

interface PayloadParts {
  readonly fileSystem: FileSystem;
  readonly unpackers: readonly Unpacker[];
  readonly root: string;
  readonly archives: readonly ListedArchive[];
  readonly loose: readonly PayloadFile[];
}

async function* sectionBytes(
  { fileSystem, unpackers, root, archives, loose }: PayloadParts,
  { from, to, signal }: { from: number; to: number; signal: AbortSignal },
): AsyncGenerator<Uint8Array, void, undefined> {
  let start = 0;
  for (const archive of archives) {
    const all = archive.entries;
    const entries = all.slice(Math.max(0, from - start), Math.max(0, to - start));
    // One without entries is looked at where it would have them.
    const isHere = all.length > 0 || (from <= start && start <= to);
    start += all.length;
    if (!isHere) continue;
    const isPart = entries.length < all.length;
    // Of folders alone nothing comes.
    if (isPart && !entries.some(({ sizeBytes }) => sizeBytes > 0)) continue;
    yield* archiveBytes({ ...archive, entries }, { isPart, signal, root, unpackers });
  }
  for (const file of loose.slice(Math.max(0, from - start), Math.max(0, to - start)))
    if (file.kind === 'file') yield* looseBytes(fileSystem, file, { signal, root });
}

function entryOf({
  path,
  sizeBytes,
  kind,
  executable = false,
}: {
  path: string;
  sizeBytes: number;
  kind: 'file' | 'directory';
  executable?: boolean | undefined;
}): ContentEntry {
  return { path, size: kind === 'file' ? sizeBytes : 0, kind, ...(kind === 'file' && executable && { executable }) };
}

/** The unpacker's word is not taken for where a file begins and ends. */
async function* archiveBytes(
  { path, unpackerId, entries }: ListedArchive,
  {
    root,
    unpackers,
    isPart,
    signal,
  }: { root: string; unpackers: readonly Unpacker[]; isPart: boolean; signal: AbortSignal },
): AsyncGenerator<Uint8Array, void, undefined> {
  let next = 0;
  let missing = 0;
  const stream = unpackerOf(unpackers, unpackerId).stream(absolutePath(root, path), { signal, entries, isPart });
  for await (const item of stream) {
    if (item.kind === 'bytes') {
      missing -= item.bytes.length;
      if (missing < 0) throw unfitting(path);
      yield item.bytes;
      continue;
    }
    if (missing !== 0 || item.entry.path !== entries[next]?.path) throw unfitting(path);
    missing = entries[next]?.kind === 'file' ? (entries[next]?.sizeBytes ?? 0) : 0;
    next += 1;
  }
  if (missing !== 0 || next !== entries.length) throw unfitting(path);
}

function unfitting(path: string): LanspreadError {
  return new LanspreadError('ARCHIVE_CORRUPT', { message: `${path} holds something else than it lists.` });
}

async function* looseBytes(
  fileSystem: FileSystem,
  { path, sizeBytes }: PayloadFile,
  { root, signal }: { root: string; signal: AbortSignal },
): AsyncGenerator<Uint8Array, void, undefined> {
  await using file = await fileSystem.openToRead(absolutePath(root, path));
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(readBytes, sizeBytes)));
  for (let done = 0; done < sizeBytes; ) {
    throwIfAborted(signal);
    const count = await file.read(buffer.subarray(0, sizeBytes - done), done);
    if (count === 0) throw new LanspreadError('IO_ERROR', { message: `${path} is shorter than it was.` });
    yield buffer.subarray(0, count);
    done += count;
  }
}
