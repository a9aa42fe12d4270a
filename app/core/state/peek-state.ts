/** Reads the database of a state folder without opening it for work: for `lanspread doctor`. */
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { inspect } from './inspect.ts';
import { latestVersion } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import { databaseName } from './open-state.ts';

export type StatePeek =
  | { readonly kind: 'none' }
  | { readonly kind: 'sound'; readonly settings: Readonly<Record<string, unknown>> }
  | { readonly kind: 'too-new'; readonly version: number; readonly latest: number }
  | { readonly kind: 'damaged'; readonly reason: string };

/** Creates and changes nothing. Throws `IO_ERROR` or `PERMISSION_DENIED` when the file cannot be read at all. */
export function peekState(directory: string): StatePeek {
  const path = join(directory, databaseName);
  const inspection = inspect(path);
  if (inspection.kind === 'fresh') return { kind: 'none' };
  if (inspection.kind === 'corrupt') return { kind: 'damaged', reason: inspection.reason };
  const latest = latestVersion(migrations);
  if (inspection.version > latest) return { kind: 'too-new', version: inspection.version, latest };
  const database = new Sqlite(path, { readonly: true, fileMustExist: true });
  try {
    const rows = database.prepare<[], { name: string; value: string }>('SELECT name, value FROM settings').all();
    return { kind: 'sound', settings: Object.fromEntries(rows.map(({ name, value }) => [name, parsed(value)])) };
  } finally {
    database.close();
  }
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    // Treats a damaged value as one that was never set.
    return undefined;
  }
}
