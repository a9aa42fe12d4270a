import { tmpdir } from 'node:os';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, parse } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError } from '../../../app/core/base/index.ts';
import {
  createLiveSources,
  openCatalog,
  type Catalog,
  type LiveQuery,
  type LivePage,
  type LiveSourceDefinition,
  type LiveSources,
  type LiveSourceView,
} from '../../../app/core/catalog/index.ts';
import { openState } from '../../../app/core/state/index.ts';
import { until } from '../../support/eventually.ts';
import { patience } from '../../support/patience.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';
import { pictures } from './pictures.ts';

const schema = {
  type: 'object',
  properties: { folders: { type: 'array', items: { type: 'string', format: 'folder' }, maxItems: 8 } },
  required: ['folders'],
  additionalProperties: false,
};

interface Desk {
  catalog: Catalog;
  live: LiveSources;
  folder: TempDir;
  configurations: Map<string, unknown>;
  /** What the extension was asked. */
  asked: LiveQuery[];
  granted: (readonly string[])[];
  /** What it answers next; throws what it throws. */
  answer: { page: (query: LiveQuery) => LivePage | Promise<LivePage> };
  definition: LiveSourceDefinition;
  view: () => LiveSourceView;
  put: (path: string, content: unknown) => Promise<void>;
}

const game = (id: string, extra: Record<string, unknown> = {}): Record<string, unknown> => ({
  id,
  title: `The ${id}`,
  version: '1',
  ...extra,
});

async function atDesk(work: (desk: Desk) => Promise<void>, { plain = false } = {}): Promise<void> {
  await using home = await tempDir('state');
  await using folder = await tempDir('sticks');
  using state = openState({ directory: home.path }).state;
  const catalog = openCatalog({ state });
  const configurations = new Map<string, unknown>();
  const asked: LiveQuery[] = [];
  const granted: (readonly string[])[] = [];
  const answer: Desk['answer'] = { page: () => ({ games: [] }) };
  await using live = createLiveSources({
    catalog,
    configurations: { get: (id) => configurations.get(id), set: (id, value) => void configurations.set(id, value) },
    lookEveryMs: 20,
  });
  const definition: LiveSourceDefinition = {
    id: 'acme.lists/list',
    label: 'ACME list',
    version: '1.0.0',
    enabled: true,
    ...(!plain && { schema }),
    grant: (folders) => granted.push(folders),
    page: async (query) => {
      asked.push(query);
      return await answer.page(query);
    },
  };
  const put = async (path: string, content: unknown): Promise<void> => {
    await mkdir(dirname(folder.join(path)), { recursive: true });
    await writeFile(folder.join(path), Buffer.isBuffer(content) ? content : JSON.stringify(content));
  };
  const view = (): LiveSourceView => {
    const [first] = live.views();
    if (!first) throw new Error('there is no live source');
    return first;
  };
  await work({ catalog, live, folder, configurations, asked, granted, answer, definition, view, put });
}

const idsOf = (catalog: Catalog): string[] => catalog.all().map(({ id }) => id);

async function errorOf(promise: Promise<unknown>): Promise<LanspreadError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof LanspreadError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

/** Answers with a game for each folder in the configuration, named after it. */
const gamePerFolder = ({ configuration }: LiveQuery): LivePage => {
  const { folders } = configuration as { folders: string[] };
  return { games: folders.map((path) => game(basename(path))) };
};

test('a source that needs no configuration is asked at start, page by page, and listed', () =>
  atDesk(
    async ({ catalog, live, answer, definition, asked, view }) => {
      answer.page = ({ cursor }) =>
        cursor === undefined ? { games: [game('quake')], next: 'b' } : { games: [game('doom')] };
      live.set([definition]);
      await until('it is listed', () => idsOf(catalog).length === 2);
      assert.equal(
        asked.map(({ cursor }) => cursor),
        [undefined, 'b'],
      );
      const [source] = catalog.sources();
      assert.is(source?.origin, 'extension:acme.lists/list');
      assert.is(source?.name, 'ACME list');
      assert.is(source?.signed, false);
      await until('it says so', () => view().phase === 'current');
      assert.ok(view().refreshedAt);
    },
    { plain: true },
  ));

test('a failed refresh keeps what was listed, says why, and is tried again', () =>
  atDesk(
    async ({ catalog, live, answer, definition, view }) => {
      answer.page = () => ({ games: [game('quake')] });
      live.set([definition]);
      await until('it is listed', () => catalog.has('quake'));
      answer.page = () => {
        throw new LanspreadError('IO_ERROR', { message: 'broken' });
      };
      assert.is((await errorOf(live.refresh(definition.id))).code, 'IO_ERROR');
      assert.ok(catalog.has('quake'));
      assert.is(view().phase, 'failed');
      assert.is(view().error?.message, 'broken');
      answer.page = () => ({ games: [game('doom')] });
      await live.refresh();
      assert.equal(idsOf(catalog), ['doom']);
      assert.is(view().phase, 'current');
      assert.is(view().error, undefined);
    },
    { plain: true },
  ));

test('without a configuration nothing is asked; a wrong one is refused by name', () =>
  atDesk(async ({ live, definition, asked, view, folder }) => {
    live.set([definition]);
    await until('it says so', () => view().phase === 'unconfigured');
    assert.is(view().error, undefined);
    assert.is((await errorOf(live.refresh(definition.id))).code, 'BAD_REQUEST');
    for (const wrong of [{}, { folders: 'x' }, { folders: [1] }, { folders: [], more: 1 }, 7, null, 'x', []]) {
      let code = '';
      try {
        live.configure(definition.id, wrong);
      } catch (error) {
        code = error instanceof LanspreadError ? error.code : String(error);
      }
      assert.is(code, 'BAD_REQUEST', JSON.stringify(wrong));
    }
    // The drive of the system, on Windows.
    const { root } = parse(tmpdir());
    for (const path of [
      'relative',
      root,
      `${root}*`,
      `${root}a/*/b`,
      `${root}a/*/*/*`,
      `${root}a*`,
      `${folder.path}\0`,
    ]) {
      let message = '';
      try {
        live.configure(definition.id, { folders: [path] });
      } catch (error) {
        message = error instanceof LanspreadError ? error.message : '';
      }
      assert.match(message, 'The folder', path);
    }
    assert.is((await errorOf(live.refresh('nobody'))).code, 'UNKNOWN_CATALOG');
    assert.equal(asked, []);
  }));

test('a stick that is plugged in is read, stays listed when it is pulled, and is read anew when it changed', () =>
  atDesk(async ({ catalog, live, answer, definition, folder, granted, asked, view, put }) => {
    answer.page = gamePerFolder;
    live.set([definition]);
    live.configure(definition.id, { folders: [`${folder.path}/media/*`] });
    await until('it waits for a stick', () => view().phase === 'away');
    await put('media/friday/x.json', {});
    await until('the stick is listed', () => catalog.has('friday'));
    await put('media/sunday/x.json', {});
    await until('the other one, too', () => catalog.has('sunday'));
    assert.equal(
      catalog.sources().map(({ name, origin }) => [name, origin]),
      [
        ['friday (ACME list)', `extension:acme.lists/list ${folder.join('media/friday')}`],
        ['sunday (ACME list)', `extension:acme.lists/list ${folder.join('media/sunday')}`],
      ],
    );
    assert.equal(granted.at(-1), [folder.join('media/friday'), folder.join('media/sunday')]);
    assert.equal(asked.length, 2, 'each stick was asked once');

    await rm(folder.join('media/friday'), { recursive: true });
    await until('it is seen to be gone', () => view().folders.length === 1);
    assert.equal(idsOf(catalog), ['friday', 'sunday'], 'its games stay');

    answer.page = () => ({ games: [game('new')] });
    await put('media/sunday/y.json', {});
    await until('what was written is read', () => catalog.has('new'));
    assert.equal(idsOf(catalog), ['friday', 'new']);
  }));

test('a folder that is configured no more takes its games along', () =>
  atDesk(async ({ catalog, live, answer, definition, folder, put }) => {
    answer.page = gamePerFolder;
    await put('a/x.json', {});
    await put('b/x.json', {});
    live.set([definition]);
    live.configure(definition.id, { folders: [folder.join('a'), folder.join('b')] });
    await until('both are listed', () => idsOf(catalog).length === 2);
    live.configure(definition.id, { folders: [folder.join('b')] });
    await until('one is gone', () => idsOf(catalog).join() === 'b');
    live.configure(definition.id, { folders: [] });
    await until('all are gone', () => catalog.sources().length === 0);
  }));

test('one broken stick does not keep the others from being read', () =>
  atDesk(async ({ catalog, live, answer, definition, folder, put, view }) => {
    answer.page = (query) => {
      if (/[/\\]bad"/.test(JSON.stringify(query))) throw new LanspreadError('IO_ERROR', { message: 'no list' });
      return gamePerFolder(query);
    };
    await put('media/bad/x.json', {});
    await put('media/good/x.json', {});
    live.set([definition]);
    live.configure(definition.id, { folders: [`${folder.path}/media/*`] });
    await until('the good one is listed', () => catalog.has('good'));
    await until('the failure is told', () => view().phase === 'failed');
    answer.page = gamePerFolder;
    await put('media/bad/x.json', { corrected: true });
    await until('it is read as soon as it is corrected', () => catalog.has('bad'), { limitMs: 3_000 * patience });
    await until('the failure is forgotten', () => view().phase === 'current');
  }));

test('an extension that is removed takes what it listed along; one that is disabled leaves it', () =>
  atDesk(
    async ({ catalog, live, answer, definition, view, asked }) => {
      answer.page = () => ({ games: [game('quake')] });
      live.set([definition]);
      await until('it is listed', () => catalog.has('quake'));
      live.set([{ ...definition, enabled: false }]);
      assert.is(view().phase, 'disabled');
      assert.ok(catalog.has('quake'));
      assert.match((await errorOf(live.refresh(definition.id))).message, 'disabled');
      assert.is(asked.length, 1);
      live.set([]);
      assert.equal(catalog.all(), []);
    },
    { plain: true },
  ));

test('what is listed again unchanged is no news', () =>
  atDesk(
    async ({ catalog, live, answer, definition }) => {
      answer.page = () => ({
        games: [game('quake', { cover: `data:image/png;base64,${pictures.png.toString('base64')}` })],
      });
      live.set([definition]);
      await until('it is listed', () => catalog.has('quake'));
      assert.ok(catalog.get('quake')?.coverPath?.endsWith('.png'));
      let news = 0;
      using _listening = catalog.onDidChange(() => (news += 1));
      await live.refresh();
      assert.is(news, 0);
      answer.page = () => ({ games: [game('quake', { version: '2' })] });
      await live.refresh();
      assert.is(news, 1);
      assert.is(catalog.get('quake')?.version, '2');
    },
    { plain: true },
  ));

test('covers lie in the folders of the source and nowhere else', () =>
  atDesk(async ({ catalog, live, answer, definition, folder, put, view }) => {
    await put('stick/covers/a.png', pictures.png);
    await put('secret.png', pictures.png);
    const covers: Record<string, string> = {
      relative: 'covers/a.png',
      absolute: folder.join('stick/covers/a.png'),
      outside: folder.join('secret.png'),
      climbing: '../secret.png',
      climbing2: `${folder.join('stick')}/../secret.png`,
      sibling: `${folder.join('stick')}-x/a.png`,
      missing: 'covers/b.png',
      data: 'data:text/html;base64,PGh0bWw+',
    };
    answer.page = () => ({ games: Object.entries(covers).map(([id, cover]) => game(id, { cover })) });
    live.set([definition]);
    live.configure(definition.id, { folders: [folder.join('stick')] });
    await until('they are listed', () => catalog.has('relative'));
    assert.equal(
      Object.keys(covers).filter((id) => catalog.get(id)?.coverPath),
      ['relative', 'absolute'],
    );
    await until('the rest is told', () => view().warnings.length === 6);
  }));

const endless: Record<string, [page: (query: LiveQuery) => unknown, reason: RegExp]> = {
  'whose pages lead in a circle': [({ cursor }) => ({ games: [], next: cursor === 'a' ? 'b' : 'a' }), /circle/],
  'of endless pages': [({ cursor }) => ({ games: [], next: String(Number(cursor ?? 0) + 1) }), /pages/],
  'of too many games': [
    ({ cursor = '0' }) => ({
      games: Array.from({ length: 1_000 }, (_, index) => game(`g${cursor}-${index}`)),
      next: String(Number(cursor) + 1),
    }),
    /over 50000 games/,
  ],
  'of too many games on a page': [() => ({ games: Array.from({ length: 1_001 }, () => 0) }), /games/],
  'that says nothing': [() => undefined, /page/],
  'that lists no list': [() => ({ games: { length: 3 } }), /games/],
  'whose cursor is a book': [() => ({ games: [], next: 'x'.repeat(10_000) }), /next/],
  'of games as large as discs': [
    ({ cursor = '0' }) => ({ games: [game(`g${cursor}`, { junk: 'x'.repeat(9_000_000) })], next: `${cursor}1` }),
    /bytes/,
  ],
};
for (const [what, [page, reason]] of Object.entries(endless)) {
  test(`a source ${what} is refused as a whole`, () =>
    atDesk(
      async ({ catalog, live, answer, definition }) => {
        // The extension says what it says.
        answer.page = page as (query: LiveQuery) => LivePage;
        live.set([definition]);
        const error = await errorOf(live.refresh(definition.id));
        assert.is(error.code, 'CATALOG_INVALID');
        assert.match(error.message, reason);
        assert.equal(catalog.all(), []);
      },
      { plain: true },
    ));
}

test('games that are none are left out one by one and told, without end neither', () =>
  atDesk(
    async ({ catalog, live, answer, definition, view }) => {
      const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
      const bad = [
        deep,
        null,
        7,
        [],
        {},
        game('con'),
        game('../x'),
        game('a', { title: '' }),
        game('b', { version: 1 }),
      ];
      const hostile = JSON.parse(
        '{"id":"quake","title":"Q","version":"1","__proto__":{"polluted":true},"constructor":1}',
      );
      answer.page = () => ({ games: [...bad, hostile, game('QUAKE'), ...Array.from({ length: 100 }, () => null)] });
      live.set([definition]);
      await until('the rest is listed', () => catalog.has('quake'));
      assert.equal(idsOf(catalog), ['quake']);
      assert.is(({} as Record<string, unknown>)['polluted'], undefined);
      await until('it is told', () => view().warnings.length === 21);
      assert.match(view().warnings.join('\n'), 'QUAKE is listed twice');
      assert.match(view().warnings.at(-1) ?? '', '90 more');
    },
    { plain: true },
  ));

test('disposing ends what is asked, and asks nothing more', () =>
  atDesk(
    async ({ live, answer, definition, asked }) => {
      const hangs = Promise.withResolvers<LivePage>();
      answer.page = () => hangs.promise;
      live.set([definition]);
      await until('it is asked', () => asked.length === 1);
      const ending = live[Symbol.asyncDispose]();
      hangs.resolve({ games: [], next: 'x' });
      await ending;
      assert.is(asked.length, 1);
    },
    { plain: true },
  ));

test('a folder that moves away while it is read keeps what it listed', () =>
  atDesk(async ({ catalog, live, answer, definition, folder, put, view }) => {
    await put('stick/x.json', {});
    answer.page = gamePerFolder;
    live.set([definition]);
    live.configure(definition.id, { folders: [folder.join('stick')] });
    await until('it is listed', () => catalog.has('stick'));
    await rename(folder.join('stick'), folder.join('gone'));
    await until('it is away', () => view().phase === 'away');
    assert.match((await errorOf(live.refresh(definition.id))).message, 'folders');
    assert.ok(catalog.has('stick'));
  }));

test.run();
