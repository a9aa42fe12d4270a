/**
 * One core per state folder. The file `lock` is a tiny database: the holder commits a row about itself and then keeps a write
 * transaction open until it ends. The operating system releases that lock when the process ends, in whatever way. So a lock
 * is never stale, and a reused process id does no harm.
 */
import { randomUUID } from 'node:crypto';
import { truncateSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { LanspreadError, systemClock, toDisposable, type Clock } from '../base/index.ts';
import { makePrivateDirectory, makePrivateFile } from './private-files.ts';
import { numberOf, textOf, type Row } from './row.ts';
import { coded, sqliteCode, toStateError } from './sqlite-error.ts';

const lockName = 'lock';

/** How long a commit waits for a read of the row, or a read for a commit, in milliseconds. */
const waitMs = 2_000;

interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** The holder's program, e.g. `lanspread start`. */
  readonly what: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

interface LockOptions {
  /** The `what` of this process. Default: its script's name. */
  what?: string;
  clock?: Clock;
}

/** References to the held locks: the garbage collector would close a database without one, and release its lock. */
const held = new Set<Sqlite.Database>();

/**
 * Takes the lock until disposed. Throws `STATE_LOCKED` with the holder (`pid`, `host`, `what`, `since`) in its details when
 * another process, or this one, has it; `IO_ERROR` or `PERMISSION_DENIED` when the file cannot be opened.
 */
export function acquireLock(directory: string, { what, clock = systemClock }: LockOptions = {}): Disposable {
  makePrivateDirectory(directory);
  const path = join(directory, lockName);
  makePrivateFile(path);
  const token = randomUUID();
  const self: LockHolder = {
    pid: process.pid,
    host: hostname(),
    what: what ?? basename(process.argv[1] ?? process.title),
    since: clock.now(),
  };
  const database = coded(() => openLock(path), path);
  try {
    hold(database, self, token);
  } catch (error) {
    const refusal = sqliteCode(error) === 'SQLITE_BUSY' ? lockedBy(directory, readHolder(database, token)) : error;
    database.close();
    throw toStateError(refusal);
  }
  held.add(database);
  return toDisposable(() => {
    held.delete(database);
    coded(() => database.close());
  });
}

function openLock(path: string): Sqlite.Database {
  const open = (): Sqlite.Database => {
    const database = new Sqlite(path, { timeout: waitMs });
    try {
      // A power cut may damage this file without harm: see below.
      database.pragma('synchronous = OFF');
      database.prepare('SELECT count(*) FROM sqlite_schema').get();
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  };
  try {
    return open();
  } catch (error) {
    const code = sqliteCode(error);
    if (code !== 'SQLITE_NOTADB' && code !== 'SQLITE_CORRUPT') throw error;
    // Empties the file in place and never replaces it: a lock belongs to the file, not to its name.
    truncateSync(path);
    return open();
  }
}

/** Keeps a write transaction open. Fails with SQLITE_BUSY at once when another connection has one. */
function hold(database: Sqlite.Database, self: LockHolder, token: string): void {
  const begin = (): void => {
    database.pragma('busy_timeout = 0');
    database.exec('BEGIN IMMEDIATE');
    database.pragma(`busy_timeout = ${waitMs}`);
  };
  begin();
  database.exec(
    'CREATE TABLE IF NOT EXISTS holder (token TEXT, pid INTEGER, host TEXT, what TEXT, since INTEGER) STRICT',
  );
  database.exec('DELETE FROM holder');
  database
    .prepare('INSERT INTO holder (token, pid, host, what, since) VALUES (?, ?, ?, ?, ?)')
    .run(token, self.pid, self.host, self.what, self.since);
  database.exec('COMMIT');
  // Between the two transactions another process may come first. It is then the holder, and this one fails here.
  begin();
}

/**
 * The holder of the lock, once its row is committed; undefined when that takes too long. `token` marks this process's own
 * row.
 */
function readHolder(database: Sqlite.Database, token: string): LockHolder | undefined {
  database.pragma(`busy_timeout = ${waitMs}`);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (const end = performance.now() + waitMs; performance.now() < end; Atomics.wait(pause, 0, 0, 10)) {
    try {
      const row = database.prepare<[string], Row>('SELECT * FROM holder WHERE token <> ?').get(token);
      if (row) {
        const [pid, since] = [numberOf(row, 'pid'), numberOf(row, 'since')];
        return { pid, since, host: textOf(row, 'host'), what: textOf(row, 'what') };
      }
    } catch (error) {
      // The table does not exist yet, or the holder is writing: try again.
      const code = sqliteCode(error);
      if (code !== 'SQLITE_ERROR' && code !== 'SQLITE_BUSY') throw error;
    }
  }
  return undefined;
}

function lockedBy(directory: string, holder: LockHolder | undefined): LanspreadError {
  if (!holder) {
    return new LanspreadError('STATE_LOCKED', { details: { directory } });
  }
  const since = new Date(holder.since).toISOString();
  const where = holder.host === hostname() ? '' : ` on ${holder.host}`;
  return new LanspreadError('STATE_LOCKED', {
    message: `${holder.what} (process ${holder.pid}${where}, since ${since}) already uses the state directory ${directory}.`,
    details: { ...holder, since, directory },
  });
}
