/** The files that a person starts: one for a screen, one for the command line. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findMakeNsis, runMakeNsis } from './makensis.ts';
import { PackageError } from './package-error.ts';
import { nodePackageOf } from './program-files.ts';
import type { Platform } from './platforms.ts';

/** Where the Node of a version lies, below the version's folder. */
export function nodePath(platform: Platform): string {
  const separator = platform.os === 'win32' ? '\\' : '/';
  const name = platform.os === 'win32' ? 'node.exe' : 'node';
  return ['node_modules', nodePackageOf(platform), 'bin', name].join(separator);
}

/** Fills in the template's `@NAME@`. */
export async function fillTemplate(name: string, values: Readonly<Record<string, string>>): Promise<string> {
  const text = await readFile(new URL(`templates/${name}`, import.meta.url), 'utf8');
  return text.replaceAll(/@(\w+)@/g, (whole, key: string) => values[key] ?? whole);
}

export interface StartFilesOptions {
  readonly platform: Platform;
  readonly repository: string;
  readonly version: string;
  readonly tell: (line: string) => void;
}

/** Writes the start files of the platform. */
export async function writeStartFiles(folder: string, options: StartFilesOptions): Promise<void> {
  const { platform } = options;
  const values = { NODE: nodePath(platform) };
  if (platform.os === 'win32') {
    await writeWindowsText(join(folder, 'lanspread.cmd'), await fillTemplate('lanspread.cmd', values));
    await writeWindowsProgram(folder, options);
    return;
  }
  await writeFile(join(folder, 'lanspread'), await fillTemplate('lanspread.sh', values));
  await chmod(join(folder, 'lanspread'), 0o755);
}

/** `Lanspread.exe`, which opens no console window; where NSIS cannot be had, a script that does the same without an icon. */
async function writeWindowsProgram(
  folder: string,
  { platform, repository, version, tell }: StartFilesOptions,
): Promise<void> {
  const values = { NODE: nodePath(platform) };
  const work = await mkdtemp(join(tmpdir(), 'lanspread-nsis-'));
  try {
    const makeNsis = await findMakeNsis();
    const script = join(work, 'launcher.nsi');
    const icon = join(repository, 'app', 'shell', 'nw', 'app', 'icon.ico');
    const program = { ...values, VERSION: version, ICON: icon, OUT: join(folder, 'Lanspread.exe') };
    await writeFile(script, await fillTemplate('launcher.nsi', program));
    await runMakeNsis(makeNsis, script);
  } catch (error) {
    if (!(error instanceof PackageError)) throw error;
    tell(`${error.message} [${error.code}] Lanspread.vbs takes the place of Lanspread.exe.`);
    await writeWindowsText(join(folder, 'Lanspread.vbs'), await fillTemplate('Lanspread.vbs', values));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Windows' own interpreters want lines that end with CR and LF. */
async function writeWindowsText(path: string, text: string): Promise<void> {
  await writeFile(path, text.replaceAll('\n', '\r\n'));
}
