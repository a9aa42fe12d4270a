/** Facts about the disk for the UI: the space a game takes, and whether a folder is suitable for games. */
import { access, constants } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isFullPath, LanspreadError, type FileSystem, type GameId } from '../../base/index.ts';
import type { Library } from '../../library/index.ts';
import type { FolderReport, GameDetails } from '../contract.ts';
import type { State } from '../../state/index.ts';
import { gameFolderOf } from '../../game-folder/index.ts';

interface DiskReportOptions {
  fileSystem: Pick<FileSystem, 'space' | 'stat'>;
  library: Pick<Library, 'get' | 'gamesDir'>;
  state: Pick<State, 'inventory'>;
}

/** Uses the sizes recorded when the game was fetched and installed; walks no folder. */
export async function diskOf(
  { fileSystem, library, state }: DiskReportOptions,
  gameId: GameId,
): Promise<GameDetails['disk']> {
  const local = library.get(gameId);
  const inventory = local?.installed ? state.inventory.get(gameFolderOf(library.gamesDir, gameId)) : [];
  const space = await fileSystem.space(library.gamesDir).catch(() => undefined);
  return {
    payloadBytes: local?.downloaded ? local.sizeBytes : 0,
    installedBytes: inventory.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    ...(space && { freeBytes: space.freeBytes }),
  };
}

/** Examines a folder, or the nearest existing one above it. Throws `INVALID_PATH`. */
export async function checkFolder(
  { fileSystem }: Pick<DiskReportOptions, 'fileSystem'>,
  given: string,
): Promise<FolderReport> {
  if (!isFullPath(given))
    throw new LanspreadError('INVALID_PATH', { message: 'The path of a folder begins at the root.' });
  const path = resolve(given);
  const exists = await isFolder(path, fileSystem);
  let nearest = path;
  while (!(await isFolder(nearest, fileSystem)) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  const writable = await access(nearest, constants.W_OK).then(
    () => true,
    () => false,
  );
  const { freeBytes, totalBytes } = await fileSystem.space(nearest);
  return { path, exists, writable, freeBytes, totalBytes };
}

async function isFolder(path: string, fileSystem: Pick<FileSystem, 'stat'>): Promise<boolean> {
  const found = await fileSystem.stat(path).catch(() => undefined);
  return found?.kind === 'directory';
}
