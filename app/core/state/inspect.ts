/** Examines a database file without changing it, and decides how it can be used. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { toStateError, sqliteCode } from './sqlite-error.ts';

/** In the header of every Lanspread database: "LNSP". */
export const applicationId = 0x4c4e5350;

type Inspection =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'sound'; readonly version: number }
  | { readonly kind: 'corrupt'; readonly reason: string };

const corrupt = (reason: string): Inspection => ({ kind: 'corrupt', reason });

/**
 * Throws `IO_ERROR` or `PERMISSION_DENIED` when the file cannot be read at all, because that says nothing about its content.
 */
export function inspect(path: string): Inspection {
  const walPath = `${path}-wal`;
  const sizeBytes = existsSync(path) ? statSync(path).size : 0;
  const walSizeBytes = existsSync(walPath) ? statSync(walPath).size : 0;
  if (sizeBytes === 0) return walSizeBytes === 0 ? { kind: 'fresh' } : corrupt('its log is there without it');
  // SQLite would treat such a file as an empty one.
  if (sizeBytes < databaseHeaderBytes) return corrupt('it is too short');
  if (walSizeBytes > 0 && !isWriteAheadLog(walPath)) return corrupt('its log is not one');
  let database: Sqlite.Database | undefined;
  try {
    database = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: 5_000 });
    return examine(database);
  } catch (error) {
    const code = sqliteCode(error);
    if (code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT') return corrupt(String(error));
    throw toStateError(error, path);
  } finally {
    database?.close();
  }
}

function examine(database: Sqlite.Database): Inspection {
  const version = Number(database.pragma('user_version', { simple: true }));
  // The core was killed at its first start, before the database had any content.
  if (version === 0 && database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined) return { kind: 'fresh' };
  if (database.pragma('application_id', { simple: true }) !== applicationId) return corrupt('it is not of Lanspread');
  const verdict = database.pragma('quick_check(1)', { simple: true });
  return verdict === 'ok' ? { kind: 'sound', version } : corrupt(String(verdict));
}

const databaseHeaderBytes = 100;
const walHeaderBytes = 32;

/**
 * SQLite treats a log with a broken header as an empty one and silently drops its commits, including intents. A log that is
 * shorter than its header or all zero was never written: a power cut can leave such a file.
 */
function isWriteAheadLog(path: string): boolean {
  const header = Buffer.alloc(walHeaderBytes);
  const file = openSync(path, 'r');
  try {
    if (readSync(file, header, 0, walHeaderBytes, 0) < walHeaderBytes) return true;
  } finally {
    closeSync(file);
  }
  if (header.every((byte) => byte === 0)) return true;
  const magic = header.readUInt32BE(0);
  const isBigEndian = magic === 0x377f0683;
  if (!isBigEndian && magic !== 0x377f0682) return false;
  const [first, second] = walChecksum(header.subarray(0, 24), isBigEndian);
  return first === header.readUInt32BE(24) && second === header.readUInt32BE(28);
}

/** The checksum from SQLite's file format, section 4.2. */
function walChecksum(bytes: Buffer, isBigEndian: boolean): readonly [number, number] {
  const word = (at: number): number => (isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at));
  let first = 0;
  let second = 0;
  for (let at = 0; at < bytes.length; at += 8) {
    first = (first + word(at) + second) >>> 0;
    second = (second + word(at + 4) + first) >>> 0;
  }
  return [first, second];
}
