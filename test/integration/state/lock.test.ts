import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError } from '../../../app/core/base/index.ts';
import { acquireLock } from '../../../app/core/state/index.ts';
import { tempDir } from '../../support/temp.ts';

const holderFile = fileURLToPath(new URL('lock-holder.ts', import.meta.url));

interface Holder extends AsyncDisposable {
  readonly child: ChildProcess;
  /** What it said: `held`, or the code of its error. */
  readonly answer: string;
}

async function startHolder(directory: string): Promise<Holder> {
  const child = spawn(process.execPath, [holderFile, directory, 'lanspread node'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [answer] = await once(lines, 'line', { signal: AbortSignal.timeout(20_000) });
  return {
    child,
    answer: String(answer),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function refusal(directory: string): LanspreadError {
  try {
    acquireLock(directory)[Symbol.dispose]();
  } catch (error) {
    if (error instanceof LanspreadError) return error;
    throw error;
  }
  throw new Error('The lock was given.');
}

test('the second process is refused and told who has the lock', async () => {
  await using temp = await tempDir('lock');
  await using holder = await startHolder(temp.path);
  assert.is(holder.answer, 'held');
  const error = refusal(temp.path);
  assert.is(error.code, 'STATE_LOCKED');
  assert.is(error.details['pid'], holder.child.pid);
  assert.is(error.details['what'], 'lanspread node');
  assert.ok(Math.abs(Date.parse(String(error.details['since'])) - Date.now()) < 60_000);
  assert.match(error.message, String(holder.child.pid));
  assert.match(error.message, 'lanspread node');
});

test('a refusal is quick', async () => {
  await using temp = await tempDir('lock');
  await using _holder = await startHolder(temp.path);
  const started = performance.now();
  refusal(temp.path);
  assert.ok(performance.now() - started < 1_500, `${performance.now() - started} ms`);
});

test('refused attempts do not loosen the lock', async () => {
  await using temp = await tempDir('lock');
  await using holder = await startHolder(temp.path);
  for (let round = 0; round < 5; round += 1) assert.is(refusal(temp.path).details['pid'], holder.child.pid);
});

test('a holder killed with SIGKILL leaves no stale lock', async () => {
  await using temp = await tempDir('lock');
  for (let round = 0; round < 3; round += 1) {
    await using holder = await startHolder(temp.path);
    assert.is(holder.answer, 'held');
    const exited = once(holder.child, 'exit');
    holder.child.kill('SIGKILL');
    await exited;
    acquireLock(temp.path)[Symbol.dispose]();
  }
});

test('a row of a dead holder means nothing, whoever has its process id now', async () => {
  await using temp = await tempDir('lock');
  {
    await using holder = await startHolder(temp.path);
    assert.is(holder.answer, 'held');
  }
  using _lock = acquireLock(temp.path);
  assert.is(refusal(temp.path).details['pid'], process.pid);
});

test('a clean end gives the lock back', async () => {
  await using temp = await tempDir('lock');
  await using holder = await startHolder(temp.path);
  const exited = once(holder.child, 'exit');
  holder.child.stdin?.end();
  await exited;
  await using second = await startHolder(temp.path);
  assert.is(second.answer, 'held');
});

test('of eight that start at once exactly one gets it', async () => {
  await using temp = await tempDir('lock');
  const holders = await Promise.all(Array.from({ length: 8 }, () => startHolder(temp.path)));
  try {
    const answers = holders.map(({ answer }) => answer).sort();
    assert.equal(answers, [...Array.from({ length: 7 }, () => 'STATE_LOCKED'), 'held']);
    const winner = holders.find(({ answer }) => answer === 'held');
    assert.is(refusal(temp.path).details['pid'], winner?.child.pid);
  } finally {
    for (const holder of holders) await holder[Symbol.asyncDispose]();
  }
});

test('one process cannot take it twice, and a refused attempt keeps the first one whole', async () => {
  await using temp = await tempDir('lock');
  using lock = acquireLock(temp.path);
  assert.is(refusal(temp.path).code, 'STATE_LOCKED');
  await using other = await startHolder(temp.path);
  assert.is(other.answer, 'STATE_LOCKED');
  lock[Symbol.dispose]();
  acquireLock(temp.path)[Symbol.dispose]();
});

test('two state directories have a lock each', async () => {
  await using temp = await tempDir('lock');
  using _one = acquireLock(temp.join('one'));
  using _two = acquireLock(temp.join('two'));
});

test('a lock file with rubbish in it is used again', async () => {
  await using temp = await tempDir('lock');
  writeFileSync(temp.join('lock'), 'rubbish'.repeat(1_000));
  using _lock = acquireLock(temp.path);
  await using other = await startHolder(temp.path);
  assert.is(other.answer, 'STATE_LOCKED');
});

test('the lock is one private file', async () => {
  await using temp = await tempDir('lock');
  using _lock = acquireLock(temp.join('state'));
  assert.equal(readdirSync(temp.join('state')), ['lock']);
  if (process.platform !== 'win32') assert.is(statSync(temp.join('state', 'lock')).mode & 0o777, 0o600);
});

test.run();
