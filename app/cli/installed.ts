/** What an installed Lanspread finds beside its versions. In a checkout there is nothing of it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programDirOf } from '../boot/program-dir.mjs';
import { markStarted } from '../boot/start-record.mjs';
import type { CoreOptions } from '../core/core.ts';

const versionDir = fileURLToPath(new URL('../..', import.meta.url));

const programDir: string | undefined = programDirOf(versionDir);

/** The catalog and the settings to begin with, where whoever made the package added them. */
export function installedOptions(): Pick<CoreOptions, 'fallbackCatalogFile' | 'presets'> {
  if (programDir === undefined) return {};
  const catalog = join(programDir, 'catalog.json');
  const presets = readPresets(join(programDir, 'presets.json'));
  return { ...(existsSync(catalog) && { fallbackCatalogFile: catalog }), ...(presets && { presets }) };
}

/** A file that cannot be used is told and left out: a wrong preset keeps nobody from playing. */
function readPresets(path: string): Record<string, unknown> | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const presets: unknown = JSON.parse(readFileSync(path, 'utf8'));
    // An object, as the line itself makes sure; the core parses each value.
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

/** This version works with this state: from now on it is not taken back. */
export function tellStarted(stateDir: string, version: string): void {
  if (programDir !== undefined) markStarted(stateDir, version);
}
