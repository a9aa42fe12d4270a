/**
 * The one connection to the database. Single commits are not flushed to the disk (`synchronous=NORMAL`) unless they are made
 * `durably`. One connection serves both kinds: a flushed commit also flushes all earlier ones, and a transaction may touch a
 * journal table and a cache table together.
 */
import type Sqlite from 'better-sqlite3';
import { LanspreadError } from '../base/index.ts';
import type { Reserve } from './reserve.ts';
import type { Row } from './row.ts';
import { coded, isFatal } from './sqlite-error.ts';

type Value = string | number | bigint | Uint8Array | null;

interface Query<Parameters extends Value[], T> {
  get(...parameters: Parameters): T | undefined;
  all(...parameters: Parameters): T[];
}

/** Runs a statement and returns how many rows it changed. */
type Command<Parameters extends Value[]> = (...parameters: Parameters) => number;

interface ConnectionOptions {
  /** Gets a fatal error, see `isFatal`; the error is thrown as well. */
  readonly onFatal?: (error: LanspreadError) => void;
  readonly reserve?: Pick<Reserve, 'secure'> | undefined;
}

export class Connection implements Disposable {
  readonly #database: Sqlite.Database;

  readonly #options: ConnectionOptions;

  /** Takes over an open database; closes it when disposed. */
  constructor(database: Sqlite.Database, options: ConnectionOptions = {}) {
    this.#database = database;
    this.#options = options;
    coded(() => {
      database.pragma('journal_mode = WAL');
      database.pragma('foreign_keys = ON');
      database.pragma('busy_timeout = 5000');
      database.pragma('synchronous = NORMAL');
      // On macOS a plain fsync leaves data in the drive's cache. These settings make FULL reach the disk.
      database.pragma('fullfsync = ON');
      database.pragma('checkpoint_fullfsync = ON');
    });
  }

  /** Prepares a reading statement, once. */
  query<Parameters extends Value[], T>(sql: string, parse: (row: Row) => T): Query<Parameters, T> {
    const statement = coded(() => this.#database.prepare<Parameters, Row>(sql));
    return {
      get: (...parameters) =>
        this.#coded(() => {
          const row = statement.get(...parameters);
          return row === undefined ? undefined : parse(row);
        }),
      all: (...parameters) => this.#coded(() => statement.all(...parameters).map(parse)),
    };
  }

  /** Prepares a writing statement, once. */
  command<Parameters extends Value[]>(sql: string): Command<Parameters> {
    const statement = coded(() => this.#database.prepare<Parameters>(sql));
    return (...parameters) => this.#coded(() => statement.run(...parameters).changes);
  }

  /** Runs `work` in one transaction, or in a savepoint of the running one; rolls back when it throws. */
  transaction<T>(work: () => T): T {
    return this.#coded(() => this.#database.transaction(work).immediate());
  }

  /**
   * A transaction that is on the disk when this returns. Inside another transaction it is only as durable as that one,
   * because SQLite decides per transaction.
   */
  durably<T>(work: () => T): T {
    if (this.#database.inTransaction) return this.transaction(work);
    return this.#coded(() => {
      this.#database.pragma('synchronous = FULL');
      try {
        return this.#database.transaction(work).immediate();
      } finally {
        this.#database.pragma('synchronous = NORMAL');
      }
    });
  }

  [Symbol.dispose](): void {
    coded(() => this.#database.close());
  }

  #coded<T>(work: () => T): T {
    try {
      // A full disk rolls the whole transaction back, so only the outermost work may be tried again.
      const { reserve } = this.#options;
      return reserve && !this.#database.inTransaction ? reserve.secure(() => coded(work)) : coded(work);
    } catch (error) {
      if (error instanceof LanspreadError && isFatal(error)) this.#options.onFatal?.(error);
      throw error;
    }
  }
}
