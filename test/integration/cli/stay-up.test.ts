import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../../support/eventually.ts';
import { tempDir } from '../../support/temp.ts';

const program = fileURLToPath(new URL('../../../app/cli/lanspread.mjs', import.meta.url));

test('a node whose log nobody reads any more goes on until it is told to stop', async () => {
  await using folder = await tempDir('node');
  await mkdir(folder.join('games'));
  const flags = ['--state-dir', folder.join('state'), '--games-dir', folder.join('games'), '--log-level', 'debug'];
  const node = spawn(process.execPath, [program, 'node', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
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
