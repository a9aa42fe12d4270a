import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../../support/eventually.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';

const program = fileURLToPath(new URL('../../../app/cli/lanspread.mjs', import.meta.url));

type Node = ChildProcessByStdio<null, null, Readable>;

/** A node that has begun to log, which is about its start at first, and how it ends. */
async function startNode(folder: TempDir): Promise<{ node: Node; exited: Promise<unknown> }> {
  await mkdir(folder.join('games'));
  const flags = ['--state-dir', folder.join('state'), '--games-dir', folder.join('games'), '--log-level', 'debug'];
  const node = spawn(process.execPath, [program, 'node', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(node, 'exit');
  await once(node.stderr, 'data');
  return { node, exited };
}

test('a node that is told to stop while it still starts comes to an orderly end', async () => {
  await using folder = await tempDir('node');
  const { node, exited } = await startNode(folder);
  assert.not.ok(existsSync(folder.join('state', 'rpc-address.json')), 'it is not up yet');
  node.kill('SIGTERM');
  node.stderr.resume();
  assert.equal(await exited, [0, null]);
});

test('a node whose log nobody reads any more goes on until it is told to stop', async () => {
  await using folder = await tempDir('node');
  const { node, exited } = await startNode(folder);
  node.stderr.destroy();
  // Everything that it logs from here on, up to its orderly end, goes nowhere.
  const listening = folder.join('state', 'rpc-address.json');
  await Promise.race([until('it can be asked', () => existsSync(listening)), exited]);
  node.kill('SIGTERM');
  assert.equal(await exited, [0, null]);
});

test.run();
