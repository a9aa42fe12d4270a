import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createHasher, keepBytes, type KeptBytes } from '../../../app/core/base/index.ts';
import { ToolPipe } from '../../../app/core/extensions/plans/tool-pipe.ts';

const mib = 1024 * 1024;
const madeHere = (): Promise<string[]> =>
  readdir(tmpdir()).then((names) => names.filter((name) => /^lanspread-[^-]{6}$/.test(name)));

/** A tool that prints what a script does. */
async function toolOf(script: string): Promise<{ pipe: ToolPipe; end: () => Promise<unknown> }> {
  const { pipe, far } = await ToolPipe.open();
  const tool = spawn(process.execPath, ['-e', script], { stdio: ['ignore', far, 'inherit'] });
  far.destroy();
  const ended = once(tool, 'exit');
  const end = async (): Promise<unknown> => {
    tool.kill('SIGKILL');
    return await ended;
  };
  return { pipe, end };
}

/** Prints seeded bytes in writes of all sizes. */
const printing = (bytes: number): string => `
  const { createHash } = require('node:crypto'); const { writeSync } = require('node:fs');
  let left = ${bytes}, number = 0;
  while (left > 0) {
    const piece = Buffer.alloc(Math.min(left, 1 + ((number * 7919) % 200_000)), createHash('sha256').update(String(number++)).digest());
    for (let at = 0; at < piece.length; ) at += writeSync(1, piece, at);
    left -= piece.length;
  }`;

async function wanted(bytes: number): Promise<string> {
  const { createHash } = await import('node:crypto');
  const hasher = createHasher();
  for (let left = bytes, number = 0; left > 0; number += 1) {
    const digest = createHash('sha256').update(String(number)).digest();
    const piece = Buffer.alloc(Math.min(left, 1 + ((number * 7919) % 200_000)), digest);
    hasher.update(piece);
    left -= piece.length;
  }
  return hasher.finish();
}

test('all that a tool prints comes, byte for byte, also to a reader that is slow and one that keeps pieces', async () => {
  const bytes = 40 * mib;
  const before = await madeHere();
  const { pipe, end } = await toolOf(printing(bytes));
  using _pipe = pipe;
  const hasher = createHasher();
  const kept: KeptBytes[] = [];
  let count = 0;
  const use = (piece: KeptBytes | undefined): void => {
    if (!piece) return;
    hasher.update(piece.bytes);
    piece.release();
  };
  for await (const piece of pipe) {
    const own = keepBytes(piece);
    if (!own) throw new Error('its pieces can be kept');
    kept.push(own);
    count += 1;
    // Three are kept at a time, and now and then the tool has to wait.
    if (kept.length === 3) use(kept.shift());
    if (count % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  while (kept.length > 0) use(kept.shift());
  await end();
  assert.is(hasher.finish(), await wanted(bytes));
  assert.ok(count < bytes / (200 * 1024), `${count} pieces`);
  assert.equal(await madeHere(), before, 'nothing is left in the folder for temporary files');
});

test('a little that is printed does not wait until more comes', async () => {
  const { pipe, end } = await toolOf(`process.stdout.write('a'); setInterval(() => {}, 1000);`);
  using _pipe = pipe;
  const first = await pipe[Symbol.asyncIterator]().next();
  assert.is(Buffer.from(first.value ?? []).toString(), 'a');
  await end();
});

test('a tool that is killed ends what is read of it', async () => {
  const { pipe, end } = await toolOf(`process.stdout.write('a'.repeat(1e6)); setInterval(() => {}, 1000);`);
  using _pipe = pipe;
  let bytes = 0;
  for await (const piece of pipe) {
    bytes += piece.length;
    if (bytes === 1e6) await end();
  }
  assert.is(bytes, 1e6);
});

test.run();
