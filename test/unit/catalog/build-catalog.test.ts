import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, nodeFileSystem, type FileSystem } from '../../../app/core/base/index.ts';
import {
  buildCatalog,
  buildCatalogFile,
  openCatalog,
  type ReadRoot,
  type GameFolderFacts,
} from '../../../app/core/catalog/index.ts';
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

const facts: Record<string, GameFolderFacts | Error> = {
  quake: { version: '1', sizeBytes: 10, manifestRoot: 'ab'.repeat(32) },
  doom: { version: '1.9', sizeBytes: 0 },
};
const readRoot: ReadRoot = async ({ id }) => {
  const found = facts[id];
  if (found instanceof Error) throw found;
  return found;
};

test('games in folders of their own are listed as they are, described or not', async () => {
  await using folder = await tempDir('build');
  await put(folder, {
    'quake.yaml': 'title: Quake\ntags: [fast]\n# a comment\nsizeBytes: 3\n',
    'gone.yml': 'title: Gone\nversion: "7"\n',
    'quake/version.ini': 'x',
    'doom/version.ini': 'x',
    'empty/readme.txt': 'x',
    'not an id/version.ini': 'x',
  });
  const { text, pinnedCount } = await buildCatalog({ folder: folder.path, readRoot, name: 'N' });
  const { games } = JSON.parse(text);
  const told = games.map(({ id, title, version, sizeBytes, manifestRoot, tags }: Record<string, unknown>) =>
    [id, title, version, sizeBytes, manifestRoot, String(tags)].join(' '),
  );
  assert.equal(told, ['doom doom 1.9 0  ', 'gone Gone 7   ', `quake Quake 1 10 ${'ab'.repeat(32)} fast`]);
  assert.is(pinnedCount, 1);
  const again = await buildCatalog({ folder: folder.path, gamesDir: folder.path, readRoot, name: 'N' });
  assert.is(again.text, text);
});

test('what the description and the game itself disagree about is told, and what cannot be shared', async () => {
  await using folder = await tempDir('build');
  await put(folder, { 'quake.json': { title: 'Quake', version: '2' }, 'quake/x': 'x', 'bad/x': 'x' });
  facts['bad'] = new LanspreadError('INVALID_PATH', { message: 'a link' });
  try {
    await buildCatalog({ folder: folder.path, readRoot });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, LanspreadError);
    assert.match(error instanceof Error ? error.message : '', 'quake.json: version: is 2, but the game here is 1');
    assert.match(error instanceof Error ? error.message : '', 'bad/: a link');
  }
});

test('revoked ids are written in order, once', async () => {
  await using folder = await tempDir('build');
  await put(folder, { 'quake.json': quake });
  const { text } = await buildCatalog({ folder: folder.path, revoked: ['worm', 'bug', 'worm'] });
  assert.equal(JSON.parse(text).revoked, ['bug', 'worm']);
});

for (const [what, yaml] of Object.entries({
  'an alias bomb': `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
    .split('')
    .map((key, index) => `${key}: &${key} [${`*${'abcdefgh'[index]},`.repeat(9)}]`)
    .join('\n')}\n`,
  'a tag that makes objects': 'title: !!js/function "function () {}"\nversion: "1"\nlaunch: !!set {a, b}\n',
  'broken indentation': 'title: a\n  version: 1\n',
  'a list': '- a\n',
})) {
  test(`YAML with ${what} is a problem, and no more`, async () => {
    await using folder = await tempDir('build');
    await put(folder, { 'x.yaml': yaml });
    const problems = await problemsOf(folder.path);
    assert.ok(Array.isArray(problems) && problems.length > 0);
  });
}

test('two descriptions of one game are a problem', async () => {
  await using folder = await tempDir('build');
  await put(folder, { 'quake.json': quake, 'quake.yaml': 'title: Q\nversion: "1"\n' });
  assert.match(JSON.stringify(await problemsOf(folder.path)), 'as quake.json does');
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
