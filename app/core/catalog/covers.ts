/**
 * Covers are copied into the state directory, so that the library looks the same when the USB stick is pulled. A copy is
 * named after its content: while a catalog is being replaced, the old one's pictures stay in place.
 */
import { extname, join } from 'node:path';
import {
  absolutePath,
  assertNoLinkOnWay,
  blake3Hex,
  isNotFound,
  parsePath,
  writeFileAtomic,
  type FileSystem,
} from '../base/index.ts';
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
    const bytes = await fileSystem.readFile(source);
    if (bytes.length > catalogLimits.coverBytes) return unusable(`is over ${catalogLimits.coverBytes} bytes`);
    const ending = extname(path).toLowerCase();
    const reason = whyNotPicture(bytes, ending);
    if (reason !== undefined) return unusable(reason);
    return { kind: 'read', bytes, fileName: `${blake3Hex(bytes).slice(0, 32)}${ending}` };
  } catch (error) {
    if (isNotFound(error)) return unusable('is not there');
    return unusable(error instanceof Error ? error.message : String(error));
  }
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

const signatures: Record<string, (bytes: Buffer) => boolean> = {
  '.png': (bytes) => bytes.subarray(0, 8).toString('hex') === '89504e470d0a1a0a',
  '.jpg': (bytes) => bytes.subarray(0, 3).toString('hex') === 'ffd8ff',
  '.jpeg': (bytes) => bytes.subarray(0, 3).toString('hex') === 'ffd8ff',
  '.webp': (bytes) => bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP',
  '.svg': (bytes) => /^\uFEFF?\s*(?:<\?xml|<!--|<!doctype svg|<svg)/i.test(bytes.toString('utf8', 0, 256)),
};

/** What makes a vector picture more than a picture: scripts, handlers, embedded pages, entities, links to elsewhere. */
const activeSvg =
  /<script|<foreignObject|<iframe|<embed|<object|<!entity|\son[a-z]+\s*=|javascript:|href\s*=\s*["']?\s*(?:https?:)?\/\//i;

/** Why bytes are not a picture of the kind that the file's ending says; undefined when they are. Pure. */
export function whyNotPicture(bytes: Buffer, ending: string): string | undefined {
  if (!signatures[ending]?.(bytes)) return `is not a ${ending.slice(1)} picture`;
  if (ending === '.svg' && activeSvg.test(bytes.toString('utf8'))) return 'contains a script or a link to elsewhere';
  return undefined;
}
