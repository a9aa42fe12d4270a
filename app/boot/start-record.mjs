// Plain JavaScript on purpose: it runs before a version of Lanspread is chosen.
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * What a state directory knows about the versions that were started with it.
 * @typedef {object} StartRecord
 * @property {string} [proven] the version that reached `started` last
 * @property {readonly { version: string, pid: number }[]} tries of a version that has not reached it yet
 * @property {Readonly<Record<string, number>>} copies copies of the database from before the first try, with their times
 * @property {{ from: string, to: string }} [takingBack] begun and not finished
 * @property {readonly Refusal[]} refused versions that were taken back
 *
 * @typedef {object} Refusal
 * @property {string} version
 * @property {string} startedInstead
 * @property {string} at an ISO time
 * @property {string} [databaseSetAside] the file with what the version made of the database
 */

/** @type {StartRecord} */
const nothing = { tries: [], copies: {}, refused: [] };

/** @param {string} stateDir */
const pathOf = (stateDir) => join(stateDir, 'versions.json');

/**
 * One that cannot be read says nothing: then every version counts as new, and none is taken back for what it cannot tell.
 * @param {string} stateDir
 * @returns {StartRecord}
 */
export function readStartRecord(stateDir) {
  try {
    const read = JSON.parse(readFileSync(pathOf(stateDir), 'utf8'));
    return isRecord(read) ? { ...nothing, ...read } : nothing;
  } catch {
    return nothing;
  }
}

/**
 * @param {any} value
 * @returns {boolean}
 */
function isRecord(value) {
  const lists = [value?.tries, value?.refused];
  return (
    lists.every((list) => Array.isArray(list) && list.every((one) => typeof one?.version === 'string')) &&
    typeof value.copies === 'object'
  );
}

/**
 * Flushed before it gets its name.
 * @param {string} stateDir
 * @param {StartRecord} record
 */
export function writeStartRecord(stateDir, record) {
  writeFlushed(pathOf(stateDir), `${JSON.stringify(record, null, 2)}\n`);
}

/**
 * @param {string} path
 * @param {string} text
 */
function writeFlushed(path, text) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.tmp`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}

/**
 * This version reached `started`: it stays. Its tries are forgotten.
 * @param {string} stateDir
 * @param {string} version
 */
export function markStarted(stateDir, version) {
  const record = readStartRecord(stateDir);
  if (record.proven === version && record.tries.length === 0) return;
  writeStartRecord(stateDir, { ...record, proven: version, tries: [], copies: {} });
}
