/**
 * By what a resume sees that nobody touched the files of a download that was stopped: another drive in the same place, a
 * copy put back, a byte changed by hand. Content is not read.
 */
import { absolutePath, blake3Hex, type FileSystem, type SignalOptions } from '../base/index.ts';
import type { Manifest } from '../protocol/index.ts';
import { forEachParallel } from '../base/index.ts';
import { statOf } from '../base/index.ts';

/** Beyond this many files hashing what is claimed is no dearer than looking at all of them in the middle of a stop. */
const mostFiles = 20_000;

/** Undefined: too many to look at. Errors: the file system's, `CANCELLED`. */
export async function sealFiles(
  fileSystem: FileSystem,
  root: string,
  { manifest, signal }: { manifest: Manifest } & SignalOptions,
): Promise<string | undefined> {
  const { files } = manifest;
  if (files.length > mostFiles) return undefined;
  const lines = files.map(() => '');
  await forEachParallel(
    files,
    async ({ path }, index) => {
      const stat = await statOf(fileSystem, absolutePath(root, path));
      lines[index] = stat ? [stat.kind, stat.sizeBytes, stat.mtimeNs, stat.changeTimeNs, stat.inode].join(' ') : 'none';
    },
    { ...(signal && { signal }) },
  );
  return blake3Hex(Buffer.from(lines.join('\n')));
}
