import { satisfies } from 'semver';
import { LanspreadError } from '../../base/index.ts';
import type { ExtensionManifest } from './schema.ts';

/** The version of the API that extensions are written against: what `engines.lanspread` is compared with. */
export const extensionApiVersion = '1.0.0';

/** Throws `EXTENSION_INCOMPATIBLE` when the extension is made for other versions of the API. */
export function assertCompatible(
  { id, displayName, engines }: ExtensionManifest,
  apiVersion: string = extensionApiVersion,
): void {
  if (isCompatible(engines.lanspread, apiVersion)) return;
  throw new LanspreadError('EXTENSION_INCOMPATIBLE', {
    message: `${displayName} (${id}) is made for Lanspread ${engines.lanspread}; the extension API here is ${apiVersion}.`,
    details: { extensionId: id, wants: engines.lanspread, has: apiVersion },
  });
}

/** A range that is none fits no version. */
export function isCompatible(range: string, apiVersion: string = extensionApiVersion): boolean {
  return satisfies(apiVersion, range);
}
