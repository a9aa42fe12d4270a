/** The files that an installed Lanspread has next to its versions. A checkout has none of them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programDirOf } from '../boot/program-dir.mjs';
import { markStarted } from '../boot/start-record.mjs';
import type { CoreOptions } from '../core/core.ts';

const versionDir = fileURLToPath(new URL('../..', import.meta.url));

const programDir: string | undefined = programDirOf(versionDir);

/** The catalog and the initial settings that the maker of the package may have added. */
export function installedOptions(): Pick<CoreOptions, 'fallbackCatalogFile' | 'presets'> {
  if (programDir === undefined) return {};
  const catalog = join(programDir, 'catalog.json');
  const presets = readPresets(join(programDir, 'presets.json'));
  return { ...(existsSync(catalog) && { fallbackCatalogFile: catalog }), ...(presets && { presets }) };
}

/** Reports and skips an unusable file: a wrong preset must not keep anybody from playing. */
function readPresets(path: string): Record<string, unknown> | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const presets: unknown = JSON.parse(readFileSync(path, 'utf8'));
    // The check above proves that it is an object; the core parses each value.
    if (typeof presets === 'object' && presets !== null && !Array.isArray(presets))
      return presets as Record<string, unknown>;
    throw new Error('it is not an object of settings');
  } catch (error) {
    process.stderr.write(
      `lanspread: the presets in ${path} are not used: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return undefined;
  }
}

/** Notes that this version works with this state, so that the launcher does not return to the version before. */
export function tellStarted(stateDir: string, version: string): void {
  if (programDir !== undefined) markStarted(stateDir, version);
}
