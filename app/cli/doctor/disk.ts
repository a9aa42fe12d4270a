/**
 * Checks whether the games folder can hold games. Creates no folder, because a missing one may be on a drive that is away.
 */
import { open, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatBytes } from '../format.ts';
import type { Finding } from './checks.ts';

const name = 'Games folder';
const probeBytes = 64 * 1024 * 1024;
const wantedBytes = 10_000_000_000;

interface GamesFolderFacts {
  readonly gamesDir: string;
  /** Whether the folder was chosen or a core used it: then it has to exist. */
  readonly isKnown: boolean;
}

/** Writes and flushes a file in the games folder, and deletes it. */
export async function checkGamesFolder({ gamesDir, isKnown }: GamesFolderFacts): Promise<Finding> {
  try {
    if (await isFolder(gamesDir)) return await measure(gamesDir);
    if (isKnown)
      return {
        name,
        status: 'problem',
        detail: `${gamesDir} is not there`,
        advice: 'Plug in or mount its drive, or choose another games folder in the settings.',
      };
    const nearest = await nearestFolder(gamesDir);
    const { bavail, bsize } = await statfs(nearest);
    const detail = `${gamesDir}: made at the first start, ${formatBytes(bavail * bsize)} free`;
    return withRoom({ name, status: 'ok', detail }, bavail * bsize);
  } catch (error) {
    return {
      name,
      status: 'problem',
      detail: error instanceof Error ? error.message : String(error),
      advice: 'Give your user access to it or choose another games folder.',
    };
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return false;
    throw error;
  }
}

async function nearestFolder(path: string): Promise<string> {
  for (let folder = dirname(path); ; folder = dirname(folder))
    if ((await isFolder(folder)) || folder === dirname(folder)) return folder;
}

async function measure(gamesDir: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(gamesDir);
  const freeBytes = bavail * bsize;
  if (freeBytes < probeBytes * 2)
    return {
      name,
      status: 'problem',
      detail: `${formatBytes(freeBytes)} free in ${gamesDir}`,
      advice: 'Free some space or choose another games folder.',
    };
  const path = join(gamesDir, `.lanspread-doctor-${process.pid}`);
  try {
    const started = performance.now();
    await using handle = await open(path, 'wx');
    await handle.writeFile(Buffer.alloc(probeBytes, 0x5a));
    await handle.sync();
    const bytesPerSecond = probeBytes / ((performance.now() - started) / 1000);
    const detail = `${gamesDir}: ${formatBytes(freeBytes)} free, writes ${formatBytes(bytesPerSecond)}/s`;
    return withRoom({ name, status: 'ok', detail }, freeBytes);
  } finally {
    await rm(path, { force: true });
  }
}

function withRoom(finding: Finding, freeBytes: number): Finding {
  if (freeBytes >= wantedBytes) return finding;
  return { ...finding, status: 'warning', advice: 'Most games need more than that.' };
}
