/** The names directly in a game root that installing works with. */
import { join } from 'node:path';

export const markerName = '.lanspread_owned';
export const conflictPrefix = '.local.conflict-';

export interface RootLayout {
  readonly root: string;
  readonly sentinel: string;
  readonly sentinelTransients: readonly string[];
  readonly local: string;
  readonly staging: string;
  readonly backup: string;
}

export function layoutOf(root: string): RootLayout {
  return {
    root,
    sentinel: join(root, 'version.ini'),
    sentinelTransients: [join(root, '.version.ini.tmp'), join(root, '.version.ini.discarded')],
    local: join(root, 'local'),
    staging: join(root, '.local.installing'),
    backup: join(root, '.local.backup'),
  };
}

export function markerOf(directory: string): string {
  return join(directory, markerName);
}
