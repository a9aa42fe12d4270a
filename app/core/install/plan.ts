/** Decides everything about an install before anything is written. Pure. */
import { LanspreadError, quoted, type SafePath } from '../base/index.ts';
import type { ArchiveEntry, EntryCopy } from '../content/index.ts';
import type { Copies } from './make-copies.ts';
import { TreePlanner, type Placed, type PlanTree } from './plan-tree.ts';
import type { ArchiveChoice, PayloadItem } from './split-payload.ts';

/** The most that one archive may demand of a PC. Games stay far below; archives made to exhaust a PC are far above. */
export interface BombLimits {
  readonly maxEntries: number;
  /** Unpacked bytes for each packed byte… */
  readonly maxRatio: number;
  /** …once the unpacked size is over this. */
  readonly ratioAboveBytes: number;
}

export const defaultBombLimits: BombLimits = { maxEntries: 500_000, maxRatio: 250, ratioAboveBytes: 1024 ** 3 };

/** A mostly empty disk image packs to a thousandth; if the catalog pins it, it is no bomb. */
export function boundsOf(limits: BombLimits = defaultBombLimits, { isPinned }: { isPinned: boolean }): BombLimits {
  return isPinned ? { ...limits, maxRatio: Number.POSITIVE_INFINITY } : limits;
}

export interface ListedArchive extends ArchiveChoice {
  readonly entries: readonly ArchiveEntry[];
  /** The copies that its links have become. */
  readonly copies?: readonly EntryCopy[];
  readonly copiedFolders?: readonly string[];
}

export interface PlannedArchive extends ArchiveChoice {
  /** All of its entries but links, in its order. */
  readonly entries: readonly Placed<ArchiveEntry>[];
  /** Every entry is installed under exactly its listed path, so the tool may write by itself. */
  readonly isAsListed: boolean;
  /** The bytes that are installed from it, without copies. */
  readonly totalBytes: number;
  readonly copies: Copies;
  /** Created together with the copies; no unpacker creates them. */
  readonly copiedFolders: readonly SafePath[];
}

export interface InstallPlan extends PlanTree {
  /** In the order of the install: later archives replace entries of earlier ones. */
  readonly archives: readonly PlannedArchive[];
  /** Loose files; they come last. */
  readonly loose: readonly Placed<PayloadItem>[];
  readonly totalBytes: number;
}

interface PlanInput {
  readonly archives: readonly ListedArchive[];
  readonly loose: readonly PayloadItem[];
  readonly freeBytes: number;
  readonly limits?: BombLimits;
  readonly platform?: NodeJS.Platform;
}

function hostile(message: string, details: Record<string, unknown> = {}): LanspreadError {
  return new LanspreadError('ARCHIVE_HOSTILE', { message, details });
}

/** Throws `ARCHIVE_ENCRYPTED`, `ARCHIVE_HOSTILE` (path, link, bomb), `ARCHIVE_UNSUITABLE` or `DISK_FULL`. */
export function planInstall({ archives, loose, freeBytes, limits, platform }: PlanInput): InstallPlan {
  const tree = new TreePlanner(platform);
  const placed = archives.map((archive) => {
    refuseBomb(archive, limits);
    return placeArchive(archive, tree);
  });
  const placedLoose = loose.map((file) => tree.place(file, 'the download'));
  const { files, directories } = tree.finish();
  const totalBytes = Array.from(files.values()).reduce((sum, sizeBytes) => sum + sizeBytes, 0);
  const neededBytes = Math.ceil(totalBytes * 1.02);
  if (neededBytes > freeBytes) {
    const message = `Installing needs ${neededBytes} bytes; ${freeBytes} are free.`;
    throw new LanspreadError('DISK_FULL', { message, details: { neededBytes, freeBytes } });
  }
  return { archives: placed.map(finishArchive), loose: placedLoose, files, directories, totalBytes };
}

interface PlacedArchive {
  readonly archive: ListedArchive;
  readonly entries: Placed<ArchiveEntry>[];
  readonly copies: { copy: Placed<EntryCopy>; from: Placed<ArchiveEntry> }[];
  readonly folders: readonly Placed<ArchiveEntry>[];
}

function placeArchive(archive: ListedArchive, tree: TreePlanner): PlacedArchive {
  const { path: source, copies = [], copiedFolders = [] } = archive;
  const entries = archive.entries.map((entry) => tree.place(entry, source));
  const byPath = new Map(entries.map((placed) => [placed.entry.path, placed]));
  return {
    archive,
    entries,
    copies: copies.map((copy) => {
      const from = byPath.get(copy.from);
      if (from?.entry.kind !== 'file' || from.entry.sizeBytes !== copy.sizeBytes)
        throw hostile(`${source}: ${quoted(copy.path)} is a copy of what is not there.`, { file: source });
      return { copy: tree.place({ ...copy, kind: 'file' as const }, source), from };
    }),
    folders: copiedFolders.map((path) => tree.place({ path, kind: 'directory' as const, sizeBytes: 0 }, source)),
  };
}

/** Runs after everything was placed: only then it is known which entries are overwritten. */
function finishArchive({ archive, entries: placed, copies: placedCopies, folders }: PlacedArchive): PlannedArchive {
  const { path, unpackerId, packedBytes } = archive;
  const moved = new Map<Placed<ArchiveEntry>, SafePath>();
  const copies = new Map<SafePath, SafePath>();
  for (const { copy, from } of placedCopies) {
    if (copy.path === undefined) continue;
    const original = from.path ?? moved.get(from);
    // The original is overwritten, so the first copy gets its content.
    if (original === undefined) moved.set(from, copy.path);
    else copies.set(copy.path, original);
  }
  const entries = placed.map((one) => (moved.has(one) ? { entry: one.entry, path: moved.get(one) } : one));
  return {
    path,
    unpackerId,
    packedBytes,
    entries,
    isAsListed: entries.every((one) => one.path === one.entry.path),
    totalBytes: sumOf(entries.flatMap((one) => (one.path === undefined ? [] : [one.entry]))),
    copies,
    copiedFolders: folders.flatMap((folder) => folder.path ?? []),
  };
}

function sumOf(items: readonly { sizeBytes: number }[]): number {
  return items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function refuseBomb(
  { path, entries, copies = [], copiedFolders = [], packedBytes }: ListedArchive,
  limits: BombLimits = defaultBombLimits,
): void {
  const count = entries.length + copies.length + copiedFolders.length;
  if (count > limits.maxEntries) throw hostile(`${path} has ${count} entries.`, { file: path });
  const unpackedBytes = sumOf(entries) + sumOf(copies);
  if (!Number.isSafeInteger(unpackedBytes)) throw hostile(`${path} claims an impossible size.`, { file: path });
  if (unpackedBytes > limits.ratioAboveBytes && unpackedBytes > packedBytes * limits.maxRatio)
    throw hostile(`${path} claims to unpack ${packedBytes} bytes to ${unpackedBytes}.`, { file: path });
}
