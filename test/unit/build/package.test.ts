import { fileURLToPath } from 'node:url';
import { utimes, writeFile } from 'node:fs/promises';
import { unzipSync } from 'fflate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { entriesOf, gzipOf, tarOf, zipOf } from '../../../build/package/archive.ts';
import { closureOf, isFor, type Lock } from '../../../build/package/locked-packages.ts';
import { PackageError } from '../../../build/package/package-error.ts';
import { findPlatform, platformNames } from '../../../build/package/platforms.ts';
import { nodePackageOf, unbundledPackages } from '../../../build/package/program-files.ts';
import { writeEntries } from '../../support/entries.ts';
import { tempDir } from '../../support/temp.ts';

const test = suite('what goes into a package');

test('every platform has a Node on npm', () => {
  for (const name of platformNames) assert.match(nodePackageOf(findPlatform(name)), /^node-/);
});

test('an unknown platform is refused with a code, and the known ones are named', () => {
  try {
    findPlatform('amiga');
    assert.unreachable();
  } catch (error) {
    assert.ok(error instanceof PackageError && error.code === 'PLATFORM_UNKNOWN');
    assert.match(String(error), /win-x64, win-arm64/);
  }
});

test('what built-in extensions import comes along, whatever that is', async () => {
  const names = await unbundledPackages(fileURLToPath(new URL('../../..', import.meta.url)));
  for (const name of ['vscode-jsonrpc', 'yaml', 'iconv-lite'])
    assert.ok(names.includes(name), `${name} in ${names.join()}`);
  assert.ok(
    names.every((name) => /^(?:@[\w.-]+\/)?[\w.-]+$/.test(name)),
    names.join(),
  );
});

const lock: Lock = {
  'node_modules/a': { dependencies: { b: '1', 'a-native': '1' }, optionalDependencies: { 'a-win': '1', 'a-lin': '1' } },
  'node_modules/a/node_modules/b': { dependencies: { c: '1' } },
  'node_modules/b': { dependencies: { unused: '1' } },
  'node_modules/c': { dependencies: { a: '1' } },
  'node_modules/a-win': { os: ['win32'], cpu: ['x64'] },
  'node_modules/a-lin': { os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
  'node_modules/a-native': {},
  'node_modules/unused': {},
};

test('a package brings what it needs, nearest first, and the native parts of the platform alone', () => {
  const on = (name: string): string[] => closureOf(['a'], { lock, platform: findPlatform(name) });
  const everywhere = ['node_modules/a', 'node_modules/a-native', 'node_modules/a/node_modules/b', 'node_modules/c'];
  assert.equal(on('win-x64'), [...everywhere, 'node_modules/a-win'].sort());
  assert.equal(on('linux-x64'), [...everywhere, 'node_modules/a-lin'].sort());
  assert.equal(on('win-arm64'), everywhere);
  assert.not.ok(isFor(findPlatform('linux-x64'), { libc: ['musl'] }));
});

test('archives are sorted, and hold no time and no owner of the machine that made them', async () => {
  await using temp = await tempDir('archive');
  const files = [
    { path: 'b/node', text: 'program', executable: true },
    { path: 'a.txt', text: 'text' },
  ];
  await writeEntries(temp.path, files, 'seed');
  await writeFile(temp.join('c'), 'c');
  const make = async (): Promise<Buffer[]> => {
    const entries = await entriesOf(temp.path, 'Lanspread');
    return [Buffer.from(zipOf(entries)), Buffer.from(gzipOf(await tarOf(entries)))];
  };
  const first = await make();
  for (const name of ['a.txt', 'c']) await utimes(temp.join(name), new Date(), new Date(2001, 1, 1));
  const second = await make();
  assert.ok(first.every((data, index) => second[index]?.equals(data)));
  const paths = ['Lanspread/a.txt', 'Lanspread/b/node', 'Lanspread/c'];
  assert.equal(Object.keys(unzipSync(first[0] ?? Buffer.alloc(0))), paths);
  assert.equal(
    (await entriesOf(temp.path, 'Lanspread')).map(({ kind }) => kind),
    ['file', 'program', 'file'],
  );
});

test.run();
