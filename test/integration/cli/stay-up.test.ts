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

function startNode(folder: TempDir): ChildProcessByStdio<null, null, Readable> {
  const flags = ['--state-dir', folder.join('state'), '--games-dir', folder.join('games'), '--log-level', 'debug'];
  return spawn(process.execPath, [program, 'node', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
}

test('a node that is told to stop while it still starts comes to an orderly end', async () => {
  await using folder = await tempDir('node');
  await mkdir(folder.join('games'));
  const node = startNode(folder);
  const exited = once(node, 'exit');
  // The first that it logs is about its start.
  await once(node.stderr, 'data');
  assert.not.ok(existsSync(folder.join('state', 'rpc-address.json')), 'it is not up yet');
  node.kill('SIGTERM');
  node.stderr.resume();
  assert.equal(await exited, [0, null]);
});

test('a node whose log nobody reads any more goes on until it is told to stop', async () => {
  await using folder = await tempDir('node');
  await mkdir(folder.join('games'));
  const node = startNode(folder);
  const exited = once(node, 'exit');
  await once(node.stderr, 'data');
  node.stderr.destroy();
  // Everything that it logs from here on, up to its orderly end, goes nowhere.
  const listening = folder.join('state', 'rpc-address.json');
  await Promise.race([until('it can be asked', () => existsSync(listening)), exited]);
  node.kill('SIGTERM');
  assert.equal(await exited, [0, null]);
});

test.run();
