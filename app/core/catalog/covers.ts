/**
 * Covers are copied into the state directory, so that the library looks the same when the USB stick is pulled. A copy is
 * named after its content: while a catalog is being replaced, the old one's pictures stay in place.
 */
import { isAbsolute, join, relative, sep } from 'node:path';
import {
  absolutePath,
  assertNoLinkOnWay,
  blake3Hex,
  isNotFound,
  parsePath,
  writeFileAtomic,
  type FileSystem,
} from '../base/index.ts';
import { judgePicture } from './picture.ts';
import { catalogLimits } from './schema.ts';

export type CoverReading =
  | { readonly kind: 'read'; readonly bytes: Buffer; readonly fileName: string }
  /** Why there is no cover, in words. */
  | { readonly kind: 'unusable'; readonly reason: string };

const unusable = (reason: string): CoverReading => ({ kind: 'unusable', reason });

/** Reads and judges one cover below the catalog's folder. Errors of the disk are part of the answer. */
export async function readCover(fileSystem: FileSystem, folder: string, cover: string): Promise<CoverReading> {
  try {
    const path = parsePath(cover, { atGameRoot: false, platform: 'win32' });
    await assertNoLinkOnWay(fileSystem, folder, path);
    const source = absolutePath(folder, path);
    const stat = await fileSystem.lstat(source);
    if (stat.kind !== 'file') return unusable('is not a file');
    if (stat.sizeBytes > catalogLimits.coverBytes) return unusable(`is over ${catalogLimits.coverBytes} bytes`);
    return judgeCover(await fileSystem.readFile(source));
  } catch (error) {
    if (isNotFound(error)) return unusable('is not there');
    return unusable(error instanceof Error ? error.message : String(error));
  }
}

const dataUrl = /^data:[a-z0-9.+/-]{0,80};base64,/i;

/**
 * A live source's cover: a `data:` URL, a path below one of its folders, or a path relative to the first of them that has
 * it. Errors of the disk are part of the answer.
 */
export async function readPulledCover(
  fileSystem: FileSystem,
  folders: readonly string[],
  cover: string,
): Promise<CoverReading> {
  const head = dataUrl.exec(cover)?.[0];
  if (head !== undefined) return judgeCover(Buffer.from(cover.slice(head.length), 'base64'));
  if (isAbsolute(cover)) {
    for (const folder of folders) {
      const below = relative(folder, cover);
      if (below === '' || below.split(sep)[0] === '..' || isAbsolute(below)) continue;
      return await readCover(fileSystem, folder, below.replaceAll(sep, '/'));
    }
    return unusable('lies outside the folders of its source');
  }
  let reading = unusable('has no folder to lie in');
  for (const folder of folders) {
    reading = await readCover(fileSystem, folder, cover);
    if (reading.kind === 'read') break;
  }
  return reading;
}

/** The bytes as a cover; its file is called after them and what they are, whatever it was called. */
function judgeCover(bytes: Buffer): CoverReading {
  if (bytes.length > catalogLimits.coverBytes) return unusable(`is over ${catalogLimits.coverBytes} bytes`);
  const verdict = judgePicture(bytes);
  if ('reason' in verdict) return unusable(verdict.reason);
  return { kind: 'read', bytes, fileName: `${blake3Hex(bytes).slice(0, 32)}.${verdict.kind}` };
}

/** Puts a cover into a source's folder, unless it is there: the name stands for the bytes. */
export async function storeCover(
  fileSystem: FileSystem,
  directory: string,
  { bytes, fileName }: { bytes: Buffer; fileName: string },
): Promise<void> {
  const path = join(directory, fileName);
  try {
    if ((await fileSystem.lstat(path)).sizeBytes === bytes.length) return;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  await writeFileAtomic(fileSystem, { path, data: bytes });
}

/** Deletes what lies in a source's folder of covers and is not of `keep`. */
export async function sweepCovers(fileSystem: FileSystem, directory: string, keep: ReadonlySet<string>): Promise<void> {
  for (const { name, kind } of await fileSystem.list(directory)) {
    if (kind === 'file' && !keep.has(name)) await fileSystem.deleteFile(join(directory, name));
  }
}
