/** From an author's folder to a package. */
import { join } from 'node:path';
import {
  LanspreadError,
  parsePath,
  PathSet,
  throwIfAborted,
  type FileSystem,
  type SignalOptions,
} from '../../base/index.ts';
import { assertCompatible, readManifest, type ExtensionManifest } from '../manifest/index.ts';
import { assertComplete, maxPackageBytes } from './lanx.ts';
import { packageLimits } from './read-zip.ts';
import { writeZip, type FileToPack } from './write-zip.ts';

/** Never part of a package: what tools leave behind, other packages, secret keys. */
const leftOut = /^(?:\..*|node_modules|coverage|.*\.(?:lanx|key|log))$/;
/** At the top of the folder only: what an author needs and a player does not. */
const leftOutAtTop = /^(?:test|tests|types|tsconfig\.json|package-lock\.json)$/;

interface PackedFolder {
  readonly manifest: ExtensionManifest;
  readonly bytes: Buffer;
  /** In the order they have in the package. */
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
}

/**
 * Packs what is in the folder, checked as an install would check it. Left out are hidden files, `node_modules`, `test`,
 * `types`, packages, keys and logs. Errors: `EXTENSION_INVALID` (also for a link), `EXTENSION_INCOMPATIBLE`, `INVALID_PATH`.
 */
export async function packFolder(
  fileSystem: FileSystem,
  directory: string,
  { signal }: SignalOptions = {},
): Promise<PackedFolder> {
  const manifest = await readManifest(fileSystem, directory);
  assertCompatible(manifest);
  const toolPaths = new Set(
    Object.values(manifest.tools).flatMap((builds) => Object.values(builds).map(({ path }) => path)),
  );
  const files: FileToPack[] = [];
  const names = new PathSet();
  let totalBytes = 0;
  const visit = async (folder: string): Promise<void> => {
    for (const { name, kind } of await fileSystem.list(join(directory, folder))) {
      throwIfAborted(signal);
      if (leftOut.test(name) || (folder === '' && leftOutAtTop.test(name))) continue;
      const path = parsePath(folder === '' ? name : `${folder}/${name}`, { atGameRoot: false, platform: 'win32' });
      if (kind === 'directory') {
        await visit(path);
        continue;
      }
      if (kind !== 'file')
        throw new LanspreadError('EXTENSION_INVALID', {
          message: `${path} is a link or no plain file; a package has only files.`,
        });
      names.add(path, 'file');
      const bytes = await fileSystem.readFile(join(directory, path));
      totalBytes += bytes.length;
      if (totalBytes > packageLimits.totalBytes || files.length >= packageLimits.files)
        throw new LanspreadError('EXTENSION_INVALID', {
          message: 'The extension is too large: 512 MiB and 10,000 files are the limits.',
        });
      files.push({ path, bytes, executable: toolPaths.has(path) });
    }
  };
  await visit('');
  assertComplete(
    manifest,
    files.map(({ path, bytes }) => ({ path, read: () => bytes })),
  );
  const bytes = writeZip(files);
  if (bytes.length > maxPackageBytes)
    throw new LanspreadError('EXTENSION_INVALID', { message: 'The package would be larger than 256 MiB.' });
  const sizes = files.map(({ path, bytes: { length } }) => ({ path, sizeBytes: length }));
  return { manifest, bytes, files: sizes.toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
}
