/** Files and folders that other users of this PC must not read. Windows has its own access rules. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { systemCode, toLanspreadError } from '../base/index.ts';

/** Makes the folder with mode 0700, unless it exists. */
export function makePrivateDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw toLanspreadError(error, 'IO_ERROR');
  }
}

/**
 * Makes an empty file with mode 0600, unless it exists; returns whether it made it. An existing file is not opened, because
 * closing it would drop the POSIX locks that SQLite holds on it in this process.
 */
export function makePrivateFile(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw toLanspreadError(error, 'IO_ERROR');
  }
}
