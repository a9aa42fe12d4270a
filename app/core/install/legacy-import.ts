/**
 * Takes over the journal of earlier launchers, `.lanspread.json` in a game folder. An operation that it names as
 * running becomes an intent of ours, which recovery then judges, and the file is deleted. The intent is stored before
 * that, so a crash in between only repeats the import. A file that is not a journal is set aside in the state folder.
 */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import {
  parseJsonWith,
  statOf,
  systemCode,
  throwIfAborted,
  toLanspreadError,
  type FileSystem,
  type GameId,
  type SignalOptions,
} from '../base/index.ts';
import { gameFolderOf, layoutOf, readSentinel } from '../game-folder/index.ts';
import type { RecoveryContext } from './context.ts';
import { listGameFolders } from '../game-folder/index.ts';
import type { Root } from './recover-root.ts';

export const legacyName = '.lanspread.json';
/** A journal holds a handful of words; a longer file is not one. */
const mostBytes = 64 * 1024;
const mostVersionLength = 200;

export type LegacyOutcome =
  /**
   * `intent`: the operation that recovery takes over; undefined when there was none, or when our own journal is newer.
   */
  | { readonly kind: 'imported'; readonly gameId: GameId; readonly intent: LegacyJournal['intent'] | undefined }
  /** `to`: its new absolute path. */
  | { readonly kind: 'set-aside'; readonly gameId: GameId; readonly to: string; readonly reason: string }
  /** Neither imported nor moved: it is not a plain file, or the disk failed. */
  | { readonly kind: 'left'; readonly gameId: GameId; readonly path: string; readonly reason: string };

export interface LegacyContext extends RecoveryContext {
  /** The absolute path of the state folder; unreadable journals are set aside in its `legacy/`. */
  readonly stateDir: string;
}

const version = z.string().trim().min(1).max(mostVersionLength).nullish().catch(undefined);
const journalSchema = z.object({
  intent: z.enum(['None', 'Installing', 'Updating', 'Uninstalling']),
  // Earlier launchers used different names for the version; the first one present counts.
  version,
  eti_version: version,
  etiVersion: version,
  targetVersion: version,
  target_version: version,
});

interface LegacyJournal {
  readonly intent: 'None' | 'Installing' | 'Updating' | 'Uninstalling';
  readonly version: string | undefined;
}

/** Parses a journal's bytes. Throws `BAD_REQUEST` with the reason in words. */
export function parseLegacyJournal(bytes: Uint8Array): LegacyJournal {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\ufeff/, '');
  const journal = parseJsonWith(journalSchema, text, { what: 'journal of an earlier launcher', code: 'BAD_REQUEST' });
  const { intent, eti_version, etiVersion, targetVersion, target_version } = journal;
  return {
    intent,
    version: journal.version ?? eti_version ?? etiVersion ?? targetVersion ?? target_version ?? undefined,
  };
}

interface LegacyImportOptions extends SignalOptions {
  /** Absolute. */
  readonly gamesDir: string;
  /** Game folders with a running operation are skipped. */
  readonly isActive?: (gameId: GameId) => boolean;
}

/**
 * Imports the journals of all game folders in a games folder. Does nothing if that folder is missing. Errors:
 * `CANCELLED`.
 */
export async function importLegacyJournals(
  context: LegacyContext,
  { gamesDir, isActive = () => false, signal }: LegacyImportOptions,
): Promise<LegacyOutcome[]> {
  const outcomes: LegacyOutcome[] = [];
  const folder = await listGameFolders(context.fileSystem, gamesDir);
  if (folder.kind === 'away') return outcomes;
  for (const gameId of folder.ids) {
    throwIfAborted(signal);
    const root = gameFolderOf(gamesDir, gameId);
    const look = async (): Promise<LegacyOutcome | undefined> =>
      isActive(gameId) ? undefined : await importOne(context, { root, gameId });
    const outcome = await context.locks.run(root, look, { signal });
    if (!outcome) continue;
    outcomes.push(outcome);
    const level = outcome.kind === 'imported' ? 'info' : 'warn';
    context.logger[level](outcome, 'The journal of an earlier launcher was looked at.');
  }
  return outcomes;
}

async function importOne(context: LegacyContext, { root, gameId }: Root): Promise<LegacyOutcome | undefined> {
  const { fileSystem } = context;
  const path = join(root, legacyName);
  try {
    const facts = await statOf(fileSystem, path);
    if (!facts) return undefined;
    // A link is not followed, and its target is not ours to move.
    if (facts.kind !== 'file') return { kind: 'left', gameId, path, reason: `it is a ${facts.kind}, not a file` };
    let journal: LegacyJournal;
    try {
      journal = parseLegacyJournal(await readSome(fileSystem, path));
    } catch (error) {
      const coded = toLanspreadError(error);
      if (coded.code !== 'BAD_REQUEST') throw error;
      return { kind: 'set-aside', gameId, to: await setAside(context, { path, gameId }), reason: coded.message };
    }
    const intent = await takeOver(context, { root, gameId }, journal);
    await fileSystem.deleteFile(path);
    await fileSystem.syncDirectory(root);
    return { kind: 'imported', gameId, intent };
  } catch (error) {
    return { kind: 'left', gameId, path, reason: toLanspreadError(error, 'IO_ERROR').message };
  }
}

/**
 * Reads one byte more than the limit: if it is there, the file is too long, and a text that is no JSON is returned
 * instead.
 */
async function readSome(fileSystem: FileSystem, path: string): Promise<Uint8Array> {
  await using file = await fileSystem.openToRead(path);
  const buffer = Buffer.alloc(mostBytes + 1);
  const count = await file.read(buffer, 0);
  return count > mostBytes ? Buffer.from('too long') : buffer.subarray(0, count);
}

/**
 * Turns the journal's operation into our intent. An intent of ours is always newer than a journal of an earlier
 * launcher.
 */
async function takeOver(
  { fileSystem, state, clock }: LegacyContext,
  { root, gameId }: Root,
  { intent, version: told }: LegacyJournal,
): Promise<LegacyJournal['intent'] | undefined> {
  if (state.intents.get(root)) return undefined;
  if (intent !== 'None') {
    const wanted = told ?? (await readSentinelOf(fileSystem, root)) ?? '';
    state.intents.put({ root, gameId, kind: intent, version: wanted, madeRoot: false, startedAt: clock.now() });
    return intent;
  }
  const isInstalled = (await statOf(fileSystem, layoutOf(root).local))?.kind === 'directory';
  if (isInstalled && told !== undefined && state.library.get(root)?.installedVersion === undefined)
    state.transaction(() => state.library.setInstalledVersion(root, gameId, told));
  return undefined;
}

async function readSentinelOf(fileSystem: FileSystem, root: string): Promise<string | undefined> {
  if ((await statOf(fileSystem, layoutOf(root).sentinel))?.kind !== 'file') return undefined;
  return (await readSentinel(fileSystem, root))?.version;
}

/** Moves it to `legacy/<game>-<time>.json` in the state folder, which may be on another disk. */
async function setAside(
  { fileSystem, stateDir, clock }: LegacyContext,
  { path, gameId }: { path: string; gameId: GameId },
): Promise<string> {
  const folder = join(stateDir, 'legacy');
  await fileSystem.makeDirectory(folder);
  const time = new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-');
  let to = join(folder, `${gameId}-${time}.json`);
  for (let number = 2; await statOf(fileSystem, to); number += 1) to = join(folder, `${gameId}-${time}-${number}.json`);
  try {
    await fileSystem.rename(path, to);
  } catch (error) {
    if (systemCode(error) !== 'EXDEV') throw error;
    await moveAcrossDisks(fileSystem, { path, to });
  }
  await fileSystem.syncDirectory(folder);
  await fileSystem.syncDirectory(dirname(path));
  return to;
}

/** Flushes the copy before the original is deleted; a partial copy is deleted. */
async function moveAcrossDisks(fileSystem: FileSystem, { path, to }: { path: string; to: string }): Promise<void> {
  try {
    await fileSystem.copyFile(path, to);
    await fileSystem.flushFile(to);
    await fileSystem.syncDirectory(dirname(to));
    await fileSystem.deleteFile(path);
  } catch (error) {
    if (await statOf(fileSystem, path)) await fileSystem.deleteFile(to).catch(() => undefined);
    throw error;
  }
}
