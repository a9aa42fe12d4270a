/** NSIS, which makes Windows programs on any system. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PackageError } from './package-error.ts';

const run = promisify(execFile);
const fetchLimitMs = 2 * 60_000;

export interface MakeNsis {
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * `makensis` where it is installed; else, on Debian and its kin, the packages' files in a cache folder, without installing
 * them. Errors: `TOOL_MISSING`.
 */
export async function findMakeNsis({ env = process.env, cache = cacheOf(process.env) } = {}): Promise<MakeNsis> {
  const name = process.platform === 'win32' ? 'makensis.exe' : 'makensis';
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const installed = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (installed !== undefined) return { program: installed, env };
  try {
    return cached(existsSync(cache) ? cache : await fetchDebianPackages(cache));
  } catch (cause) {
    const message = 'makensis is missing: install NSIS (Debian: `apt-get install nsis`) and run this again.';
    throw new PackageError('TOOL_MISSING', message, { cause });
  }
}

function cacheOf(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'lanspread', 'nsis');
}

function cached(folder: string): MakeNsis {
  const usr = join(folder, 'usr');
  return {
    program: join(usr, 'bin', 'makensis'),
    env: { ...process.env, NSISDIR: join(usr, 'share', 'nsis'), NSISCONFDIR: join(folder, 'etc') },
  };
}

async function fetchDebianPackages(target: string): Promise<string> {
  await mkdir(dirname(target), { recursive: true });
  const making = await mkdtemp(`${target}.making-`);
  try {
    const options = { cwd: making, timeout: fetchLimitMs };
    await run('apt-get', ['download', 'nsis', 'nsis-common'], options);
    for (const file of await readdir(making)) await run('dpkg-deb', ['-x', file, '.'], options);
    await rename(making, target);
    return target;
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

/** Runs a script. Errors: the compiler's own, with its last lines. */
export async function runMakeNsis({ program, env }: MakeNsis, script: string): Promise<void> {
  // Without it the program would carry the time of its making.
  const reproducible = { ...env, SOURCE_DATE_EPOCH: '0' };
  await run(program, ['-V2', '-NOCD', script], { env: reproducible, maxBuffer: 16 * 1024 * 1024 });
}
