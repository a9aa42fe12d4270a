/** Decides which files of a download are archives to unpack, and which are the game's files as they are. Pure. */
import { LanspreadError, sameNameKey, type SafePath } from '../base/index.ts';
import { volumeSets } from './volumes.ts';

/** A file with at least this score is an archive to unpack; see `Unpacker.probe`. */
export const archiveScore = 50;

export interface PayloadItem {
  /** Relative to the game folder. */
  readonly path: SafePath;
  readonly kind: 'file' | 'directory';
  readonly sizeBytes: number;
}

/** The unpacker with the highest score for a file. */
export interface Probe {
  readonly unpackerId: string;
  readonly score: number;
}

/** The catalog's rules for a game's archives. */
export interface ArchiveRules {
  readonly unpack?: 'auto' | 'never' | readonly string[];
  /** Ids of extensions. */
  readonly needs?: readonly string[];
  /** Set if the catalog pins the download: the maker of the catalog vouches for it. */
  readonly manifestRoot?: string;
}

export function isPinned({ manifestRoot }: ArchiveRules = {}): boolean {
  return manifestRoot !== undefined;
}

export interface ArchiveChoice {
  readonly path: SafePath;
  readonly unpackerId: string;
  /** The size of all its volumes. */
  readonly packedBytes: number;
}

export interface SplitArchive extends ArchiveChoice {
  /** All its files. */
  readonly files: readonly PayloadItem[];
  /** If it cannot be opened and there are other files, it stays packed. */
  readonly isOptional: boolean;
}

interface PayloadSplit {
  /** In the order of their paths. */
  readonly archives: readonly SplitArchive[];
  /** Copied as they are. */
  readonly loose: readonly PayloadItem[];
}

interface SplitInput {
  readonly gameId: string;
  readonly probes: ReadonlyMap<string, Probe>;
  readonly rules?: ArchiveRules;
}

/**
 * Only files directly in the game folder can be archives; files in subfolders are the game's own data. See
 * docs/catalogs.md for the rules. Throws `NO_ARCHIVE` for an empty payload and when the catalog names a missing
 * archive, `NO_UNPACKER` when no unpacker opens an archive that must be unpacked, `VOLUME_MISSING` when a part of an
 * archive is missing.
 */
export function splitPayload(
  payload: readonly PayloadItem[],
  { gameId, probes, rules = {} }: SplitInput,
): PayloadSplit {
  const { unpack = 'auto' } = rules;
  const files = payload.filter(({ kind }) => kind === 'file').toSorted((a, b) => (a.path < b.path ? -1 : 1));
  if (files.length === 0) throw new LanspreadError('NO_ARCHIVE');
  const folders = payload.filter(({ kind }) => kind === 'directory');
  if (unpack === 'never') return { archives: [], loose: [...folders, ...files] };
  const named = typeof unpack === 'string' ? undefined : new Set(unpack.map(sameNameKey));
  const isNamed = ({ path }: PayloadItem): boolean => named?.has(sameNameKey(path)) ?? isOwn(path, gameId);
  const sets = archiveSets(files, { probes, isNamed, isByName: named !== undefined });
  const taken = new Set(sets.flatMap(({ members }) => members));
  const others = files.filter((file) => !taken.has(file));
  const lostName = named && [...named].find((key) => !files.some(({ path }) => sameNameKey(path) === key));
  if (lostName !== undefined)
    throw new LanspreadError('NO_ARCHIVE', {
      message: `The catalog says that ${lostName.toLowerCase()} is to be unpacked, and it is not there.`,
      details: { file: lostName.toLowerCase() },
    });
  // Beside the game's own archive, or beside a program, other archives are data.
  const areOthersData = sets.some(({ first }) => isNamed(first)) || others.some(({ path }) => isProgram(path));
  const archives: SplitArchive[] = [];
  const loose = [...folders, ...others];
  for (const { first, members } of sets) {
    const isWanted = isNamed(first);
    const probe = probes.get(first.path);
    if (!isWanted && (named !== undefined || areOthersData)) {
      loose.push(...members);
      continue;
    }
    if (!probe) throw new LanspreadError('NO_UNPACKER', { details: { file: first.path } });
    archives.push({
      path: first.path,
      unpackerId: probe.unpackerId,
      packedBytes: members.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      files: members,
      isOptional: !isWanted,
    });
  }
  return { archives, loose };
}

interface ArchiveSet {
  readonly first: PayloadItem;
  readonly members: readonly PayloadItem[];
}

/** Every archive at the top level with its volumes, whether it will be unpacked or not. */
function archiveSets(
  files: readonly PayloadItem[],
  {
    probes,
    isNamed,
    isByName,
  }: { probes: ReadonlyMap<string, Probe>; isNamed: (file: PayloadItem) => boolean; isByName: boolean },
): ArchiveSet[] {
  const atTop = new Map<string, PayloadItem>(
    files.filter(({ path }) => !path.includes('/')).map((file) => [file.path, file]),
  );
  const isArchive = (file: PayloadItem): boolean =>
    (probes.get(file.path)?.score ?? 0) >= archiveScore || (isNamed(file) && (isByName || /\.eti$/i.test(file.path)));
  const further = new Map<string, readonly string[]>();
  const swallowed = new Set<string>();
  for (const { first: firstName, further: names, missing, isNamedArchive } of volumeSets([...atTop.keys()])) {
    const first = firstName === undefined ? undefined : atTop.get(firstName);
    if (first ? !isArchive(first) : !isNamedArchive) continue;
    if (missing !== undefined)
      throw new LanspreadError('VOLUME_MISSING', {
        message: `${missing} is missing: it is a part of an archive whose other parts are here.`,
        details: { file: missing },
      });
    if (first) further.set(first.path, names);
    for (const name of names) swallowed.add(name);
  }
  return [...atTop.values()]
    .filter((file) => !swallowed.has(file.path) && isArchive(file))
    .map((first) => ({
      first,
      members: [first, ...(further.get(first.path) ?? []).flatMap((name) => atTop.get(name) ?? [])],
    }));
}

/**
 * Whether the name marks the game's own archive: `<id>.rar`, `<id>.part1.rar`, `<id>.7z.001`, or `.eti`, an ending that
 * nothing else has.
 */
function isOwn(path: string, gameId: string): boolean {
  return /\.eti(?:\.\d{3,})?$/i.test(path) || sameNameKey(path).startsWith(sameNameKey(`${gameId}.`));
}

/** Whether the file is a program. A loose program shows that the game is not packed. */
function isProgram(path: string): boolean {
  return /\.(?:exe|dll|com|bat|cmd|msi|sh|so|x86|x86_64|appimage|dylib)$/i.test(path);
}
