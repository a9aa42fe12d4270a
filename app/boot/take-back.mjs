// Plain JavaScript on purpose: it runs before a version of Lanspread is chosen.
import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

const database = 'lanspread.db';
const copyName = /^lanspread\.db\.backup-v(\d+)$/;

/**
 * The copies that migrations have made of the database, with the time of each in milliseconds.
 * @param {string} stateDir
 * @returns {Record<string, number>}
 */
export function databaseCopies(stateDir) {
  if (!existsSync(stateDir)) return {};
  const names = readdirSync(stateDir).filter((name) => copyName.test(name));
  return Object.fromEntries(names.map((name) => [name, statSync(join(stateDir, name)).mtimeMs]));
}

/**
 * The copy from before the first migration of a version, or undefined where it migrated nothing. Pure.
 * @param {Readonly<Record<string, number>>} before
 * @param {Readonly<Record<string, number>>} now
 * @returns {string | undefined}
 */
export function copyToRestore(before, now) {
  const made = Object.keys(now).filter((name) => now[name] !== before[name]);
  const versionOf = (/** @type {string} */ name) => Number(copyName.exec(name)?.[1]);
  return made.sort((a, b) => versionOf(a) - versionOf(b))[0];
}

/**
 * Puts the copy in the database's place. What the newer version made of it is kept beside it. Broken off anywhere, it is
 * called again with the same arguments and goes on from there.
 * @param {string} stateDir
 * @param {{ copy: string, from: string }} what `from`: the version that is taken back
 * @returns {string} the name of the file that is kept
 */
export function restoreDatabase(stateDir, { copy, from }) {
  const path = (/** @type {string} */ name) => join(stateDir, name);
  const restoring = `${database}.restoring`;
  const aside = `${database}.from-${from}`;
  if (existsSync(path(aside)) && existsSync(path(database)) && !existsSync(path(restoring))) return aside;
  if (!existsSync(path(restoring))) {
    copyFileSync(path(copy), path(`${restoring}.tmp`));
    const file = openSync(path(`${restoring}.tmp`), 'r+');
    fsyncSync(file);
    closeSync(file);
    renameSync(path(`${restoring}.tmp`), path(restoring));
  }
  // The log and the shared memory belong to the database that goes.
  for (const suffix of ['-wal', '-shm', ''])
    if (existsSync(path(database + suffix))) renameSync(path(database + suffix), path(aside + suffix));
  renameSync(path(restoring), path(database));
  return aside;
}
