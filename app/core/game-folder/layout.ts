/** The paths in a game folder. */
import { join } from 'node:path';
import { ownNames } from '../base/index.ts';

export interface RootLayout {
  /** The game folder. */
  readonly root: string;
  readonly sentinel: string;
  readonly sentinelTemporary: string;
  readonly sentinelParked: string;
  readonly local: string;
  readonly staging: string;
  readonly backup: string;
}

export function layoutOf(root: string): RootLayout {
  return {
    root,
    sentinel: join(root, ownNames.sentinel),
    sentinelTemporary: join(root, ownNames.sentinelTemporary),
    sentinelParked: join(root, ownNames.sentinelParked),
    local: join(root, ownNames.local),
    staging: join(root, ownNames.staging),
    backup: join(root, ownNames.backup),
  };
}

/** The files that an interrupted download may leave of its sentinel. */
export function sentinelTransientsOf({
  sentinelTemporary,
  sentinelParked,
}: Pick<RootLayout, 'sentinelTemporary' | 'sentinelParked'>): readonly string[] {
  return [sentinelTemporary, sentinelParked];
}

export function markerOf(directory: string): string {
  return join(directory, ownNames.marker);
}

/** The folder of one game in a games folder. */
export function gameFolderOf(gamesDir: string, gameId: string): string {
  return join(gamesDir, gameId);
}
