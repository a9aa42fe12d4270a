import type { Clock, FileSystem, GameId, Logger } from '../base/index.ts';
import type { State } from '../state/index.ts';
import type { HashFile } from './staging.ts';
import type { BombLimits } from './plan.ts';
import type { ArchiveRules } from './split-payload.ts';
import type { RootLocks } from '../game-folder/index.ts';
import type { Unpacker } from '../content/index.ts';

/** What installing needs of the world. */
export interface InstallContext {
  readonly fileSystem: FileSystem;
  readonly state: Pick<State, 'intents' | 'library' | 'inventory' | 'partials' | 'transaction'>;
  /** Those that are on now, in the user's order. */
  readonly unpackers: () => readonly Unpacker[];
  readonly hashFile: HashFile;
  /** The same for recovery and for operations. */
  readonly locks: RootLocks;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: BombLimits;
  /** How often the size of what is being unpacked is looked at, in milliseconds. Default: 1 s. */
  readonly growthCheckMs?: number;
  /** The catalog's `keep` patterns of a game: what of the unpacked files survives an update where it was changed. */
  readonly keepPatterns: (gameId: GameId) => readonly string[];
  /** The catalog's word on a game's archives. */
  readonly archiveRules: (gameId: string) => ArchiveRules;
  /** What may be removed: see `removeDownload`. */
  readonly isInCatalog: (gameId: string) => boolean;
  readonly gamesDir: () => string;
}

/** What recovery needs of the world. */
export type RecoveryContext = Pick<InstallContext, 'fileSystem' | 'hashFile' | 'locks' | 'clock' | 'logger' | 'state'>;
