import { existsSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openToolOutput } from '../../../app/core/extensions/plans/index.ts';
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
  await using output = openToolOutput([{ path: process.execPath, args: ['-e', script] }], {
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

test.run();
