import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError } from '../../../app/core/base/index.ts';
import { openCatalog, type Catalog } from '../../../app/core/catalog/index.ts';
import { catalogLimits } from '../../../app/core/catalog/schema.ts';
import { openState, type State } from '../../../app/core/state/index.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';
import { pictures, png } from './pictures.ts';

interface Desk {
  state: State;
  catalog: Catalog;
  stick: TempDir;
  /** How often the catalog said that it changed. */
  changes: () => number;
  /** Writes files on the stick; objects as JSON. */
  put: (files: Record<string, unknown>) => Promise<void>;
}

/** A catalog in a new state directory, and a folder that plays the USB stick. */
async function atDesk(work: (desk: Desk) => Promise<void>): Promise<void> {
  await using home = await tempDir('catalog');
  await using stick = await tempDir('stick');
  using state = openState({ directory: home.path }).state;
  const catalog = openCatalog({ state });
  let count = 0;
  using _listening = catalog.onDidChange(() => (count += 1));
  const put = async (files: Record<string, unknown>): Promise<void> => {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(stick.join(name)), { recursive: true });
      await writeFile(stick.join(name), Buffer.isBuffer(content) ? content : JSON.stringify(content));
    }
  };
  await work({ state, catalog, stick, put, changes: () => count });
}

const game = (id: string, extra: Record<string, unknown> = {}): Record<string, unknown> => ({
  id,
  title: `The ${id}`,
  version: '1',
  ...extra,
});
const file = (name: string, ...games: unknown[]): unknown => ({ formatVersion: 1, name, issued: '2026-01-01', games });

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return error instanceof LanspreadError ? error.code : String(error);
  }
  return 'accepted';
}

test('an empty catalog knows no game', () =>
  atDesk(async ({ catalog }) => {
    assert.equal([catalog.all(), catalog.sources(), catalog.search('a'), catalog.search('')], [[], [], [], []]);
    assert.is(catalog.has('quake'), false);
    assert.is(catalog.get('quake'), undefined);
  }));

test('an imported catalog is there at once, is announced once, and is there after a restart', () =>
  atDesk(async ({ catalog, state, stick, put, changes }) => {
    await put({ 'party.json': file('Party', game('quake'), game('doom')) });
    const source = await catalog.importFile(stick.join('party.json'));
    const { id, warnings, ...rest } = source;
    const expected = {
      name: 'Party',
      origin: stick.join('party.json'),
      issued: '2026-01-01',
      signed: false,
      signedBy: undefined,
      inUse: true,
    };
    assert.equal(rest, { ...expected, gameCount: 2, revokedCount: 0 });
    assert.equal(warnings, []);
    assert.is(changes(), 1);
    const again = openCatalog({ state });
    for (const each of [catalog, again]) {
      assert.ok(each.has('quake'));
      assert.is(each.get('doom')?.title, 'The doom');
      assert.equal(each.sources(), [{ id, ...expected, gameCount: 2, revokedCount: 0 }]);
      assert.equal(
        each.all().map((entry) => entry.id),
        ['doom', 'quake'],
      );
    }
  }));

test('games come by title, whatever the case, numbers as numbers', () =>
  atDesk(async ({ catalog, stick, put }) => {
    const titles = ['worms 10', 'Worms 2', 'Äpfel', 'anno', 'Zoo'];
    await put({ 'a.json': file('A', ...titles.map((title, index) => game(`g${index}`, { title }))) });
    await catalog.importFile(stick.join('a.json'));
    assert.equal(
      catalog.all().map(({ title }) => title),
      ['anno', 'Äpfel', 'Worms 2', 'worms 10', 'Zoo'],
    );
  }));

test('a search gives games, best first; a blank one gives all by title', () =>
  atDesk(async ({ catalog, stick, put }) => {
    await put({ 'a.json': file('A', game('x', { description: 'like doom' }), game('doom'), game('zed')) });
    await catalog.importFile(stick.join('a.json'));
    const ids = (query: string, limit?: number): string[] =>
      catalog.search(query, limit === undefined ? {} : { limit }).map(({ id }) => id);
    assert.equal(ids('doo'), ['doom', 'x']);
    assert.equal(ids('doo', 1), ['doom']);
    assert.equal(ids('  '), ['doom', 'x', 'zed']);
    assert.equal(ids('"*('), []);
  }));

test('aliases are kept and searched, mistakes are forgiven, and texts that have the very word come first', () =>
  atDesk(async ({ catalog, state, stick, put }) => {
    await put({ 'a.json': file('A', game('battlegrounds', { aliases: ['PUBG'] }), game('quake'), game('zed')) });
    await catalog.importFile(stick.join('a.json'));
    for (const each of [catalog, openCatalog({ state })]) {
      assert.equal(each.get('battlegrounds')?.aliases, ['PUBG']);
      assert.equal(
        each.find('pubg').games.map(({ id }) => id),
        ['battlegrounds'],
      );
    }
    const { games, meant } = catalog.find('quke');
    assert.equal(
      games.map(({ id }) => id),
      ['quake'],
    );
    assert.is(meant, 'quake');
    await put({ 'b.json': file('A', game('quake'), game('zed', { description: 'The quke of a word.' })) });
    await catalog.importFile(stick.join('b.json'));
    const both = catalog.find('quke');
    assert.equal(
      both.games.map(({ id }) => id),
      ['zed', 'quake'],
    );
    assert.is(both.meant, undefined);
  }));

test('genres, tags and publisher are searched too', () =>
  atDesk(async ({ catalog, stick, put }) => {
    await put({
      'a.json': file('A', game('a', { genres: ['Racing'], tags: ['retro'], publisher: 'Sierra' }), game('b')),
    });
    await catalog.importFile(stick.join('a.json'));
    for (const query of ['rac', 'RETRO', 'sier']) assert.is(catalog.search(query).length, 1, query);
  }));

test('covers are copied, so that they are there when the stick is pulled', () =>
  atDesk(async ({ catalog, state, stick, put }) => {
    await put({
      'c/list.json': file('A', ...Object.keys(pictures).map((kind) => game(kind, { cover: `covers/${kind}.${kind}` }))),
      ...Object.fromEntries(Object.entries(pictures).map(([kind, bytes]) => [`c/covers/${kind}.${kind}`, bytes])),
    });
    const { warnings } = await catalog.importFile(stick.join('c/list.json'));
    assert.equal(warnings, []);
    await rm(stick.join('c'), { recursive: true });
    for (const [kind, bytes] of Object.entries(pictures)) {
      const path = openCatalog({ state }).get(kind)?.coverPath ?? '';
      assert.ok(path.startsWith(state.directory), kind);
      assert.ok(readFileSync(path).equals(bytes), kind);
    }
  }));

const outside = '<svg><use href="https://example.org/x.svg#a"/></svg>';
const unusable: Record<string, [cover: string, bytes: Buffer | undefined, reason: RegExp]> = {
  'is missing': ['covers/x.png', undefined, /not there/],
  'is too large': ['covers/x.png', Buffer.concat([pictures.png, Buffer.alloc(catalogLimits.coverBytes)]), /over/],
  'is text under the name of a picture': ['covers/x.png', Buffer.from('hello'), /not a picture/],
  'is a program under the name of a picture': ['covers/x.jpg', Buffer.from('MZ\x90\0'), /not a picture/],
  'is empty': ['covers/x.webp', Buffer.alloc(0), /not a picture/],
  'is a page': ['covers/x.svg', Buffer.from('<html><body>'), /not a picture/],
  'would fill the memory when it is shown': ['covers/x.png', png({ width: 60_000, height: 60_000 }), /pixels/],
  'has a script': ['covers/x.svg', Buffer.from('<svg><script>alert(1)</script></svg>'), /script/],
  'has a handler': ['covers/x.svg', Buffer.from('<svg onload = "alert(1)"/>'), /script/],
  'links elsewhere': ['covers/x.svg', Buffer.from(outside), /elsewhere/],
};
for (const [what, [cover, bytes, reason]] of Object.entries(unusable)) {
  test(`a cover that ${what} is left out with a warning, and the game is there`, () =>
    atDesk(async ({ catalog, stick, put }) => {
      await put({ 'list.json': file('A', game('quake', { cover })), ...(bytes && { [cover]: bytes }) });
      const { warnings } = await catalog.importFile(stick.join('list.json'));
      assert.is(warnings.length, 1);
      assert.match(warnings[0] ?? '', reason);
      assert.match(warnings[0] ?? '', 'quake');
      assert.ok(catalog.has('quake'));
      assert.is(catalog.get('quake')?.coverPath, undefined);
    }));
}

test('a cover is served as what it is, whatever its file is called', () =>
  atDesk(async ({ catalog, stick, put }) => {
    await put({ 'list.json': file('A', game('quake', { cover: 'x.jpg' })), 'x.jpg': pictures.png });
    const { warnings } = await catalog.importFile(stick.join('list.json'));
    assert.equal(warnings, []);
    assert.ok(catalog.get('quake')?.coverPath?.endsWith('.png'));
  }));

for (const cover of [
  '../secret.png',
  '/etc/passwd.png',
  'C:\\x.png',
  'covers/../../x.png',
  'covers/con.png',
  'a.exe',
  'a.png/',
]) {
  test(`a catalog that names the cover ${cover} is not valid`, () =>
    atDesk(async ({ catalog, stick, put }) => {
      await put({ 'list.json': file('A', game('quake', { cover })) });
      assert.is(await codeOf(catalog.importFile(stick.join('list.json'))), 'CATALOG_INVALID');
    }));
}

test('a cover behind a symbolic link is not read', () =>
  atDesk(async ({ catalog, stick, put }) => {
    if (process.platform === 'win32') return;
    await put({ 'real/x.png': pictures.png, 'c/list.json': file('A', game('a', { cover: 'covers/x.png' })) });
    await symlink(stick.join('real'), stick.join('c/covers'));
    const { warnings } = await catalog.importFile(stick.join('c/list.json'));
    assert.match(warnings[0] ?? '', 'symbolic link');
  }));

test('importing again replaces games and covers, keeps the place, and leaves nothing behind', () =>
  atDesk(async ({ catalog, state, stick, put }) => {
    await put({
      'a.json': file('A', game('quake', { cover: 'q.png' }), game('doom', { cover: 'd.svg' })),
      'b.json': file('B', game('quake', { title: 'From B' })),
      'q.png': pictures.png,
      'd.svg': pictures.svg,
    });
    const { id } = await catalog.importFile(stick.join('a.json'));
    await catalog.importFile(stick.join('b.json'));
    const covers = (): string[] => readdirSync(`${state.directory}/covers/${id}`);
    assert.is(covers().length, 2);
    await put({ 'a.json': file('A', game('quake', { title: 'New', cover: 'd.svg' })) });
    await catalog.importFile(stick.join('a.json'));
    assert.is(catalog.get('quake')?.title, 'New');
    assert.is(catalog.has('doom'), false);
    assert.equal(covers(), [catalog.get('quake')?.coverPath?.split(/[/\\]/).at(-1)]);
    assert.equal(
      catalog.sources().map(({ name }) => name),
      ['A', 'B'],
    );
  }));

test('a broken catalog changes nothing, not even covers', () =>
  atDesk(async ({ catalog, state, stick, put, changes }) => {
    await put({ 'a.json': file('A', game('quake', { cover: 'q.png' })), 'q.png': pictures.png });
    const { id } = await catalog.importFile(stick.join('a.json'));
    const before = readdirSync(`${state.directory}/covers/${id}`);
    await put({ 'a.json': file('A', game('doom'), { id: 'x' }) });
    assert.is(await codeOf(catalog.importFile(stick.join('a.json'))), 'CATALOG_INVALID');
    assert.ok(catalog.has('quake'));
    assert.is(catalog.has('doom'), false);
    assert.is(changes(), 1);
    assert.equal(readdirSync(`${state.directory}/covers/${id}`), before);
  }));

test('a file that is missing, or a folder, cannot be imported', () =>
  atDesk(async ({ catalog, stick }) => {
    assert.is(await codeOf(catalog.importFile(stick.join('none.json'))), 'CATALOG_NOT_FOUND');
    assert.is(await codeOf(catalog.importFile(stick.path)), 'CATALOG_NOT_FOUND');
  }));

test('an import that was cancelled changes nothing', () =>
  atDesk(async ({ catalog, stick, put }) => {
    await put({ 'a.json': file('A', game('quake')) });
    assert.is(await codeOf(catalog.importFile(stick.join('a.json'), { signal: AbortSignal.abort() })), 'CANCELLED');
    assert.is(catalog.has('quake'), false);
  }));

test('a catalog without a name takes the name of its file', () =>
  atDesk(async ({ catalog, stick, put }) => {
    await put({ 'Café Süd.json': { formatVersion: 1, games: [] } });
    const { id, name } = await catalog.importFile(stick.join('Café Süd.json'));
    assert.is(name, 'Café Süd');
    assert.match(id, /^cafe-sud-[0-9a-f]{8}$/);
  }));

test('sources merge by precedence, which can be changed', () =>
  atDesk(async ({ catalog, stick, put, changes }) => {
    await put({
      'a.json': file('A', game('quake', { title: 'A quake' }), game('only-a')),
      'b.json': file('B', game('quake', { title: 'B quake' }), game('only-b')),
    });
    const a = await catalog.importFile(stick.join('a.json'));
    const b = await catalog.importFile(stick.join('b.json'));
    assert.is(catalog.get('quake')?.title, 'A quake');
    assert.is(catalog.all().length, 3);
    catalog.orderSources([b.id]);
    assert.is(catalog.get('quake')?.title, 'B quake');
    assert.equal(
      catalog.sources().map(({ id }) => id),
      [b.id, a.id],
    );
    assert.is(changes(), 3);
  }));

test('removing a source takes its games and covers, and uncovers what it hid', () =>
  atDesk(async ({ catalog, state, stick, put, changes }) => {
    await put({
      'a.json': file('A', game('quake', { title: 'A quake', cover: 'q.png' }), game('only-a')),
      'b.json': file('B', game('quake', { title: 'B quake' })),
      'q.png': pictures.png,
    });
    const a = await catalog.importFile(stick.join('a.json'));
    await catalog.importFile(stick.join('b.json'));
    const removed = catalog.removeSource(a.id);
    assert.is(catalog.get('quake')?.title, 'B quake');
    assert.is(catalog.has('only-a'), false);
    assert.is(changes(), 3);
    await removed;
    assert.is(existsSync(`${state.directory}/covers/${a.id}`), false);
    await catalog.removeSource('nobody');
    assert.is(changes(), 3);
  }));

test('a source that is removed and imported in one go is there with its covers', () =>
  atDesk(async ({ catalog, stick, put }) => {
    await put({ 'a.json': file('A', game('quake', { cover: 'q.png' })), 'q.png': pictures.png });
    const { id } = await catalog.importFile(stick.join('a.json'));
    await Promise.all([catalog.removeSource(id), catalog.importFile(stick.join('a.json')), catalog.removeSource('x')]);
    assert.ok(existsSync(catalog.get('quake')?.coverPath ?? ''));
  }));

test.run();
