/** The packages of the lock file, as `npm ci` brings them on Windows. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from './command.ts';

/** Fills an empty folder with `node_modules`. Throws `CommandFailed`. */
export async function bringPackages(folder: string, checkout: string): Promise<void> {
  for (const name of ['package.json', 'package-lock.json']) await copyFile(join(checkout, name), join(folder, name));
  const options = ['--os=win32', '--cpu=x64', '--ignore-scripts', '--no-audit', '--no-fund'];
  await must('npm', ['ci', ...options], { cwd: folder });
}
