import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * The folder of an installed Lanspread: it holds the versions, the keys, the catalog and the settings to begin with.
 * @param {string} versionDir the folder with `app/`
 * @returns {string | undefined} undefined in a checkout
 */
export function programDirOf(versionDir) {
  const versions = dirname(versionDir.replace(/[\\/]+$/, ''));
  const programDir = dirname(versions);
  return basename(versions) === 'versions' && existsSync(join(programDir, 'current')) ? programDir : undefined;
}
