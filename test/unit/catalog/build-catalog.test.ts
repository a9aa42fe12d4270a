import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, nodeFileSystem, type FileSystem } from '../../../app/core/base/index.ts';
import { buildCatalog, buildCatalogFile, openCatalog } from '../../../app/core/catalog/index.ts';
import { openState } from '../../../app/core/state/index.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';
import { pictures } from './pictures.ts';

async function put(folder: TempDir, files: Record<string, unknown>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(folder.join(name)), { recursive: true });
    const bytes = Buffer.isBuffer(content) || typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(folder.join(name), bytes);
  }
}

const quake = { title: 'Quake', version: '1' };

async function problemsOf(folder: string): Promise<unknown> {
  try {
    await buildCatalog({ folder });
  } catch (error) {
    if (error instanceof LanspreadError && error.code === 'CATALOG_INVALID') return error.details['problems'];
    throw error;
  }
  throw new Error('The folder was accepted.');
}

test('a folder of games becomes a catalog that can be imported, covers included', async () => {
  await using folder = await tempDir('build');
  await using home = await tempDir('state');
  await put(folder, {
    'games/quake.json': { ...quake, cover: 'pictures/q.png' },
    'games/doom.json': { id: 'doom', title: 'Doom', version: '1.9', genres: ['Shooter'] },
    'covers/doom.svg': pictures.svg,
    'pictures/q.png': pictures.png,
    'readme.txt': 'not a game',
  });
  const output = folder.join('catalog.json');
  const { gameCount } = await buildCatalogFile({ folder: folder.path, output, name: 'Café' });
  assert.is(gameCount, 2);
  using state = openState({ directory: home.path }).state;
  const catalog = openCatalog({ state });
  const source = await catalog.importFile(output);
  assert.is(source.name, 'Café');
  assert.equal(source.warnings, []);
  assert.ok(catalog.get('doom')?.coverPath?.endsWith('.svg'));
  assert.ok(catalog.get('quake')?.coverPath?.endsWith('.png'));
  assert.equal(catalog.get('doom')?.genres, ['Shooter']);
});

test('the same folder gives the same bytes, in whatever order the disk lists it and fields are written', async () => {
  await using one = await tempDir('build');
  await using two = await tempDir('build');
  await put(one, { 'b.json': { version: '1', title: 'B', tags: ['x'] }, 'a.json': { title: 'A', version: '2' } });
  await put(two, {
    'a.json': '{ "version": "2",\r\n "title": "A" }',
    'b.json': { tags: ['x'], title: 'B', version: '1' },
  });
  const backwards: FileSystem = {
    ...nodeFileSystem,
    list: async (directory) => (await nodeFileSystem.list(directory)).reverse(),
  };
  const first = await buildCatalog({ folder: one.path, name: 'N' });
  const second = await buildCatalog({ folder: two.path, name: 'N', fileSystem: backwards });
  assert.is(first.text, second.text);
  assert.equal(
    JSON.parse(first.text).games.map(({ id }: { id: string }) => id),
    ['a', 'b'],
  );
});

test('building again over an earlier result gives the same result', async () => {
  await using folder = await tempDir('build');
  await put(folder, { 'quake.json': quake });
  const output = folder.join('catalog.json');
  await buildCatalogFile({ folder: folder.path, output });
  const first = await readFile(output, 'utf8');
  await buildCatalogFile({ folder: folder.path, output });
  assert.is(await readFile(output, 'utf8'), first);
});

test('every problem is told, with its file and field', async () => {
  await using folder = await tempDir('build');
  await put(folder, {
    'games/good.json': quake,
    'games/noversion.json': { title: 'X', players: { min: 0, max: 1 } },
    'games/other.json': { ...quake, id: 'another' },
    'games/broken.json': '{',
    'games/list.json': [],
    'games/cover.json': { ...quake, cover: 'covers/none.png' },
    'games/fake.json': quake,
    'covers/fake.png': Buffer.from('text'),
    'games/con.json': quake,
  });
  const problems = await problemsOf(folder.path);
  assert.ok(Array.isArray(problems));
  assert.equal(
    problems.map(({ file, field }) => `${file} ${field}`),
    [
      'games/broken.json ',
      'games/con.json id',
      'games/cover.json cover',
      'games/fake.json cover',
      'games/list.json ',
      'games/noversion.json version',
      'games/noversion.json players.min',
      'games/other.json id',
    ],
  );
});

test('a folder that is not there is said so', async () => {
  await using folder = await tempDir('build');
  let code = '';
  try {
    await buildCatalog({ folder: folder.join('none') });
  } catch (error) {
    if (error instanceof LanspreadError) code = error.code;
  }
  assert.is(code, 'CATALOG_NOT_FOUND');
});

test('a catalog that names covers is not written where they cannot be found', async () => {
  await using folder = await tempDir('build');
  await using elsewhere = await tempDir('build');
  await put(folder, { 'quake.json': quake });
  const output = elsewhere.join('c.json');
  await buildCatalogFile({ folder: folder.path, output });
  await put(folder, { 'covers/quake.png': pictures.png });
  let code = '';
  try {
    await buildCatalogFile({ folder: folder.path, output });
  } catch (error) {
    if (error instanceof LanspreadError) code = error.code;
  }
  assert.is(code, 'BAD_REQUEST');
});

test.run();
