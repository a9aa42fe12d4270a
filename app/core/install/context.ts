import type { Clock, FileSystem, GameId, Logger } from '../base/index.ts';
import type { State } from '../state/index.ts';
import type { HashFile } from './staging.ts';
import type { BombLimits } from './plan.ts';
import type { ArchiveRules } from './split-payload.ts';
import type { RootLocks } from '../game-folder/index.ts';
import type { Unpacker } from '../content/index.ts';

/** The outside world of an install. */
export interface InstallContext {
  readonly fileSystem: FileSystem;
  readonly state: Pick<State, 'intents' | 'library' | 'inventory' | 'partials' | 'transaction'>;
  /** The enabled unpackers, in the user's order. */
  readonly unpackers: () => readonly Unpacker[];
  readonly hashFile: HashFile;
  /** Shared by recovery and operations. */
  readonly locks: RootLocks;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: BombLimits;
  /** How often the size of staging is checked while a tool unpacks, in milliseconds. Default: 1 s. */
  readonly growthCheckMs?: number;
  /** The catalog's `keep` patterns of a game: unpacked files that survive an update if they were changed. */
  readonly keepPatterns: (gameId: GameId) => readonly string[];
  /** The catalog's rules for a game's archives. */
  readonly archiveRules: (gameId: string) => ArchiveRules;
  /** Only games of the catalog may be removed: see `removeDownload`. */
  readonly isInCatalog: (gameId: string) => boolean;
  readonly gamesDir: () => string;
}

/** The outside world of recovery. */
export type RecoveryContext = Pick<InstallContext, 'fileSystem' | 'hashFile' | 'locks' | 'clock' | 'logger' | 'state'>;
