import { existsSync } from 'node:fs';

/**
 * The NW.js binary, when it is really there: the `nw` package installs without its runtime wherever the download failed,
 * and then names a file that does not exist.
 */
export async function findNwRuntime(): Promise<string | undefined> {
  try {
    const { findpath } = await import('nw');
    const path = await findpath('nwjs', { flavor: 'normal' });
    return existsSync(path) ? path : undefined;
  } catch {
    // The package itself is optional.
    return undefined;
  }
}
