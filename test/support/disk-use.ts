import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes allocated for everything below a folder; what goes while it looks counts or not. */
export async function diskUse(folder: string): Promise<number> {
  let bytes = 0;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const facts = await lstat(join(entry.parentPath, entry.name)).catch(() => undefined);
    bytes += (facts?.blocks ?? 0) * 512;
  }
  return bytes;
}
