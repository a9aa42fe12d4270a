/** `lanspread extension …` as players type it, with the launcher running: words, JSON, exit codes. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeFileSystem, silentLogger } from '../../../app/core/base/index.ts';
import { startCore } from '../../../app/core/core.ts';
import { packFolder } from '../../../app/core/extensions/index.ts';
import { writeExtension } from '../../support/extensions.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';

const commandLine = fileURLToPath(new URL('../../../app/cli/lanspread.mjs', import.meta.url));
const builtInExtensions = [fileURLToPath(new URL('../../../app/extensions', import.meta.url))];

interface Said {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function lanspread(temp: TempDir, ...args: string[]): Promise<Said> {
  const all = [commandLine, 'extension', ...args, '--state-dir', temp.join('state')];
  return new Promise((resolve) => {
    execFile(process.execPath, all, { cwd: temp.path, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ exitCode: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    );
  });
}

test('install says what is asked and does nothing until --yes; list, disable, enable and remove go on from there', async () => {
  await using temp = await tempDir('extension-cli');
  const directory = await writeExtension(temp.join('toy'), { permissions: { net: ['https://a.example'] } });
  const { bytes } = await packFolder(nodeFileSystem, directory);
  await writeFile(temp.join('toy.lanx'), bytes);
  const core = await startCore({
    stateDir: temp.join('state'),
    listen: ['127.0.0.1'],
    discovery: false,
    builtInExtensions,
    logger: silentLogger,
  });
  await using _core = { [Symbol.asyncDispose]: () => core.stop() };
  const asked = await lanspread(temp, 'install', 'toy.lanx');
  assert.is(asked.exitCode, 1);
  assert.match(asked.stderr, 'https://a.example');
  assert.match(asked.stderr, '--yes');
  const askedAsJson = await lanspread(temp, 'install', 'toy.lanx', '--json');
  assert.is(JSON.parse(askedAsJson.stdout).status, 'needs-consent');
  assert.is(askedAsJson.exitCode, 1);
  const installed = await lanspread(temp, 'install', 'toy.lanx', '--yes');
  assert.is(installed.exitCode, 0, installed.stderr);
  assert.match(installed.stdout, 'is installed');
  assert.is((await lanspread(temp, 'disable', 'acme.toy')).exitCode, 0);
  const listOf = async () =>
    JSON.parse((await lanspread(temp, 'list', '--json')).stdout).extensions.find(
      ({ id }: { id: string }) => id === 'acme.toy',
    );
  assert.is((await listOf()).enabled, false);
  assert.is((await lanspread(temp, 'enable', 'acme.toy')).exitCode, 0);
  assert.match((await lanspread(temp, 'list')).stdout, /acme\.toy +1\.0\.0 +sideloaded +on/);
  assert.is((await lanspread(temp, 'remove', 'acme.toy')).exitCode, 0);
  assert.is(await listOf(), undefined);
  const unknown = await lanspread(temp, 'remove', 'acme.toy', '--json');
  assert.is(unknown.exitCode, 1);
  assert.is(JSON.parse(unknown.stdout).error.code, 'UNKNOWN_EXTENSION');
  const builtIn = await lanspread(temp, 'remove', 'lanspread.seven-zip');
  assert.equal([builtIn.exitCode, /EXTENSION_BUILT_IN/.test(builtIn.stderr)], [1, true]);
  assert.is((await lanspread(temp, 'install', 'no-such.lanx')).exitCode, 1);
});

test.run();
