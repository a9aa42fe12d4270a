/** The npm packages of any platform, from the lock file. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PackageError } from './package-error.ts';
import type { Platform } from './platforms.ts';

const run = promisify(execFile);
const installLimitMs = 10 * 60_000;

export interface LockedPackage {
  readonly version?: string;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Every package of the lock file by its folder: `node_modules/…`. */
export type Lock = Readonly<Record<string, LockedPackage>>;

export async function readLock(repository: string): Promise<Lock> {
  // npm wrote it.
  const lock = JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8')) as { packages: Lock };
  return lock.packages;
}

/** Whether npm would install it there. */
export function isFor(platform: Platform, { os, cpu, libc }: LockedPackage): boolean {
  const fits = (list: readonly string[] | undefined, value: string | undefined): boolean =>
    list === undefined || (value !== undefined && list.includes(value));
  return fits(os, platform.os) && fits(cpu, platform.cpu) && fits(libc, platform.libc);
}

/**
 * The folders of these packages, of what they need and of the native parts that they choose from on that platform, each
 * once and sorted. Pure. A package that the lock file lacks is left out.
 */
export function closureOf(names: readonly string[], { lock, platform }: { lock: Lock; platform: Platform }): string[] {
  const found = new Set<string>();
  const visit = (name: string, from: string): void => {
    const folder = resolveIn(lock, { name, from });
    if (folder === undefined || found.has(folder)) return;
    const entry = lock[folder] ?? {};
    if (!isFor(platform, entry)) return;
    found.add(folder);
    for (const needed of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) visit(needed, folder);
  };
  for (const name of names) visit(name, '');
  return [...found].sort();
}

/** Node's own rule: the nearest `node_modules`, from the inside out. */
function resolveIn(lock: Lock, { name, from }: { name: string; from: string }): string | undefined {
  for (let folder = from; folder !== ''; folder = parentOf(folder)) {
    const inside = `${folder}/node_modules/${name}`;
    if (lock[inside]) return inside;
  }
  const top = `node_modules/${name}`;
  return lock[top] ? top : undefined;
}

function parentOf(folder: string): string {
  return folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')));
}

function defaultCache(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'lanspread');
}

/**
 * A folder with the `node_modules` of that platform, as `npm ci` makes it: kept for the next time under a name that
 * follows from the lock file. Errors: `PACKAGES_UNAVAILABLE`.
 */
export async function installLocked(
  platform: Platform,
  { repository, cache = defaultCache() }: { repository: string; cache?: string },
): Promise<string> {
  const files = ['package.json', 'package-lock.json'];
  const digest = createHash('sha256');
  for (const file of files) digest.update(await readFile(join(repository, file)));
  const target = join(cache, 'packages', `${platform.name}-${digest.digest('hex').slice(0, 16)}`);
  if (existsSync(target)) return target;
  await mkdir(dirname(target), { recursive: true });
  // It gets its name when it is complete, so one that was broken off is made again.
  const making = await mkdtemp(`${target}.making-`);
  try {
    for (const file of files) await copyFile(join(repository, file), join(making, file));
    await npmInstall(platform, making);
    await rename(making, target);
  } catch (error) {
    // Another build may have been faster.
    if (existsSync(target)) return target;
    throw new PackageError(
      'PACKAGES_UNAVAILABLE',
      `The packages of ${platform.name} could not be fetched: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return target;
}

async function npmInstall(platform: Platform, folder: string): Promise<void> {
  const flags = [`--os=${platform.os}`, `--cpu=${platform.cpu}`];
  if (platform.libc) flags.push(`--libc=${platform.libc}`);
  const quiet = ['--ignore-scripts', '--omit=dev', '--prefer-offline', '--loglevel=error', '--no-audit', '--no-fund'];
  await run('npm', ['ci', ...flags, ...quiet], {
    cwd: folder,
    timeout: installLimitMs,
    maxBuffer: 16 * 1024 * 1024,
    shell: process.platform === 'win32',
  });
}
