/** Archives that keep an unpacker busy: little to pack and to store, a second or more to unpack. */
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const largeBytes = 1024 * 1024 * 1024;
export const largeName = './zeros.bin';

/** Has `pack` put a folder with one file of zeros into an archive. */
export async function packZeros(
  path: string,
  pack: (source: string, archive: string) => Promise<unknown>,
): Promise<{ totalBytes: number }> {
  const source = `${path}.source`;
  await mkdir(source);
  await writeFile(join(source, largeName), '');
  await truncate(join(source, largeName), largeBytes);
  await pack(source, path);
  await rm(source, { recursive: true });
  return { totalBytes: largeBytes };
}
