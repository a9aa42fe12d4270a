import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeEntries, type Entry } from '../../support/entries.ts';
import { oddEntries } from '../../support/odd-names.ts';
import { tempDir } from '../../support/temp.ts';
import { assertSameTree, diffTrees, hasExecutableBit, readTree, treeOfEntries } from '../../support/trees.ts';

const blake3OfNothing = 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262';

test('an empty file has the published BLAKE3 of nothing', async () => {
  await using temp = await tempDir();
  await writeFile(temp.join('empty'), '');
  assert.equal(await readTree(temp.path), [
    { path: 'empty', kind: 'file', sizeBytes: 0, hash: blake3OfNothing, executable: false },
  ]);
});

test('entries written to disk make the tree that was told without a disk', async () => {
  await using temp = await tempDir();
  const entries: Entry[] = [
    ...oddEntries(),
    { path: 'sparse.bin', sizeBytes: 9 * 1024 * 1024 + 5, sparse: true },
    { path: 'large.bin', sizeBytes: 4 * 1024 * 1024 + 1 },
  ];
  await writeEntries(temp.path, entries, 'seed');
  assertSameTree(await readTree(temp.path), treeOfEntries(entries, 'seed'));
});

test('links written to disk are those that were told without a disk', async () => {
  await using temp = await tempDir();
  const entries: Entry[] = [
    { path: 'file.bin', sizeBytes: 10 },
    { kind: 'symlink', path: 'link', target: 'file.bin' },
  ];
  await writeEntries(temp.path, entries, 'seed');
  assertSameTree(await readTree(temp.path), treeOfEntries(entries, 'seed'));
});

test('every kind of difference is told, and an equal tree tells none', async () => {
  await using temp = await tempDir();
  const entries: Entry[] = ['same', 'changed', 'gone', 'mode'].map((path) => ({ path, sizeBytes: 100 }));
  await writeEntries(temp.path, entries, 'seed');
  const before = await readTree(temp.path);
  assert.equal(diffTrees(before, before), []);
  await writeFile(temp.join('changed'), Buffer.alloc(100));
  await rm(temp.join('gone'));
  await chmod(temp.join('mode'), 0o755);
  await mkdir(temp.join('new'));
  const lines = diffTrees(await readTree(temp.path), before).join('\n');
  assert.match(lines, '! file "changed" 100 bytes');
  assert.match(lines, '- missing file "gone"');
  if (hasExecutableBit) assert.match(lines, 'executable');
  assert.match(lines, '+ extra directory "new"');
  assert.not.match(lines, '"same"');
  assert.throws(() => assertSameTree([], before, 'the payload'), /the payload differs in 4 of 4/);
});

test('ignored entries and what lies below them are left out', async () => {
  await using temp = await tempDir();
  await writeEntries(temp.path, [{ path: 'local/save' }, { path: 'kept' }], 'seed');
  const paths = (await readTree(temp.path, { ignore: (path) => path === 'local' })).map(({ path }) => path);
  assert.equal(paths, ['kept']);
});

test.run();
