import { basename, dirname, resolve } from 'node:path';
import { asidePrefix, LanspreadError, ownNames, parseGameId, type EntryKind } from '../base/index.ts';
import type { InstallContext } from './context.ts';
import { finishRemoving } from './finish.ts';
import { isCopyOfInstall, layoutOf } from '../game-folder/index.ts';
import { isUnsettled, settleFirst } from './preconditions.ts';
import { exists } from './staging.ts';
import type { InstallRequest } from './types.ts';

/** The facts about a game folder that decide about its removal. */
export interface RemovalFacts {
  readonly isInCatalog: boolean;
  /** The game folder is `<gamesDir>/<gameId>`. */
  readonly isDirectChild: boolean;
  /** Undefined: not there. */
  readonly rootKind: EntryKind | undefined;
  readonly sentinelKind: EntryKind | undefined;
  /** Names directly in the game folder. */
  readonly names: readonly string[];
}

type NotRemovableReason =
  | 'not-in-catalog'
  | 'outside-games-folder'
  | 'not-there'
  | 'link'
  | 'not-a-folder'
  | 'not-downloaded'
  | 'installed'
  | 'install-unfinished'
  | 'conflict';

/** Why downloaded files may not be removed, or undefined when they may. Pure. */
export function whyNotRemovable(facts: RemovalFacts): NotRemovableReason | undefined {
  const names = facts.names.map((name) => name.toLowerCase());
  if (!facts.isInCatalog) return 'not-in-catalog';
  if (!facts.isDirectChild) return 'outside-games-folder';
  if (facts.rootKind === undefined) return 'not-there';
  if (facts.rootKind === 'symlink') return 'link';
  if (facts.rootKind !== 'directory') return 'not-a-folder';
  if (names.includes(ownNames.local)) return 'installed';
  if (names.includes(ownNames.staging) || names.includes(ownNames.backup)) return 'install-unfinished';
  if (names.some((name) => name.startsWith(asidePrefix) || isCopyOfInstall(name))) return 'conflict';
  if (facts.sentinelKind !== 'file') return 'not-downloaded';
  return undefined;
}

async function readFacts(
  { fileSystem, isInCatalog, gamesDir }: InstallContext,
  { root, gameId }: Omit<InstallRequest, 'version'>,
): Promise<RemovalFacts> {
  const kindOf = async (path: string): Promise<EntryKind | undefined> =>
    (await exists(fileSystem, path)) ? (await fileSystem.lstat(path)).kind : undefined;
  const rootKind = await kindOf(root);
  const isFolder = rootKind === 'directory';
  return {
    isInCatalog: isInCatalog(gameId),
    isDirectChild: dirname(resolve(root)) === resolve(gamesDir()) && basename(root) === parseGameId(gameId),
    rootKind,
    sentinelKind: isFolder ? await kindOf(layoutOf(root).sentinel) : undefined,
    names: isFolder ? (await fileSystem.list(root)).map(({ name }) => name) : [],
  };
}

/**
 * Throws `NOT_REMOVABLE` with the reason when the download may not be removed. An unfinished earlier operation is no
 * reason: `removeDownload` settles it first. Changes nothing.
 */
export async function assertRemovable(
  context: InstallContext,
  request: Omit<InstallRequest, 'version'>,
): Promise<void> {
  const reason = whyNotRemovable(await readFacts(context, request));
  if (reason === undefined || (reason === 'install-unfinished' && isUnsettled(context, request))) return;
  if ((reason === 'not-downloaded' || reason === 'not-there') && isHalfRemoved(context, request)) return;
  throw new LanspreadError('NOT_REMOVABLE', {
    message: `The downloaded files cannot be removed: ${reason}.`,
    details: { reason },
  });
}

/** Whether a removal of this game folder has begun to delete and did not finish: it can only go on. */
export function isHalfRemoved(
  { state }: Pick<InstallContext, 'state'>,
  { root }: Pick<InstallRequest, 'root'>,
): boolean {
  return state.intents.get(root)?.kind === 'Removing';
}

/**
 * Deletes the downloaded files: the sentinel first, so that a half-deleted download never counts as complete, then the
 * game folder. Errors: `NOT_REMOVABLE { reason }` (nothing changed), the file system's. While the sentinel is there,
 * nothing has changed; without it the next removal or recovery deletes the rest.
 */
export async function removeDownload(context: InstallContext, request: Omit<InstallRequest, 'version'>): Promise<void> {
  await settleFirst(context, request, {});
  await assertRemovable(context, request);
  const { state, clock, fileSystem, logger } = context;
  const { root, gameId } = request;
  const version = state.library.get(root)?.version ?? '';
  state.intents.put({ root, gameId, version, kind: 'Removing', madeRoot: false, startedAt: clock.now() });
  try {
    await finishRemoving(context, root);
  } catch (error) {
    if (await exists(fileSystem, layoutOf(root).sentinel)) state.intents.clear(root);
    throw error;
  }
  try {
    await fileSystem.syncDirectory(dirname(root));
    state.intents.clear(root);
  } catch (error) {
    logger.warn({ root, err: error }, 'That the download is gone could not be made durable; recovery will.');
  }
}
