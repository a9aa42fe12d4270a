// Starts the version of Lanspread that is to run. Plain JavaScript on purpose: it stands outside of every version, and
// any Node that came with one runs it.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chooseVersion, triesBeforeTakingBack } from './choose-version.mjs';
import { readStartRecord, writeStartRecord } from './start-record.mjs';
import { stateDirOfArguments } from './state-dir.mjs';
import { copyToRestore, databaseCopies, restoreDatabase } from './take-back.mjs';

const programDir = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
const stateDir = stateDirOfArguments(args);
/** The commands that hold a core for long. */
const isStart = ['start', 'node', undefined].includes(args.find((argument) => !argument.startsWith('-')));
/** Ends that say nothing about the version: done, wrong usage, another one runs already, Ctrl-C. */
const soundExitCodes = [0, 2, 3, 130];

/**
 * @param {string} version
 * @returns {string}
 */
const entryOf = (version) => join(programDir, 'versions', version, 'app', 'cli', 'lanspread.mjs');

/**
 * The pointer names the current version and the one before. An archive that was unpacked over an older one names only
 * itself: then the version that this state knows to work is the one before.
 * @param {string | undefined} proven
 * @returns {string[]}
 */
function installedVersions(proven) {
  const lines = readFileSync(join(programDir, 'current'), 'utf8').split(/\r?\n/);
  const named = [...lines, proven ?? ''].filter((line) => line !== '' && existsSync(entryOf(line)));
  return [...new Set(named)];
}

/**
 * @param {number} pid
 * @returns {boolean}
 */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process by that number is one, too: waiting is safer than taking back under a running core.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * @param {{ from: string, to: string }} versions
 */
function takeBack({ from, to }) {
  const record = { ...readStartRecord(stateDir), takingBack: { from, to } };
  writeStartRecord(stateDir, record);
  const copy = copyToRestore(record.copies, databaseCopies(stateDir));
  const databaseSetAside = copy === undefined ? undefined : restoreDatabase(stateDir, { copy, from });
  const refusal = { version: from, startedInstead: to, at: new Date().toISOString(), databaseSetAside };
  const { takingBack: _, ...rest } = record;
  writeStartRecord(stateDir, { ...rest, tries: [], copies: {}, refused: [...rest.refused, refusal] });
  const kept = databaseSetAside ? `, with the database as it was before (the newer one is ${databaseSetAside})` : '';
  process.stderr.write(
    `lanspread: version ${from} did not start ${triesBeforeTakingBack} times. Version ${to} runs again${kept}.\n`,
  );
}

/**
 * @param {string} version
 */
function countTry(version) {
  const record = readStartRecord(stateDir);
  const tries = record.tries.filter((one) => one.version === version);
  const copies = tries.length === 0 ? databaseCopies(stateDir) : record.copies;
  writeStartRecord(stateDir, { ...record, copies, tries: [...tries, { version, pid: process.pid }] });
  process.once('exit', (code) => {
    if (!soundExitCodes.includes(code)) return;
    const now = readStartRecord(stateDir);
    const left = now.tries.filter(({ pid }) => pid !== process.pid);
    if (left.length < now.tries.length) writeStartRecord(stateDir, { ...now, tries: left });
  });
}

/**
 * In this process where it may: the launcher stays around for long.
 * @param {string} version
 */
async function run(version) {
  const versionDir = join(programDir, 'versions', version);
  if (process.execPath.startsWith(versionDir)) return void (await import(pathToFileURL(entryOf(version)).href));
  const child = spawn(nodeOf(versionDir), [entryOf(version), ...args], { stdio: 'inherit', windowsHide: true });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`lanspread: the Node of version ${version} does not start: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = signal === 'SIGINT' ? 130 : (code ?? 1);
  });
}

/**
 * @param {string} versionDir
 * @returns {string}
 */
function nodeOf(versionDir) {
  const packages = join(versionDir, 'node_modules');
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const places = readdirSync(packages).map((folder) => join(packages, folder, 'bin', name));
  return places.find((place) => existsSync(place)) ?? process.execPath;
}

function choose() {
  const record = readStartRecord(stateDir);
  return chooseVersion({ installed: installedVersions(record.proven), record, isAlive });
}

let choice = choose();
if (choice.kind === 'take-back') {
  takeBack(choice);
  choice = choose();
}
if (choice.kind !== 'start') {
  process.stderr.write(
    `lanspread: no version of Lanspread is complete in ${programDir}. Install it again. [PROGRAM_INCOMPLETE]\n`,
  );
  process.exit(1);
}
if (choice.counts && isStart) countTry(choice.version);
await run(choice.version);
