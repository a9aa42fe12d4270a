import { join } from 'node:path';
import {
  isReservedRootName,
  LanspreadError,
  parsePath,
  throwIfAborted,
  type FileSystem,
  type SignalOptions,
} from '../base/index.ts';
import { isDropping } from '../game-folder/index.ts';
import { settleLinks } from './links.ts';
import {
  archiveScore,
  planInstall,
  splitPayload,
  type BombLimits,
  type InstallPlan,
  type ListedArchive,
  type PayloadItem,
  type Probe,
} from './plan.ts';
import type { Unpacker } from '../content/index.ts';

/** How much of a file's beginning an unpacker is shown: up to the mark of an ISO image. */
export const probeHeadBytes = 36 * 1024;

/** Files and folders of the payload. Throws `INVALID_PATH` for a link or an impossible name. */
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
          message: `The download's ${JSON.stringify(path)} is neither a file nor a folder.`,
          details: { path },
        });
      payload.push({ path, kind, sizeBytes: kind === 'file' ? sizeBytes : 0 });
      if (kind === 'directory') waiting.push(path);
    }
  }
  return payload;
}

/**
 * Asks every unpacker about every file directly in the root; the highest answer wins, ties go by the unpackers' order. One
 * that fails does not matter where another one takes the file; else its error is thrown, so that an archive is never taken
 * for a loose file because its unpacker was ill.
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
  readonly limits?: BombLimits | undefined;
  /** Default: what the disk of the root has. */
  readonly freeBytes?: number;
  readonly signal: AbortSignal;
}

/** Looks at the payload and into its archives and plans the install. Writes nothing. Errors: see `Installer.install`. */
export async function planFromDisk(root: string, options: PlanOptions): Promise<InstallPlan> {
  const listed = await probeAndList(root, options);
  const { fileSystem, limits, freeBytes = (await fileSystem.space(root)).freeBytes } = options;
  return planInstall({ ...listed, freeBytes, ...(limits && { limits }) });
}

/** The payload's archives with what they list, and its loose files. */
async function probeAndList(
  root: string,
  { fileSystem, unpackers, signal }: Omit<PlanOptions, 'limits' | 'freeBytes'>,
): Promise<{ archives: ListedArchive[]; loose: readonly PayloadItem[] }> {
  const payload = await readPayload(fileSystem, root, { signal });
  const split = splitPayload(payload, await probePayload({ fileSystem, unpackers, root, signal }, payload));
  const archives: ListedArchive[] = [];
  for (const archive of split.archives) {
    const unpacker = unpackerOf(unpackers, archive.unpackerId);
    const listed = await unpacker.list(join(root, archive.path), { signal }).catch((error: unknown) => {
      throw naming(error, archive.path);
    });
    archives.push({ ...archive, ...settleLinks(archive.path, listed) });
  }
  return { archives, loose: split.loose };
}

/** An unpacker says what is wrong; whose archive it is, is known here. */
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
