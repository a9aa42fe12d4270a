/**
 * A fingerprint of the files of a stopped download. It tells a resume whether somebody touched them: another drive in
 * the same place, a backup put back, a byte changed by hand. It reads no content.
 */
import { absolutePath, blake3Hex, type FileSystem, type SignalOptions } from '../base/index.ts';
import type { Manifest } from '../protocol/index.ts';
import { forEachParallel } from '../base/index.ts';
import { statOf } from '../base/index.ts';

/**
 * With more files than this, a stop would take too long to look at them all; hashing the claimed blocks later costs no
 * more.
 */
const mostFiles = 20_000;

/** Undefined when there are too many files. Errors: the file system's, `CANCELLED`. */
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
