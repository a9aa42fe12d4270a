export type { InstallContext, RecoveryContext } from './context.ts';
export { streamingFileHasher, type HashFile } from './staging.ts';
export { importLegacyJournals, type LegacyContext, type LegacyOutcome } from './legacy-import.ts';
export { createInstaller, type Installer } from './installer.ts';
export { installedRootOf } from './receive-tree.ts';
export { settleLinks } from './links.ts';
export { checkPayload, probeHeadBytes, type InstallProblem } from './payload.ts';
export { openPayloadContent } from './payload-content.ts';
export { boundsOf, defaultBombLimits, planInstall, type BombLimits } from './plan.ts';
export { archiveScore, type ArchiveRules } from './split-payload.ts';
export { recover, type RecoveryReport } from './recover.ts';
export type { RecoveryAction } from './recover-root.ts';
export {
  lastRecovery,
  rememberRecovery,
  tellRecovery,
  type RecoveryRun,
  type RecoveryTale,
} from './recovery-report.ts';
export type { RecoveryStep } from './recovery-table.ts';
export type * from './types.ts';
export { volumeSets } from './volumes.ts';
