/** Files and folders that other users of this PC have no business in. Windows has its own access rules. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { systemCode, toLanspreadError } from '../base/index.ts';

/** Makes the folder, mode 0700, unless it is there. */
export function makePrivateDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw toLanspreadError(error, 'IO_ERROR');
  }
}

/**
 * Makes an empty file, mode 0600, unless it is there; tells whether it made it. A file that is there is not opened:
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
