/** What an install will do, decided before anything is written. Pure. */
import { LanspreadError, parsePath, PathSet, type SafePath } from '../base/index.ts';
import { markerName } from '../game-folder/index.ts';
import type { Copies } from './make-copies.ts';
import type { ArchiveEntry, EntryCopy } from '../content/index.ts';
import { furtherVolumes } from './volumes.ts';

/** From this score on a file is an archive to unpack; see `Unpacker.probe`. */
export const archiveScore = 50;

export interface PayloadFile {
  /** Relative to the game root. */
  readonly path: SafePath;
  readonly kind: 'file' | 'directory';
  readonly sizeBytes: number;
}

/** The unpacker that fits a file best, and how well. */
export interface Probe {
  readonly unpackerId: string;
  readonly score: number;
}

interface ArchiveChoice {
  readonly path: SafePath;
  readonly unpackerId: string;
  /** Of all its volumes. */
  readonly packedBytes: number;
}

interface PayloadSplit {
  /** In the order of their paths. */
  readonly archives: readonly ArchiveChoice[];
  /** Copied as they are. */
  readonly loose: readonly PayloadFile[];
}

/**
 * Which files of the payload are archives. Only files directly in the root can be: what lies in folders is the game's
 * own data, which may well look like an archive. Throws `NO_ARCHIVE` for an empty payload and `NO_UNPACKER` for an
 * `.eti` file that nothing opens.
 */
export function splitPayload(payload: readonly PayloadFile[], probes: ReadonlyMap<string, Probe>): PayloadSplit {
  const files = payload.filter(({ kind }) => kind === 'file').toSorted((a, b) => (a.path < b.path ? -1 : 1));
  if (files.length === 0) throw new LanspreadError('NO_ARCHIVE');
  const volumes = furtherVolumes(files.map(({ path }) => path).filter((path) => !path.includes('/')));
  const isArchive = (path: string): boolean =>
    !path.includes('/') && !volumes.has(path) && (probes.get(path)?.score ?? 0) >= archiveScore;
  const archives: ArchiveChoice[] = [];
  const loose = payload.filter(({ kind }) => kind === 'directory');
  for (const file of files) {
    const first = volumes.get(file.path);
    if (first !== undefined && isArchive(first)) continue;
    const probe = probes.get(file.path);
    if (probe && isArchive(file.path)) {
      const own = files.filter(({ path }) => path === file.path || volumes.get(path) === file.path);
      const packedBytes = own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      archives.push({ path: file.path, unpackerId: probe.unpackerId, packedBytes });
    } else if (!file.path.includes('/') && /\.eti$/i.test(file.path)) {
      throw new LanspreadError('NO_UNPACKER', { details: { file: file.path } });
    } else {
      loose.push(file);
    }
  }
  return { archives, loose };
}

/** What one PC is asked to bear at most. Games are far below; what is made to exhaust a PC is far above. */
export interface BombLimits {
  readonly maxEntries: number;
  /** Unpacked bytes for each packed byte… */
  readonly maxRatio: number;
  /** …once the unpacked size is over this. */
  readonly ratioAboveBytes: number;
}

export const defaultBombLimits: BombLimits = { maxEntries: 500_000, maxRatio: 250, ratioAboveBytes: 1024 ** 3 };

export interface ListedArchive extends ArchiveChoice {
  readonly entries: readonly ArchiveEntry[];
  /** What its links have become. */
  readonly copies?: readonly EntryCopy[];
  readonly copiedFolders?: readonly string[];
}

interface PlannedArchive extends ArchiveChoice {
  /** Of what comes out of it, copies left out. */
  readonly totalBytes: number;
  readonly copies: Copies;
  /** Made with the copies; nothing unpacks them. */
  readonly copiedFolders: readonly string[];
}

export interface InstallPlan {
  readonly archives: readonly PlannedArchive[];
  readonly loose: readonly PayloadFile[];
  /** Every file that has to be there afterwards, with its size; nothing else may be. */
  readonly files: ReadonlyMap<SafePath, number>;
  readonly directories: ReadonlySet<SafePath>;
  readonly totalBytes: number;
}

interface PlanInput {
  readonly archives: readonly ListedArchive[];
  readonly loose: readonly PayloadFile[];
  readonly freeBytes: number;
  readonly limits?: BombLimits;
  readonly platform?: NodeJS.Platform;
}

function hostile(message: string, details: Record<string, unknown> = {}): LanspreadError {
  return new LanspreadError('ARCHIVE_HOSTILE', { message, details });
}

/** Throws `ARCHIVE_ENCRYPTED`, `ARCHIVE_HOSTILE` (path, link, collision, bomb) or `DISK_FULL`. */
export function planInstall({ archives, loose, freeBytes, limits, platform }: PlanInput): InstallPlan {
  const tree = new TreePlan(platform);
  for (const file of loose) tree.add(file, 'the download');
  let totalBytes = sumOf(loose);
  const planned = archives.map(({ entries, copies = [], copiedFolders = [], path, unpackerId, packedBytes }) => {
    refuseBomb({ path, entries: [...entries, ...copies], packedBytes }, limits);
    for (const entry of entries) tree.add(entry, path);
    totalBytes += sumOf(entries) + sumOf(copies);
    const planCopies = tree.addCopies(copies, path);
    return { path, unpackerId, packedBytes, totalBytes: sumOf(entries), copies: planCopies, copiedFolders };
  });
  const neededBytes = Math.ceil(totalBytes * 1.02);
  if (neededBytes > freeBytes) {
    const message = `Installing needs ${neededBytes} bytes; ${freeBytes} are free.`;
    throw new LanspreadError('DISK_FULL', { message, details: { neededBytes, freeBytes } });
  }
  return { archives: planned, loose, files: tree.files, directories: tree.directories, totalBytes };
}

function sumOf(items: readonly { sizeBytes: number }[]): number {
  return items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function refuseBomb(
  { path, entries, packedBytes }: { path: string; entries: readonly { sizeBytes: number }[]; packedBytes: number },
  limits: BombLimits = defaultBombLimits,
): void {
  const count = entries.length;
  if (count > limits.maxEntries) throw hostile(`${path} has ${count} entries.`, { file: path });
  const unpackedBytes = sumOf(entries);
  if (!Number.isSafeInteger(unpackedBytes)) throw hostile(`${path} claims an impossible size.`, { file: path });
  if (unpackedBytes > limits.ratioAboveBytes && unpackedBytes > packedBytes * limits.maxRatio)
    throw hostile(`${path} claims to unpack ${packedBytes} bytes to ${unpackedBytes}.`, { file: path });
}

/** The tree that all archives and loose files make together. */
class TreePlan {
  readonly files = new Map<SafePath, number>();
  readonly directories = new Set<SafePath>();
  readonly #paths = new PathSet();
  readonly #platform: NodeJS.Platform | undefined;

  constructor(platform: NodeJS.Platform | undefined) {
    this.#platform = platform;
    // Ours while it is staging; an entry of that name would replace it.
    this.#paths.add(this.#parse(markerName), 'file');
  }

  add(
    { path, kind, sizeBytes, encrypted = false }: Omit<ArchiveEntry, 'kind'> & { kind: ArchiveEntry['kind'] },
    source: string,
  ): void {
    const details = { file: source, entry: path.slice(0, 300) };
    const named = `${source}: ${JSON.stringify(details.entry)}`;
    if (encrypted) throw new LanspreadError('ARCHIVE_ENCRYPTED', { details });
    if (kind === 'symlink' || kind === 'hardlink')
      throw hostile(`${named} is a link, and nothing says what it points at.`, details);
    if (kind === 'other') throw hostile(`${named} is neither a file nor a folder.`, details);
    try {
      const safePath = this.#parse(path);
      this.#paths.add(safePath, kind);
      if (kind === 'file') this.files.set(safePath, sizeBytes);
      else this.directories.add(safePath);
      for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1))
        this.directories.add(this.#parse(path.slice(0, end)));
    } catch (cause) {
      throw new LanspreadError('ARCHIVE_HOSTILE', {
        message: `${source}: ${cause instanceof Error ? cause.message : 'a path is not allowed'}`,
        details,
        cause,
      });
    }
  }

  addCopies(copies: readonly EntryCopy[], source: string): Copies {
    const paths = new Map<SafePath, SafePath>();
    for (const { path, from, sizeBytes } of copies) {
      this.add({ path, kind: 'file', sizeBytes }, source);
      const file = this.#parse(from);
      if (this.files.get(file) !== sizeBytes)
        throw hostile(`${source}: ${JSON.stringify(path)} is a copy of what is not there.`, { file: source });
      paths.set(this.#parse(path), file);
    }
    return paths;
  }

  #parse(path: string): SafePath {
    return parsePath(path, { atGameRoot: false, ...(this.#platform && { platform: this.#platform }) });
  }
}
