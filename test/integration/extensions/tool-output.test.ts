import { existsSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openToolOutput, type ReadyTool } from '../../../app/core/extensions/plans/index.ts';
import { until } from '../../support/eventually.ts';
import { tempDir } from '../../support/temp.ts';

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('what a tool printed before it ended is there for whoever asks later', async () => {
  await using temp = await tempDir('tool');
  const [pidFile, ready] = [temp.join('pid'), temp.join('ready')];
  const script = `const fs = require('fs'); fs.writeFileSync('pid', String(process.pid)); fs.writeFileSync('ready', '');
    process.stdout.write('printed');`;
  await using output = await openToolOutput([{ path: process.execPath, args: ['-e', script] }], {
    cwd: temp.path,
    stallMs: 10_000,
    signal: new AbortController().signal,
  });
  await until('the tool runs', () => existsSync(ready));
  const pid = Number(readFileSync(pidFile, 'utf8'));
  // Gone from the table of processes: this process has heard of its end.
  await until('the tool has ended', () => !isThere(pid));
  const chunks: Uint8Array[] = [];
  for await (const chunk of output.chunks) chunks.push(Buffer.from(chunk));
  assert.is(Buffer.concat(chunks).toString(), 'printed');
  assert.is((await output.finish())[0]?.exitCode, 0);
});

const stallMs = 1_500;
/** Longer than a tool may be silent. */
const workMs = 2 * stallMs + 500;
const node = (script: string): ReadyTool => ({ path: process.execPath, args: ['-e', script] });

async function printed(pipeline: readonly ReadyTool[], cwd: string): Promise<string> {
  await using output = await openToolOutput(pipeline, { cwd, stallMs, signal: new AbortController().signal });
  const chunks: Uint8Array[] = [];
  for await (const chunk of output.chunks) chunks.push(Buffer.from(chunk));
  const exits = await output.finish();
  assert.ok(exits.every(({ exitCode }) => exitCode === 0));
  return Buffer.concat(chunks).toString();
}

test('in a pipe the last tool may be silent for as long as the first one tells that it gets on', async () => {
  await using temp = await tempDir('tool');
  const first = node(`const t = setInterval(() => process.stderr.write('.'), 50);
    setTimeout(() => { clearInterval(t); process.stdout.write('all'); }, ${workMs});`);
  const last = node(
    `let all = ''; process.stdin.on('data', (d) => (all += d)).on('end', () => process.stdout.write(all));`,
  );
  assert.is(await printed([first, last], temp.path), 'all');
});

test('two tools that print all along without a word beside it are not taken for stalled', async () => {
  await using temp = await tempDir('tool');
  // More at a time than is put together before it is handed on.
  const first = node(`const piece = Buffer.alloc(600 * 1024, 'x'); let count = 0;
    const t = setInterval(() => { process.stdout.write(piece); if (++count === ${Math.ceil(workMs / 100)}) clearInterval(t); }, 100);`);
  const last = node('process.stdin.pipe(process.stdout);');
  assert.is((await printed([first, last], temp.path)).length, Math.ceil(workMs / 100) * 600 * 1024);
});

test('where no socket can be made for a tool, a pipe does', async () => {
  await using temp = await tempDir('tool');
  const { TMPDIR } = process.env;
  const all = node(`for (let i = 0; i < 40; i++) process.stdout.write(Buffer.alloc(100_003, i));`);
  process.env['TMPDIR'] = temp.join('not there');
  try {
    const text = await printed([all], temp.path);
    const wanted = Array.from({ length: 40 }, (_, index) => Buffer.alloc(100_003, index));
    assert.ok(text === Buffer.concat(wanted).toString());
  } finally {
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
  }
});

test.run();
