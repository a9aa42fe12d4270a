/** The unpacked content of a payload without a disk, for PCs that install it over the network. */
import { basename } from 'node:path';
import { absolutePath, LanspreadError, throwIfAborted, type FileSystem, type SafePath } from '../base/index.ts';
import { archiveContent } from './archive-content.ts';
import { cutSections, inArchive, inOnePiece, onItsOwn } from './cut-sections.ts';
import { planFromDisk } from './payload.ts';
import type { InstallPlan, PlannedArchive } from './plan.ts';
import type { PayloadItem } from './split-payload.ts';
import type { Placed } from './plan-tree.ts';
import type { InstallContext } from './context.ts';
import type { PayloadContent, Unpacker } from '../content/index.ts';
import type { StreamEntry } from '../protocol/index.ts';

const readBytes = 256 * 1024;

type ContentContext = Pick<InstallContext, 'fileSystem' | 'unpackers' | 'limits' | 'archiveRules'>;

/**
 * Archives come in the order of their names, each in its own order (a solid archive has only one), then loose files,
 * then copies. A payload that cannot be installed here is not sent to others either. Errors: those of `install`.
 */
export async function openPayloadContent(
  { fileSystem, unpackers: unpackersNow, limits, archiveRules }: ContentContext,
  root: string,
  { signal }: { signal: AbortSignal },
): Promise<PayloadContent> {
  const unpackers = unpackersNow();
  const rules = archiveRules(basename(root));
  const plan = await planFromDisk(root, { fileSystem, unpackers, limits, rules, freeBytes: Infinity, signal });
  const sources = await sourcesOf(plan, { fileSystem, root });
  const folders = new Set(sources.flatMap(({ sent }) => (sent?.kind === 'directory' ? sent.path : [])));
  const copiedFolders = plan.archives.flatMap((archive) => archive.copiedFolders.filter((path) => !folders.has(path)));
  const entries: StreamEntry[] = [
    ...sources.flatMap(({ sent }) => sent ?? []),
    ...copiedFolders.map((path): StreamEntry => ({ path, size: 0, kind: 'directory' })),
    ...copiesOf(plan, sources),
  ];
  return {
    entries,
    totalBytes: sources.reduce((sum, { sent }) => sum + (sent?.size ?? 0), 0),
    sections({ atMost }) {
      const starts = cutSections(
        [
          ...plan.archives.flatMap((archive) =>
            (archive.isAsListed ? inArchive : inOnePiece)(archive.entries.map(({ entry }) => entry)),
          ),
          ...plan.loose.map(({ entry }) => onItsOwn(entry)),
        ],
        { atMost },
      );
      return starts.map((from, index) => ({
        firstEntry: sources.slice(0, from).filter(({ sent }) => sent).length,
        bytes: ({ signal: stop }) =>
          sectionBytes(
            { fileSystem, unpackers, root, plan },
            { from, to: starts[index + 1] ?? sources.length, signal: stop },
          ),
      }));
    },
  };
}

/** An entry of an archive, or a loose file, in the order of sending. */
interface Source {
  /** Undefined: a later entry replaces it, or it is a folder that was already listed. */
  readonly sent: StreamEntry | undefined;
  readonly archive: PlannedArchive | undefined;
}

async function sourcesOf(
  { archives, loose }: InstallPlan,
  { fileSystem, root }: { fileSystem: FileSystem; root: string },
): Promise<Source[]> {
  const told = new Set<SafePath>();
  const sentOf = ({ entry, path }: Placed<Omit<ListedFile, 'path'>>): StreamEntry | undefined => {
    const { kind, sizeBytes, executable = false } = entry;
    if (path === undefined || told.has(path)) return undefined;
    told.add(path);
    if (kind !== 'file') return { path, size: 0, kind: 'directory' };
    return { path, size: sizeBytes, kind, ...(executable && { executable }) };
  };
  const sources: Source[] = archives.flatMap((archive) =>
    archive.entries.map((placed) => ({ sent: sentOf(placed), archive })),
  );
  for (const { entry, path } of loose) {
    const executable = entry.kind === 'file' && (await fileSystem.lstat(absolutePath(root, entry.path))).executable;
    sources.push({ sent: sentOf({ entry: { ...entry, executable }, path }), archive: undefined });
  }
  return sources;
}

type ListedFile = PlannedArchive['entries'][number]['entry'];

function copiesOf({ archives }: InstallPlan, sources: readonly Source[]): StreamEntry[] {
  const files = new Map(sources.flatMap(({ sent }) => (sent ? [[sent.path, sent]] : [])));
  return archives.flatMap(({ copies }) =>
    Array.from(copies).flatMap(([path, from]) => {
      const file = files.get(from);
      return file ? [{ ...file, path, copyOf: from }] : [];
    }),
  );
}

interface PayloadParts {
  readonly fileSystem: FileSystem;
  readonly unpackers: readonly Unpacker[];
  readonly root: string;
  readonly plan: InstallPlan;
}

/** `from` and `to` are indexes into the sources. */
async function* sectionBytes(
  { fileSystem, unpackers, root, plan }: PayloadParts,
  { from, to, signal }: { from: number; to: number; signal: AbortSignal },
): AsyncGenerator<Uint8Array, void, undefined> {
  let start = 0;
  for (const archive of plan.archives) {
    const all = archive.entries;
    const entries = all.slice(Math.max(0, from - start), Math.max(0, to - start));
    // An archive without entries is opened where its entries would be.
    const isHere = all.length > 0 || (from <= start && start <= to);
    start += all.length;
    if (!isHere) continue;
    const isPart = entries.length < all.length;
    // A part with folders only has no bytes.
    if (isPart && !entries.some(({ entry }) => entry.sizeBytes > 0)) continue;
    const options = { root, unpackers, isPart, signal };
    for await (const piece of archiveContent({ ...archive, entries }, options))
      if (piece.kind === 'bytes' && piece.placed.path !== undefined) yield piece.bytes;
  }
  for (const { entry, path } of plan.loose.slice(Math.max(0, from - start), Math.max(0, to - start)))
    if (entry.kind === 'file' && path !== undefined) yield* looseBytes(fileSystem, entry, { signal, root });
}

async function* looseBytes(
  fileSystem: FileSystem,
  { path, sizeBytes }: PayloadItem,
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
