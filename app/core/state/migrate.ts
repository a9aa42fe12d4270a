import { renameSync, rmSync } from 'node:fs';
import type Sqlite from 'better-sqlite3';
import type { Logger } from '../base/index.ts';
import type { Migration } from './migrations/index.ts';
import { makePrivateFile } from './private-files.ts';
import { coded } from './sqlite-error.ts';

interface MigrateOptions {
  /** The database file; the backup is stored next to it. */
  path: string;
  migrations: readonly Migration[];
  logger: Logger;
}

/** The path of the copy that was made before the database left `version`. */
export function backupPath(path: string, version: number): string {
  return `${path}.backup-v${version}`;
}

/** The version of a database after the last of these migrations. */
export function latestVersion(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.version ?? 0;
}

export function userVersion(database: Sqlite.Database): number {
  return Number(coded(() => database.pragma('user_version', { simple: true })));
}

/**
 * Brings the database to the latest version: one transaction per migration, with a copy before each. A new database is not
 * copied. When a migration fails, the database keeps the version before it.
 */
export function migrate(database: Sqlite.Database, { path, migrations, logger }: MigrateOptions): void {
  const from = userVersion(database);
  for (const { version, name, sql } of migrations.filter((migration) => migration.version > from)) {
    const before = userVersion(database);
    if (from > 0) backUp(database, backupPath(path, before));
    coded(() =>
      database
        .transaction(() => {
          database.exec(sql);
          database.pragma(`user_version = ${version}`);
        })
        .immediate(),
    );
    logger.info({ from: before, to: version, migration: name }, 'The database was migrated.');
  }
}

/** A complete, compact copy. It gets its final name only when it is complete. */
function backUp(database: Sqlite.Database, target: string): void {
  const temporary = `${target}.tmp`;
  rmSync(temporary, { force: true });
  // SQLite writes into an existing empty file, so the copy is private from its first byte.
  makePrivateFile(temporary);
  coded(() => database.prepare('VACUUM INTO ?').run(temporary));
  renameSync(temporary, target);
}
