/** Gives a browser the launcher's address in a file that only this user can read, instead of on its command line. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Errors: the file system's. */
export function writeOpeningPage(path: string, url: string): void {
  const target = JSON.stringify(url).replaceAll('<', '\\u003c');
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Created anew, because an existing file may be readable for others.
  rmSync(path, { force: true });
  const page = `<!doctype html><meta charset="utf-8"><title>Lanspread</title><script>location.replace(${target})</script>\n`;
  writeFileSync(path, page, { mode: 0o600, flag: 'wx' });
}
