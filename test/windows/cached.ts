/** Folders that are made once: beside their place, and renamed to it when they are whole. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { must } from './command.ts';
import { halfSuffix, leftovers, type LabPlaces } from './plan.ts';

/** Makes the folder unless it is there. Whatever `make` leaves when it fails or is killed, the next call makes it anew. */
export async function cached(folder: string, make: (half: string) => Promise<void>): Promise<void> {
  const now = new Date();
  if (existsSync(folder)) {
    await utimes(folder, now, now);
    return;
  }
  const half = `${folder}${halfSuffix}`;
  await deleteTree(half);
  await mkdir(half, { recursive: true });
  await make(half);
  await rename(half, folder);
}

/** Deletes what nobody needs any more. Only for who holds the lab's lock. */
export async function sweep({ cache, root, packages, runs }: LabPlaces): Promise<void> {
  const names = await readdir(cache);
  const entries = await Promise.all(
    names.map(async (name) => ({ name, usedAtMs: (await stat(join(cache, name))).mtimeMs })),
  );
  for (const name of leftovers(entries, { root: basename(root), packages: basename(packages) }))
    await deleteTree(join(cache, name));
  await deleteTree(runs);
}

/** Never enters another file system: what somebody mounted below is not the lab's. */
async function deleteTree(path: string): Promise<void> {
  if (existsSync(path)) await must('rm', ['-rf', '--one-file-system', path], { cwd: dirname(path) });
}
