/** An installed Lanspread is upgraded to a version that cannot start. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import Sqlite from 'better-sqlite3';
import { writePackageFolder } from '../../build/package/make-package.ts';
import { findPlatform } from '../../build/package/platforms.ts';
import { until } from '../support/eventually.ts';
import { installedIn, type Installed } from '../support/installed.ts';
import { patience } from '../support/patience.ts';
import { tempDir, type TempDir } from '../support/temp.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));
const preload = new URL('../support/kill-boot-preload.mjs', import.meta.url).href;
const limitMs = 60_000 * patience;

/** Migrates as a version with a newer database does, a copy first, and fails. */
const failingVersion = `
import { createRequire } from 'node:module';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { stateDirOfArguments } from '../boot/state-dir.mjs';
if (process.argv.includes('--version')) { console.log('7.1.0'); process.exit(); }
const Sqlite = createRequire(import.meta.url)('better-sqlite3');
const path = join(stateDirOfArguments(process.argv.slice(2)), 'lanspread.db');
const database = new Sqlite(path);
const before = database.pragma('user_version', { simple: true });
if (before < 9000) {
  database.prepare('VACUUM INTO ?').run(path + '.backup-v' + before);
  database.exec('DROP TABLE settings');
  database.pragma('user_version = 9000');
}
process.exit(1);
`;

interface Context {
  temp: TempDir;
  installed: Installed;
}

const test = suite<Context>('a version that cannot start');

test.before(async (context) => {
  const temp = await tempDir('rollback');
  const folder = temp.join('Lanspread');
  await writePackageFolder(folder, { platform: findPlatform(undefined), repository, version: '7.0.0' });
  await mkdir(temp.join('home'));
  Object.assign(context, { temp, installed: installedIn(folder, temp.join('home')) });
});

test.after(async ({ temp }) => {
  await temp[Symbol.asyncDispose]();
});

/** The same program under another number. */
async function addVersion(folder: string): Promise<void> {
  const target = join(folder, 'versions', '7.1.0');
  await cp(join(folder, 'versions', '7.0.0'), target, { recursive: true, mode: 2 });
  const manifest = await readFile(join(target, 'package.json'), 'utf8');
  await writeFile(join(target, 'package.json'), manifest.replace('"7.0.0"', '"7.1.0"'));
}

async function upgrade(folder: string, lines: readonly string[]): Promise<void> {
  await addVersion(folder);
  await writeFile(join(folder, 'versions', '7.1.0', 'app', 'cli', 'lanspread.mjs'), failingVersion);
  await writeFile(join(folder, 'current.new'), `${lines.join('\n')}\n`);
  await rename(join(folder, 'current.new'), join(folder, 'current'));
}

/** Starts a node; resolves with its end, or once it is up, when it is told to quit. */
async function start({ command, environment, stateDir }: Installed): Promise<{ exitCode: number; stderr: string }> {
  const [file = '', ...args] = command;
  const flags = ['node', '--listen', '127.0.0.1', '--log-level', 'silent'];
  const child = spawn(file, [...args, ...flags], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, 'close');
  await until('it is up or over', () => child.exitCode !== null || existsSync(join(stateDir, 'rpc.json')), { limitMs });
  if (child.exitCode === null) await lanspread({ command, environment }, 'quit');
  await ended;
  return { exitCode: child.exitCode ?? 1, stderr };
}

async function lanspread(
  { command, environment }: Pick<Installed, 'command' | 'environment'>,
  ...args: string[]
): Promise<string> {
  const [file = '', ...rest] = command;
  const { stdout } = await run(file, [...rest, ...args], { env: environment, timeout: limitMs });
  return stdout;
}

/** The version of the database, and the language it holds. */
function database(stateDir: string): unknown[] {
  using opened = Object.assign(new Sqlite(join(stateDir, 'lanspread.db')), {
    [Symbol.dispose](this: Sqlite.Database) {
      this.close();
    },
  });
  const language: unknown = opened.prepare("SELECT value FROM settings WHERE name = 'language'").pluck().get();
  return [opened.pragma('user_version', { simple: true }), language];
}

test('is taken back at the third start, with the database from before, and stays away', async ({ temp, installed }) => {
  const { folder, stateDir } = installed;
  assert.is((await start(installed)).exitCode, 0);
  await lanspread(installed, 'settings', 'language', 'de');
  const before = database(stateDir);
  assert.is(before[1], '"de"');
  await upgrade(folder, ['7.1.0', '7.0.0']);
  for (const _ of ['first', 'second']) assert.is((await start(installed)).exitCode, 1);
  await cp(stateDir, temp.join('failed twice'), { recursive: true });
  const third = await start(installed);
  assert.is(third.exitCode, 0, third.stderr);
  assert.match(third.stderr, /version 7\.1\.0 did not start 2 times\. Version 7\.0\.0 runs again/);
  assert.equal(database(stateDir), before);
  assert.ok(existsSync(join(stateDir, 'lanspread.db.from-7.1.0')));
  const fourth = await start(installed);
  assert.equal([fourth.exitCode, fourth.stderr], [0, '']);
  assert.match(
    await lanspread(installed, 'doctor').catch((error: { stdout: string }) => error.stdout),
    '7.1.0 did not start twice',
  );
});

test('is taken back whole however often that is killed', async ({ temp, installed }) => {
  const { stateDir, environment } = installed;
  const before = database(stateDir);
  let step = 1;
  for (; ; step += 1) {
    await rm(stateDir, { recursive: true });
    await cp(temp.join('failed twice'), stateDir, { recursive: true });
    const killed = { ...environment, NODE_OPTIONS: `--import=${preload}`, LANSPREAD_TEST_KILL_BEFORE: String(step) };
    const survived = await lanspread({ ...installed, environment: killed }, '--version').catch(() => undefined);
    assert.is((await lanspread(installed, '--version')).trim(), '7.0.0', `after a kill before change ${step}`);
    assert.equal(database(stateDir), before, `after a kill before change ${step}`);
    if (survived !== undefined) break;
  }
  assert.ok(step > 8, `${step} changes`);
});

test('is taken back also when an archive was unpacked over the version before', async ({ temp, installed }) => {
  const { folder, stateDir } = installed;
  await rm(stateDir, { recursive: true });
  await cp(temp.join('failed twice'), stateDir, { recursive: true });
  await writeFile(join(folder, 'current'), '7.1.0\n');
  assert.is((await lanspread(installed, '--version')).trim(), '7.0.0');
});

test('two people who click at once, and a second launcher, are no failures', async ({ installed }) => {
  const { folder, stateDir } = installed;
  await rm(stateDir, { recursive: true });
  await rm(join(folder, 'versions', '7.1.0'), { recursive: true });
  await addVersion(folder);
  await writeFile(join(folder, 'current'), '7.1.0\n7.0.0\n');
  const [file = '', ...args] = installed.command;
  const child = spawn(file, [...args, 'node', '--listen', '127.0.0.1', '--log-level', 'silent'], {
    env: installed.environment,
    stdio: 'ignore',
  });
  await until('it is up', () => existsSync(join(stateDir, 'rpc.json')), { limitMs });
  for (const _ of ['second', 'third', 'fourth']) {
    const [other] = (await once(
      spawn(file, [...args, 'node', '--listen', '127.0.0.1'], { env: installed.environment, stdio: 'ignore' }),
      'exit',
    )) as [number];
    assert.is(other, 3);
  }
  const record = JSON.parse(await readFile(join(stateDir, 'versions.json'), 'utf8')) as Record<string, unknown>;
  assert.equal([record['proven'], record['tries'], record['refused']], ['7.1.0', [], []]);
  const ended = once(child, 'exit');
  await lanspread(installed, 'quit');
  await ended;
  assert.is(readFileSync(join(folder, 'current'), 'utf8'), '7.1.0\n7.0.0\n');
});

test.run();
