/** `lanspread kiosk` as an operator, and as somebody who would like to be one, uses it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { rm, truncate } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { tempDir, type TempDir } from '../../support/temp.ts';

const program = fileURLToPath(new URL('../../../app/cli/lanspread.mjs', import.meta.url));

function start(temp: TempDir, args: readonly string[]): ChildProcess {
  const own = ['--state-dir', temp.join('state'), '--listen', '127.0.0.1', '--no-discovery', '--log-level', 'silent'];
  return spawn(process.execPath, [program, ...args, ...own], { stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Runs a command; `input: undefined` leaves its standard input open and silent. */
async function run(temp: TempDir, args: readonly string[], input: string | undefined = '') {
  const child = start(temp, args);
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new Error('pipes were asked for');
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  stdin.on('error', () => {});
  if (input !== undefined) stdin.end(input);
  const [out, err, code] = await Promise.all([text(stdout), text(stderr), ended]);
  stdin.destroy();
  return { code, out, err };
}

async function isOn(temp: TempDir): Promise<boolean> {
  const { out } = await run(temp, ['kiosk', 'status', '--json']);
  return (JSON.parse(out) as { enabled: boolean }).enabled;
}

const test = suite('lanspread kiosk');

test('without the PIN nothing switches it off, though nothing runs', async () => {
  await using temp = await tempDir('kiosk');
  assert.is((await run(temp, ['kiosk', 'pin'], '4711\n')).code, 0);
  assert.is((await run(temp, ['kiosk', 'on'])).code, 0);
  const wrong = await run(temp, ['kiosk', 'off', '--pin', '0000']);
  assert.is(wrong.code, 1);
  assert.match(wrong.err, 'WRONG_PIN');
  assert.match((await run(temp, ['settings', 'kiosk', 'false'])).err, 'KIOSK_LOCKED');
  assert.match((await run(temp, ['kiosk', 'pin', '--pin', '0000'], '1234\n')).err, 'WRONG_PIN');
  await truncate(temp.join('state', 'lanspread.db'), 40);
  assert.ok(await isOn(temp), 'with a damaged database');
  await rm(temp.join('state', 'lanspread.db'));
  assert.ok(await isOn(temp), 'without a database');
  assert.is((await run(temp, ['kiosk', 'off'], '4711\n')).code, 0);
  assert.not.ok(await isOn(temp));
});

test('a question that nobody answers is given up, and holds no lock', async () => {
  await using temp = await tempDir('kiosk');
  const atEnd = await run(temp, ['kiosk', 'pin'], '');
  assert.is(atEnd.code, 2);
  assert.match(atEnd.err, 'No PIN was given; nothing was changed.');
  const silent = run(temp, ['kiosk', 'pin'], undefined);
  assert.is((await silent).code, 2);
  const child = start(temp, ['kiosk', 'pin']);
  const asked = new Promise<void>((resolve) =>
    child.stderr?.on('data', (chunk: Buffer) => String(chunk).includes('New PIN') && resolve()),
  );
  await asked;
  assert.is((await run(temp, ['kiosk', 'status'])).code, 0, 'another may work meanwhile');
  child.stdin?.end('4711\n');
  assert.is(await new Promise((resolve) => child.once('exit', resolve)), 0);
});

test.run();
