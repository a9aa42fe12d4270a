/**
 * Recovery in the core: first the journals of earlier launchers, then every game folder. The result is reported and stored,
 * and a run can be repeated.
 */
import type { GameId } from '../base/index.ts';
import type { Ground } from './ground.ts';
import {
  importLegacyJournals,
  recover,
  rememberRecovery,
  streamingFileHasher,
  tellRecovery,
  type HashFile,
  type LegacyContext,
} from '../install/index.ts';
import { RootLocks } from '../game-folder/index.ts';

interface GameRecovery {
  readonly hashFile: HashFile;
  readonly locks: RootLocks;
  /**
   * Brings every game of a games folder into a finished state. Skips games with a running operation, and changes nothing when
   * the folder is missing.
   */
  run(options: { gamesDir: string; isActive?: (gameId: GameId) => boolean }): Promise<void>;
}

export function createGameRecovery(ground: Ground): GameRecovery {
  const { fileSystem, state, clock, logger, events, options, stateMovedAside } = ground;
  const hashFile = streamingFileHasher(fileSystem);
  const locks = new RootLocks();
  const context: LegacyContext = { fileSystem, state, hashFile, locks, clock, logger, stateDir: options.stateDir };
  // Only the first run reports that a database was moved aside.
  let movedAside = stateMovedAside;
  return {
    hashFile,
    locks,
    async run({ gamesDir, isActive = () => false }) {
      const legacy = await importLegacyJournals(context, { gamesDir, isActive });
      const report = await recover(context, { gamesDir, isActive });
      const tales = tellRecovery(report, legacy);
      const aside = movedAside !== undefined && { stateMovedAside: movedAside };
      movedAside = undefined;
      const at = new Date(clock.now()).toISOString();
      const { judged, reason } = report;
      const run = { at, gamesDir, judged, ...(reason !== undefined && { reason }), tales, ...aside };
      await rememberRecovery(fileSystem, options.stateDir, run).catch((error: unknown) =>
        logger.warn({ err: error }, 'what recovery did could not be kept'),
      );
      if (tales.length > 0 || aside) events.emit({ event: 'recovery-done', actions: tales, ...aside });
    },
  };
}
