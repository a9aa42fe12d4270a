import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

/** The place of the runtime in a package made with `--runtime`. */
const packaged = fileURLToPath(new URL('../../../nw', import.meta.url));
const programs: Partial<Record<NodeJS.Platform, string>> = {
  win32: 'nw.exe',
  linux: 'nw',
  darwin: 'nwjs.app/Contents/MacOS/nwjs',
};

/**
 * The NW.js binary, if it exists: in the package, or where `npm run get-nw` puts it. The `nw` package also installs without
 * its runtime when the download fails, and then names a file that does not exist.
 */
export async function findNwRuntime(folder = packaged): Promise<string | undefined> {
  const program = join(folder, programs[process.platform] ?? 'nw');
  if (existsSync(program)) return program;
  try {
    const { findpath } = await import('nw');
    const path = await findpath('nwjs', { flavor: 'normal' });
    return existsSync(path) ? path : undefined;
  } catch {
    // The `nw` package is optional.
    return undefined;
  }
}
