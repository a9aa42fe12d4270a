import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parsePath, PathSet, whyUnsafe } from '../../../app/core/base/index.ts';
import { runSevenZip } from '../../support/archives.ts';
import {
  blockBytes,
  bulkGame,
  edgeSizesGame,
  makeGame,
  manyFilesGame,
  mib,
  oddGame,
  smallGame,
  spoilEveryBlock,
} from '../../support/games.ts';
import { oddEntries } from '../../support/odd-names.ts';
import { seededBytes, SeededRandom } from '../../support/random.ts';
import { tempDir } from '../../support/temp.ts';
import { assertSameTree, diffTrees, readTree } from '../../support/trees.ts';

test('equal seeds give equal bytes, other seeds and other blocks others', () => {
  const bytes = seededBytes('a', 2 * blockBytes + 5);
  assert.ok(bytes.equals(seededBytes('a', 2 * blockBytes + 5)));
  assert.not(bytes.equals(seededBytes('b', 2 * blockBytes + 5)));
  assert.not(bytes.subarray(0, blockBytes).equals(bytes.subarray(blockBytes, 2 * blockBytes)));
  assert.ok(seededBytes('a', 5).equals(bytes.subarray(0, 5)));
});

test('the generator gives the bytes it has always given', () => {
  assert.is(seededBytes('lanspread', 16).toString('hex'), '9f48b9a612a2ad985f45158ac4910fa2');
});

test('seeded numbers spread over their range', () => {
  const random = new SeededRandom(7);
  const counts = Array.from({ length: 10 }, () => 0);
  for (let draw = 0; draw < 10_000; draw += 1) {
    const number = random.below(10);
    counts[number] = (counts[number] ?? 0) + 1;
  }
  assert.ok(
    counts.every((count) => count > 850 && count < 1150),
    counts.join(),
  );
});

test('a game root has its payload under its own name and a sentinel that names the version', async () => {
  await using temp = await tempDir();
  const game = await makeGame(temp.path, smallGame('sample', { version: '20240817' }));
  assert.equal(
    game.tree.map(({ path }) => path),
    ['sample.eti', 'version.ini'],
  );
  assert.is(await readFile(join(game.root, 'version.ini'), 'utf8'), 'version = 20240817\n');
  assert.match(await runSevenZip(['l', '-slt', join(game.root, 'sample.eti')]), 'Type = Rar5');
  await runSevenZip(['x', `-o${temp.join('out')}`, join(game.root, 'sample.eti')]);
  assertSameTree(await readTree(temp.join('out')), game.installed);
  assert.is(game.payloadBytes, (await stat(join(game.root, 'sample.eti'))).size);
});

test('the same description gives the same tree, another version another', async () => {
  await using temp = await tempDir();
  const [one, two, other] = await Promise.all([
    makeGame(temp.join('one'), oddGame('odd')),
    makeGame(temp.join('two'), oddGame('odd')),
    makeGame(temp.join('other'), { ...oddGame('odd'), version: '2.0' }),
  ]);
  assertSameTree(one.tree, two.tree);
  assert.ok(diffTrees(one.tree, other.tree).length > 3);
});

test('a root without sentinel has everything else', async () => {
  await using temp = await tempDir();
  const game = await makeGame(temp.path, { ...bulkGame('half', 1000), withoutSentinel: true });
  assert.equal(
    game.tree.map(({ path }) => path),
    ['half.eti'],
  );
});

test('the edge sizes are what they are called', async () => {
  await using temp = await tempDir();
  const { tree } = await makeGame(temp.path, edgeSizesGame('edges'));
  const sizes = new Map(tree.map(({ path, sizeBytes }) => [path, sizeBytes]));
  assert.is(sizes.get('edges.eti'), 0);
  assert.is(sizes.get('exactly a block.bin'), 4 * mib);
  assert.is(sizes.get('a block and one.bin'), 4 * mib + 1);
});

test('many files are as many as asked for', async () => {
  await using temp = await tempDir();
  const { tree } = await makeGame(temp.path, manyFilesGame('many', 250, 10));
  assert.is(tree.filter(({ kind }) => kind === 'file').length, 251);
});

test('every odd name is one that a game may have, on any platform and beside the others', () => {
  const paths = new PathSet();
  for (const entry of oddEntries('loose/')) {
    for (const platform of ['linux', 'win32', 'darwin'] as const)
      assert.is(whyUnsafe(entry.path, { atGameRoot: true, platform }), undefined, entry.path);
    paths.add(parsePath(entry.path, { atGameRoot: true }), entry.kind === 'directory' ? 'directory' : 'file');
  }
});

test('spoiling changes one byte of every block and neither size nor time', async () => {
  await using temp = await tempDir();
  const game = await makeGame(temp.path, bulkGame('spoilt', 2 * blockBytes + 3));
  const path = join(game.root, 'spoilt.eti');
  const [before, factsBefore] = [await readFile(path), await stat(path, { bigint: true })];
  await spoilEveryBlock(game.root);
  const [after, factsAfter] = [await readFile(path), await stat(path, { bigint: true })];
  const wrong = [...before.keys()].filter((index) => before[index] !== after[index]);
  assert.equal(wrong, [7, blockBytes + 7, 2 * blockBytes + 2]);
  assert.is(factsAfter.size, factsBefore.size);
  assert.is(factsAfter.mtimeNs, factsBefore.mtimeNs);
  assert.is(factsAfter.ino, factsBefore.ino);
});

test.run();
