import { existsSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Sqlite from 'better-sqlite3';
import { LanspreadError, silentLogger, systemClock, toLanspreadError, type Clock, type Logger } from '../base/index.ts';
import { Connection } from './connection.ts';
import { applicationId, inspect } from './inspect.ts';
import { latestVersion, migrate, userVersion } from './migrate.ts';
import { migrations as releasedMigrations, type Migration } from './migrations/index.ts';
import { makePrivateDirectory, makePrivateFile } from './private-files.ts';
import { blockRepository } from './repositories/blocks.ts';
import { catalogRepository } from './repositories/catalog.ts';
import { downloadQueueRepository } from './repositories/download-queue.ts';
import { extensionRepository } from './repositories/extensions.ts';
import { intentRepository } from './repositories/intents.ts';
import { inventoryRepository } from './repositories/inventory.ts';
import { libraryRepository } from './repositories/library.ts';
import { partialRepository } from './repositories/partials.ts';
import { payloadRepository } from './repositories/payloads.ts';
import { peerRepository } from './repositories/peers.ts';
import { playSessionRepository } from './repositories/play-sessions.ts';
import { settingsRepository } from './repositories/settings.ts';
import type { Reserve } from './reserve.ts';
import { coded } from './sqlite-error.ts';
import { StateWatch } from './state-watch.ts';
import type { State } from './types.ts';

export const databaseName = 'lanspread.db';

interface OpenStateOptions {
  /** The state folder; created with mode 0700 when it does not exist. */
  directory: string;
  logger?: Logger;
  clock?: Clock;
  /** Space that is released when the disk is full. */
  reserve?: Pick<Reserve, 'secure'>;
  /** Only for tests of migrations. */
  migrations?: readonly Migration[];
}

export interface OpenedState {
  state: State;
  /** The new place of the former database, when it was unusable and a new one was started. */
  movedAside?: string;
  /** Resolves when the signal aborts; rejects when the database can no longer be trusted. */
  watch(signal: AbortSignal): Promise<void>;
}

/**
 * Opens the database of a state folder; creates or migrates it. Moves a damaged or foreign database aside and starts a new
 * one. The caller holds the folder's lock. Throws `STATE_TOO_NEW` (having changed nothing), `IO_ERROR`, `PERMISSION_DENIED`,
 * `DISK_FULL`.
 */
export function openState(options: OpenStateOptions): OpenedState {
  const { logger = silentLogger, clock = systemClock, migrations = releasedMigrations } = options;
  const directory = resolve(options.directory);
  makePrivateDirectory(directory);
  const path = join(directory, databaseName);
  const inspection = inspect(path);
  if (inspection.kind === 'sound') refuseNewer(inspection.version, migrations);
  const opening = { directory, path, logger, clock, migrations, reserve: options.reserve };
  const asideAndAnew = (reason: string): OpenedState => {
    const movedAside = moveAside(path, clock.now());
    logger.warn({ movedAside, reason }, 'The database could not be used; it was moved aside and begun anew.');
    return { ...open(opening), movedAside };
  };
  if (inspection.kind === 'corrupt') return asideAndAnew(inspection.reason);
  try {
    return open(opening);
  } catch (error) {
    if (!(error instanceof LanspreadError) || error.code !== 'STATE_CORRUPT') throw error;
    return asideAndAnew(error.message);
  }
}

function refuseNewer(version: number, migrations: readonly Migration[]): void {
  const latest = latestVersion(migrations);
  if (version <= latest) return;
  throw new LanspreadError('STATE_TOO_NEW', {
    message: `The database was written by a newer Lanspread (its version is ${version}, this one knows ${latest}).`,
    details: { version, latest },
  });
}

/** Renames the database and its log to a name with the time; both still belong together. */
function moveAside(path: string, atMs: number): string {
  const time = new Date(atMs).toISOString().replaceAll(/[-:]/g, '');
  const plain = `${path}.corrupt-${time}`;
  let target = plain;
  for (let count = 2; existsSync(target) || existsSync(`${target}-wal`); count += 1) target = `${plain}-${count}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (!existsSync(path + suffix)) continue;
    try {
      renameSync(path + suffix, target + suffix);
    } catch (error) {
      throw toLanspreadError(error, 'IO_ERROR');
    }
  }
  return target;
}

interface Opening {
  directory: string;
  path: string;
  logger: Logger;
  clock: Clock;
  migrations: readonly Migration[];
  reserve: Pick<Reserve, 'secure'> | undefined;
}

function open({ directory, path, logger, clock, migrations, reserve }: Opening): OpenedState {
  // SQLite gives the log and the shared memory the same mode as the database.
  makePrivateFile(path);
  using undo = new DisposableStack();
  const database = coded(() => new Sqlite(path, { timeout: 5_000 }), path);
  const health = new StateWatch(path, clock);
  const onFatal = (error: LanspreadError): void => health.fail(error);
  const connection = undo.adopt(new Connection(database, { onFatal, reserve }), (opened) => opened[Symbol.dispose]());
  if (userVersion(database) === 0) coded(() => database.pragma(`application_id = ${applicationId}`));
  migrate(database, { path, migrations, logger });
  const repositories = openRepositories(connection);
  const owned = undo.move();
  const state: State = {
    directory,
    ...repositories,
    transaction: (work) => connection.durably(work),
    [Symbol.dispose]: () => owned.dispose(),
  };
  return { state, watch: (signal) => health.watch(signal) };
}

/** Prepares every statement, which also checks that every table exists. */
function openRepositories(connection: Connection): Omit<State, 'directory' | 'transaction' | typeof Symbol.dispose> {
  try {
    return {
      settings: settingsRepository(connection),
      catalog: catalogRepository(connection),
      library: libraryRepository(connection),
      blocks: blockRepository(connection),
      intents: intentRepository(connection),
      partials: partialRepository(connection),
      downloadQueue: downloadQueueRepository(connection),
      payloads: payloadRepository(connection),
      inventory: inventoryRepository(connection),
      peers: peerRepository(connection),
      playSessions: playSessionRepository(connection),
      extensions: extensionRepository(connection),
    };
  } catch (cause) {
    if (!(cause instanceof LanspreadError) || cause.code !== 'IO_ERROR') throw cause;
    throw new LanspreadError('STATE_CORRUPT', { message: cause.message, cause });
  }
}
