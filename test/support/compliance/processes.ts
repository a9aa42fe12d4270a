import { readdir, readFile } from 'node:fs/promises';

/** Processes that name a path among their arguments; what a tool of ours that works on it does. */
export async function processesWith(path: string): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (line.split('\0').includes(path)) found.push(Number(name));
  }
  return found;
}
