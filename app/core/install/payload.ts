import { basename, join } from 'node:path';
import {
  isReservedRootName,
  LanspreadError,
  parsePath,
  quoted,
  throwIfAborted,
  type ErrorCode,
  type FileSystem,
  type SignalOptions,
} from '../base/index.ts';
import { isDropping } from '../game-folder/index.ts';
import { settleLinks } from './links.ts';
import { boundsOf, planInstall, type BombLimits, type InstallPlan, type ListedArchive } from './plan.ts';
import {
  archiveScore,
  isPinned,
  splitPayload,
  type ArchiveRules,
  type PayloadItem,
  type Probe,
  type SplitArchive,
} from './split-payload.ts';
import type { Unpacker } from '../content/index.ts';

/** How many bytes of a file's beginning an unpacker sees: up to the mark of an ISO image. */
export const probeHeadBytes = 36 * 1024;

/** The files and folders of the payload. Throws `INVALID_PATH` for a link or an impossible name. */
async function readPayload(
  fileSystem: FileSystem,
  root: string,
  { signal }: SignalOptions = {},
): Promise<PayloadItem[]> {
  const payload: PayloadItem[] = [];
  const waiting = [''];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    throwIfAborted(signal);
    for (const { name, kind: listedKind } of await fileSystem.list(join(root, folder))) {
      if (folder === '' && isReservedRootName(name)) continue;
      if (isDropping(name, { atGameRoot: folder === '', kind: listedKind })) continue;
      const path = parsePath(folder === '' ? name : `${folder}/${name}`, { atGameRoot: true });
      const { kind, sizeBytes } = await fileSystem.lstat(join(root, path));
      if (kind !== 'file' && kind !== 'directory')
        throw new LanspreadError('INVALID_PATH', {
          message: `The download's ${quoted(path)} is neither a file nor a folder.`,
          details: { path },
        });
      payload.push({ path, kind, sizeBytes: kind === 'file' ? sizeBytes : 0 });
      if (kind === 'directory') waiting.push(path);
    }
  }
  return payload;
}

/**
 * Asks every unpacker about every file directly in the game folder. The highest score wins; the unpackers' order breaks
 * ties. A failed unpacker does not matter if another one takes the file. Otherwise its error is thrown, so that an
 * archive never counts as a loose file because its unpacker failed.
 */
async function probePayload(
  {
    fileSystem,
    unpackers,
    root,
    signal,
  }: { fileSystem: FileSystem; unpackers: readonly Unpacker[]; root: string; signal: AbortSignal },
  payload: readonly PayloadItem[],
): Promise<Map<string, Probe>> {
  const probes = new Map<string, Probe>();
  for (const { path, kind } of payload) {
    if (kind !== 'file' || path.includes('/')) continue;
    const absolute = join(root, path);
    const head = await readHead(fileSystem, absolute);
    let failed: { readonly error: unknown } | undefined;
    for (const unpacker of unpackers) {
      try {
        const score = await unpacker.probe({ path: absolute, head }, { signal });
        if (score > (probes.get(path)?.score ?? 0)) probes.set(path, { unpackerId: unpacker.id, score });
      } catch (error) {
        throwIfAborted(signal);
        failed ??= { error };
      }
    }
    if (failed && (probes.get(path)?.score ?? 0) < archiveScore) throw failed.error;
  }
  return probes;
}

async function readHead(fileSystem: FileSystem, path: string): Promise<Uint8Array> {
  await using file = await fileSystem.openToRead(path);
  const head = Buffer.alloc(probeHeadBytes);
  return head.subarray(0, await file.read(head, 0));
}

interface PlanOptions {
  readonly fileSystem: FileSystem;
  readonly unpackers: readonly Unpacker[];
  /** The catalog's rules for the game's archives. */
  readonly rules?: ArchiveRules;
  readonly limits?: BombLimits | undefined;
  /** Default: the free bytes of the game folder's disk. */
  readonly freeBytes?: number;
  readonly signal: AbortSignal;
}

/** Reads the payload, lists its archives and plans the install. Writes nothing. Errors: see `Installer.install`. */
export async function planFromDisk(root: string, options: PlanOptions): Promise<InstallPlan> {
  const listed = await probeAndList(root, options);
  const { fileSystem, freeBytes = (await fileSystem.space(root)).freeBytes } = options;
  return planInstall({ ...listed, freeBytes, limits: boundsOf(options.limits, { isPinned: isPinned(options.rules) }) });
}

/** Why a download cannot be installed. */
export interface InstallProblem {
  /** `windows`: other PCs can install it. */
  readonly where: 'everywhere' | 'windows';
  readonly code: ErrorCode;
  readonly message: string;
}

const ofPayload: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'NO_ARCHIVE',
  'NO_UNPACKER',
  'ARCHIVE_CORRUPT',
  'ARCHIVE_ENCRYPTED',
  'ARCHIVE_HOSTILE',
  'ARCHIVE_UNSUITABLE',
  'ARCHIVE_UNSUPPORTED',
  'VOLUME_MISSING',
  'UNPACKER_FAILED',
  'INVALID_PATH',
]);

/** Checks the archives as an install does. Undefined: every PC can install it, as far as the listings show. */
export async function checkPayload(
  root: string,
  options: Omit<PlanOptions, 'freeBytes'>,
): Promise<InstallProblem | undefined> {
  let where: InstallProblem['where'] = 'everywhere';
  try {
    const listed = await probeAndList(root, options);
    const input = {
      ...listed,
      freeBytes: Number.POSITIVE_INFINITY,
      limits: boundsOf(options.limits, { isPinned: isPinned(options.rules) }),
    };
    planInstall(input);
    where = 'windows';
    planInstall({ ...input, platform: 'win32' });
    return undefined;
  } catch (error) {
    throwIfAborted(options.signal);
    if (!(error instanceof LanspreadError) || !ofPayload.has(error.code)) throw error;
    return { where, code: error.code, message: error.message };
  }
}

/** The payload's archives with their listings, and its loose files. */
async function probeAndList(
  root: string,
  { fileSystem, unpackers, rules = {}, signal }: PlanOptions,
): Promise<{ archives: ListedArchive[]; loose: readonly PayloadItem[] }> {
  assertExtensions(rules, unpackers);
  const payload = await readPayload(fileSystem, root, { signal });
  const probes = await probePayload({ fileSystem, unpackers, root, signal }, payload);
  const split = splitPayload(payload, { gameId: basename(root), probes, rules });
  const archives: ListedArchive[] = [];
  const loose = [...split.loose];
  for (const archive of split.archives) {
    const hasOthers = payload.some((file) => file.kind === 'file' && !archive.files.includes(file));
    try {
      archives.push(await listOne(root, archive, { unpackers, isPinned: isPinned(rules), signal }));
    } catch (error) {
      throwIfAborted(signal);
      if (!archive.isOptional || !hasOthers || !isUnopenable(error)) throw error;
      loose.push(...archive.files);
    }
  }
  return { archives, loose };
}

/** Throws `NO_UNPACKER` with the id of an extension that the catalog requires and that is missing here. */
function assertExtensions({ needs = [] }: ArchiveRules, unpackers: readonly Unpacker[]): void {
  const missing = needs.find((id) => !unpackers.some((unpacker) => unpacker.id.startsWith(`${id}/`)));
  if (missing === undefined) return;
  throw new LanspreadError('NO_UNPACKER', {
    message: `This game needs the extension ${missing}, which is not installed here, or is disabled.`,
    details: { needs: missing },
  });
}

async function listOne(
  root: string,
  { path, unpackerId, packedBytes }: SplitArchive,
  { unpackers, ...options }: { unpackers: readonly Unpacker[]; isPinned: boolean; signal: AbortSignal },
): Promise<ListedArchive> {
  try {
    const listed = await unpackerOf(unpackers, unpackerId).list(join(root, path), options);
    const secret = listed.find(({ encrypted = false }) => encrypted);
    if (secret) throw new LanspreadError('ARCHIVE_ENCRYPTED', { details: { entry: secret.path.slice(0, 300) } });
    return { path, unpackerId, packedBytes, ...settleLinks(path, listed) };
  } catch (error) {
    throw naming(error, path);
  }
}

const unopenable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'NO_UNPACKER',
  'ARCHIVE_CORRUPT',
  'ARCHIVE_ENCRYPTED',
  'ARCHIVE_UNSUPPORTED',
  'UNPACKER_FAILED',
]);

function isUnopenable(error: unknown): boolean {
  return error instanceof LanspreadError && unopenable.has(error.code);
}

/** Adds the archive's name to an unpacker's error. */
function naming(error: unknown, file: string): unknown {
  if (!(error instanceof LanspreadError) || error.details['file'] !== undefined) return error;
  const { code, message, details, cause } = error;
  return new LanspreadError(code, { message: `${file}: ${message}`, details: { ...details, file }, cause });
}

export function unpackerOf(unpackers: readonly Unpacker[], id: string): Unpacker {
  const unpacker = unpackers.find((candidate) => candidate.id === id);
  if (!unpacker) throw new LanspreadError('NO_UNPACKER', { details: { unpacker: id } });
  return unpacker;
}
