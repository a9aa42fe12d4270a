/** `lanspread extension …` as authors type it: words, JSON, exit codes. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeFileSystem } from '../../../app/core/base/index.ts';
import { openPackage, packFolder } from '../../../app/core/extensions/index.ts';
import { writeExtension } from '../../support/extensions.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';

const commandLine = fileURLToPath(new URL('../../../app/cli/lanspread.mjs', import.meta.url));

interface Said {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function lanspread(temp: TempDir, ...args: string[]): Promise<Said> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [commandLine, 'extension', ...args],
      { cwd: temp.path, timeout: 60_000 },
      (error, stdout, stderr) => resolve({ exitCode: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    );
  });
}

const verbs = [
  'create',
  'dev',
  'test',
  'pack',
  'sign',
  'keygen',
  'pin',
  'install',
  'list',
  'enable',
  'disable',
  'remove',
];

test('every command has help with an example, and what is misspelt is exit code 2', async () => {
  await using temp = await tempDir('extension-cli');
  const all = await Promise.all(verbs.map((verb) => lanspread(temp, verb, '--help')));
  for (const [index, { exitCode, stdout }] of all.entries()) {
    assert.is(exitCode, 0, verbs[index]);
    assert.match(stdout, `$ lanspread extension ${verbs[index]}`);
  }
  assert.is((await lanspread(temp, 'instal')).exitCode, 2);
  assert.is((await lanspread(temp, 'sign', 'x.lanx')).exitCode, 2);
  assert.is((await lanspread(temp, 'dev', '.', '--inspect', 'x')).exitCode, 2);
});

test('create writes what packs the same on every PC, into an empty folder only, and names what cannot be a name', async () => {
  await using temp = await tempDir('extension-cli');
  const made = await lanspread(temp, 'create', 'acme.chess-set', '--label', "Bob's sets", '--json');
  assert.is(made.exitCode, 0, made.stderr);
  const { id, directory } = JSON.parse(made.stdout);
  assert.is(id, 'acme.chess-set');
  const packed = await packFolder(nodeFileSystem, directory);
  assert.is(packed.manifest.displayName, 'Bob’s sets');
  assert.equal(
    packed.files.map(({ path }) => path),
    ['README.md', 'package.json', 'src/box.ts', 'src/main.ts'],
  );
  const again = await lanspread(temp, 'create', 'acme.chess-set');
  assert.is(again.exitCode, 1);
  assert.match(again.stderr, 'nothing was written');
  for (const name of ['Acme.x', 'lanspread.x', '../x', 'a b', 'x.']) {
    const refused = await lanspread(temp, 'create', name, '--directory', temp.join('refused'));
    assert.is(refused.exitCode, 1, name);
    assert.match(refused.stderr, 'BAD_REQUEST');
  }
  assert.not.ok(existsSync(temp.join('refused')));
});

test('a tool that changed is said with its hash; pin writes it, pack and sign make what can be opened', async () => {
  await using temp = await tempDir('extension-cli');
  const tools = {
    dig: { 'linux-x64': { path: 'bin/dig', blake3: '00'.repeat(32), files: [{ path: 'lib/dig.so', blake3: '' }] } },
  };
  await writeExtension(
    temp.join('toy'),
    { tools, permissions: { tools: ['dig'] } },
    { 'bin/dig': 'dig', 'lib/dig.so': 'so' },
  );
  const wrong = await lanspread(temp, 'pack', 'toy');
  assert.is(wrong.exitCode, 1);
  assert.match(wrong.stderr, 'tools.dig.linux-x64');
  const pinned = JSON.parse((await lanspread(temp, 'pin', 'toy', '--json')).stdout);
  assert.equal(
    pinned.pinned.map(({ field }: { field: string }) => field),
    ['tools.dig.linux-x64', 'tools.dig.linux-x64.files[0]'],
  );
  const packed = JSON.parse((await lanspread(temp, 'pack', 'toy', '--json')).stdout);
  assert.is(packed.path, temp.join('acme.toy-1.0.0.lanx'));
  const bytes = await readFile(packed.path);
  assert.is(openPackage(bytes).hash, packed.hash);
  assert.is((await lanspread(temp, 'keygen', 'me')).exitCode, 0);
  const signed = JSON.parse((await lanspread(temp, 'sign', packed.path, '--key', 'me.key', '--json')).stdout);
  assert.is(signed.hash, packed.hash);
  assert.is(openPackage(await readFile(packed.path)).signer?.fingerprint, signed.fingerprint);
  const publicKey = await lanspread(temp, 'sign', packed.path, '--key', 'me.pub');
  assert.equal([publicKey.exitCode, /KEY_INVALID/.test(publicKey.stderr)], [1, true]);
  await writeFile(temp.join('hostile.lanx'), bytes.subarray(0, 100));
  assert.is((await lanspread(temp, 'sign', 'hostile.lanx', '--key', 'me.key')).exitCode, 1);
});

test('test says which check fails, as words and as JSON, and ends with exit code 1', async () => {
  await using temp = await tempDir('extension-cli');
  await writeExtension(temp.join('bad'), { version: 'one' });
  const words = await lanspread(temp, 'test', 'bad');
  assert.is(words.exitCode, 1);
  assert.match(words.stdout, '✗');
  assert.match(words.stdout, '0 passed, 1 failed');
  const lines = (await lanspread(temp, 'test', 'bad', '--json')).stdout.trim().split('\n');
  assert.equal(lines.map((line) => JSON.parse(line)).at(-1), { passed: 0, failed: 1, skipped: 0 });
});

test.run();
