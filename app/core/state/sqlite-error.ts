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
/** Errors that pass by themselves: a full disk, too many open files or too little memory cause them. */
const passing: ReadonlySet<string> = new Set([
  'SQLITE_IOERR_SHMSIZE',
  'SQLITE_IOERR_SHMOPEN',
  'SQLITE_IOERR_SHMMAP',
  'SQLITE_IOERR_NOMEM',
  'SQLITE_IOERR_GETTEMPPATH',
]);

/**
 * Whether the database can no longer be trusted after this error: it is damaged, unreadable or not writable. Errors that
 * pass, above all a full disk, are not fatal.
 */
export function isFatal(error: unknown): boolean {
  if (error instanceof LanspreadError) return isFatal(error.cause);
  if (!(error instanceof Sqlite.SqliteError)) return false;
  return fatal.has(sqliteCode(error) ?? '') && !passing.has(error.code);
}

/**
 * Gives a database error its code, and adds the file when the message does not help without it; returns any other error
 * unchanged.
 */
export function toStateError(error: unknown, path?: string): unknown {
  const sqlite = sqliteCode(error);
  if (sqlite === undefined || !(error instanceof Error)) return error;
  const code = codes[sqlite] ?? 'IO_ERROR';
  // Names the disk: the games' disk may be another one with enough space.
  const what = code === 'DISK_FULL' ? 'The disk with the state directory is full.' : errorTable[code].message;
  const where = path === undefined ? '' : `${path}: `;
  return new LanspreadError(code, { message: `${what} (${where}${error.message})`, cause: error });
}

/** Runs database work. Its errors get a LanspreadError code and name `path`. */
export function coded<T>(work: () => T, path?: string): T {
  try {
    return work();
  } catch (error) {
    throw toStateError(error, path);
  }
}
