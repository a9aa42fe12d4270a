import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of the files below a folder: allocated ones, where the platform tells them. */
export async function bytesBelow(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    // A tool may rename what it writes.
    const stat = await lstat(join(entry.parentPath, entry.name)).catch(() => undefined);
    bytes += stat ? stat.blocks * 512 || stat.size : 0;
  }
  return bytes;
}

/** Whether a folder holds more bytes than when last asked. */
export function growthSince(directory: string): () => Promise<boolean> {
  let before = -1;
  return async () => {
    const bytes = await bytesBelow(directory);
    const grew = bytes > before;
    before = bytes;
    return grew;
  };
}
