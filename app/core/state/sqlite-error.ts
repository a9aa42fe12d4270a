import Sqlite from 'better-sqlite3';
import { errorTable, LanspreadError, type ErrorCode } from '../base/index.ts';

/** The primary result code (`SQLITE_CORRUPT`) of an extended one (`SQLITE_CORRUPT_INDEX`); undefined for other errors. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Sqlite.SqliteError)) return undefined;
  return error.code.split('_', 2).join('_');
}

const codes: Record<string, ErrorCode> = {
  SQLITE_FULL: 'DISK_FULL',
  SQLITE_CORRUPT: 'STATE_CORRUPT',
  SQLITE_NOTADB: 'STATE_CORRUPT',
  SQLITE_PERM: 'PERMISSION_DENIED',
  SQLITE_READONLY: 'PERMISSION_DENIED',
};

const fatal: ReadonlySet<string> = new Set(['SQLITE_CORRUPT', 'SQLITE_NOTADB', 'SQLITE_IOERR', 'SQLITE_READONLY']);
/** A full disk, too many open files or too little memory look like this, and pass. */
const passing: ReadonlySet<string> = new Set([
  'SQLITE_IOERR_SHMSIZE',
  'SQLITE_IOERR_SHMOPEN',
  'SQLITE_IOERR_SHMMAP',
  'SQLITE_IOERR_NOMEM',
  'SQLITE_IOERR_GETTEMPPATH',
]);

/**
 * Whether after this error the database cannot be trusted with anything any more: it is damaged, unreadable, or not to be
 * written. What passes by itself, a full disk above all, is none.
 */
export function isFatal(error: unknown): boolean {
  if (error instanceof LanspreadError) return isFatal(error.cause);
  if (!(error instanceof Sqlite.SqliteError)) return false;
  return fatal.has(sqliteCode(error) ?? '') && !passing.has(error.code);
}

/** A database error with its code, and the file where it says so little that only the name helps; any other error as it is. */
export function toStateError(error: unknown, path?: string): unknown {
  const sqlite = sqliteCode(error);
  if (sqlite === undefined || !(error instanceof Error)) return error;
  const code = codes[sqlite] ?? 'IO_ERROR';
  // Not the games' disk, which may have room in plenty.
  const what = code === 'DISK_FULL' ? 'The disk with the state directory is full.' : errorTable[code].message;
  const where = path === undefined ? '' : `${path}: `;
  return new LanspreadError(code, { message: `${what} (${where}${error.message})`, cause: error });
}

/** Runs database work; its errors leave with a LanspreadError code, and name `path`. */
export function coded<T>(work: () => T, path?: string): T {
  try {
    return work();
  } catch (error) {
    throw toStateError(error, path);
  }
}
