/**
 * Describes in words the work of recovery and the problems that it left to a person. It is for the event, and it is
 * kept in the state folder so that `lanspread doctor` can show it with or without a running core.
 */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import {
  isNotFound,
  LanspreadError,
  parseJsonWith,
  toLanspreadError,
  writeFileAtomic,
  type FileSystem,
} from '../base/index.ts';
import type { LegacyOutcome } from './legacy-import.ts';
import type { RecoveryReport } from './recover.ts';
import type { RecoveryAction } from './recover-root.ts';
import type { RecoveryStep } from './recovery-table.ts';

const fileName = 'recovery.json';
const mostBytes = 4 * 1024 * 1024;

const taleSchema = z.object({
  gameId: z.string(),
  /** The action or the finding, as a sentence. */
  action: z.string(),
  /** What a person must do about it. */
  advice: z.string().optional(),
  /** The absolute paths that the advice is about. Once none of them exists any more, it is settled. */
  paths: z.array(z.string()).optional(),
});
/** One thing that recovery did or found. */
export type RecoveryTale = z.infer<typeof taleSchema>;

const runSchema = z.object({
  /** ISO 8601. */
  at: z.string(),
  gamesDir: z.string(),
  /** False: the games folder was missing or did not answer; `reason` explains it. */
  judged: z.boolean(),
  reason: z.string().optional(),
  tales: z.array(taleSchema),
  stateMovedAside: z.string().optional(),
});
export type RecoveryRun = z.infer<typeof runSchema>;

const fileSchema = z.object({
  formatVersion: z.literal(1),
  latest: runSchema,
  /** The last run that did or found anything, if that is not the latest. */
  eventful: runSchema.optional(),
});
type RecoveryMemory = z.infer<typeof fileSchema>;

const words: Record<RecoveryStep, string> = {
  'delete-staging': 'deleted the unfinished install',
  'delete-backup': 'deleted the tree of before',
  'restore-backup': 'restored the earlier install',
  'set-local-aside': 'set a stray local folder aside',
  'record-installed': 'found the install complete',
  'record-not-installed': 'found nothing installed',
  'clear-intent': 'closed the journal',
  'sweep-sentinel-transients': 'swept leftovers of the version file',
  'forget-partial': 'found the download complete',
  'delete-root-if-made': 'deleted the empty folder',
  'finish-removing': 'finished removing the download',
};

/** Pure. */
export function tellRecovery(
  { actions }: Pick<RecoveryReport, 'actions'>,
  legacy: readonly LegacyOutcome[] = [],
): RecoveryTale[] {
  return [...legacy.flatMap(tellLegacy), ...actions.map(tellAction)];
}

function tellAction({ gameId, root, steps, report, advice, paths = [root], error }: RecoveryAction): RecoveryTale {
  const done = steps.map((step) => words[step]).join(', ');
  if (error !== undefined) {
    const reason = toLanspreadError(error, 'IO_ERROR').message;
    return {
      gameId,
      action: `could not be settled: ${reason}${done === '' ? '' : ` (before that: ${done})`}`,
      advice: 'Check the disk and the permissions of the folder; the next start tries again.',
      paths: [root],
    };
  }
  const action = [report, done].filter(Boolean).join('; ');
  return { gameId, action, ...(advice !== undefined && { advice, paths: [...paths] }) };
}

function tellLegacy(outcome: LegacyOutcome): RecoveryTale[] {
  const { gameId, kind } = outcome;
  const what = 'the journal of an earlier launcher';
  if (kind === 'imported')
    return [{ gameId, action: `took over ${what}${outcome.intent ? ` (${outcome.intent} was under way)` : ''}` }];
  if (kind === 'set-aside')
    return [{ gameId, action: `could not read ${what} and set it aside as ${outcome.to}: ${outcome.reason}` }];
  return [
    {
      gameId,
      action: `left ${what} alone: ${outcome.reason}`,
      advice: `Delete ${outcome.path} if you no longer use the launcher that made it.`,
      paths: [outcome.path],
    },
  ];
}

/** Stores a run, and beside it the last eventful run before it. Errors: the file system's. */
export async function rememberRecovery(fileSystem: FileSystem, stateDir: string, run: RecoveryRun): Promise<void> {
  const before = await lastRecovery(fileSystem, stateDir);
  const isEventful = ({ tales, stateMovedAside }: RecoveryRun): boolean =>
    tales.length > 0 || stateMovedAside !== undefined;
  const eventful = before && (isEventful(before.latest) ? before.latest : before.eventful);
  const memory: RecoveryMemory = { formatVersion: 1, latest: run, ...(!isEventful(run) && eventful && { eventful }) };
  const path = join(stateDir, fileName);
  await writeFileAtomic(fileSystem, { path, data: `${JSON.stringify(memory, null, 2)}\n` });
  // The file names games and folders, so other users of the PC may not read it.
  await chmod(path, 0o600);
}

/** The stored runs; undefined when there are none or they cannot be read. Errors: the file system's. */
export async function lastRecovery(fileSystem: FileSystem, stateDir: string): Promise<RecoveryMemory | undefined> {
  try {
    const path = join(stateDir, fileName);
    if ((await fileSystem.stat(path)).sizeBytes > mostBytes) return undefined;
    const text = (await fileSystem.readFile(path)).toString('utf8');
    return parseJsonWith(fileSchema, text, { what: 'recovery report', code: 'IO_ERROR' });
  } catch (error) {
    if (isNotFound(error) || error instanceof LanspreadError) return undefined;
    throw error;
  }
}
