import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseGameId } from '../../../app/core/base/index.ts';
import type { CatalogGameRow, CatalogSourceRow, State } from '../../../app/core/state/index.ts';
import { queryWords } from '../../../app/core/state/search-words.ts';
import { withState } from './open.ts';

const source = (id: string, position: number): CatalogSourceRow => ({
  id,
  name: `Source ${id}`,
  origin: `/media/${id}.json`,
  issued: undefined,
  signed: false,
  signedBy: undefined,
  inUse: true,
  position,
});

const game = (id: string, title: string, rest = ''): CatalogGameRow => ({
  sourceId: 'one',
  gameId: parseGameId(id),
  title,
  json: JSON.stringify({ id }),
  searchText: `${title}\n${rest}`,
});

const shelf = [
  game('quake3', 'Quake III Arena', 'arena shooter by id'),
  game('openarena', 'OpenArena', 'a free shooter like Quake'),
  game('pokemon', 'Pokémon Stadium', 'monsters'),
  game('halflife', 'Half-Life 2', 'shooter, story'),
  game('street', 'Straßenrennen', 'racing in Köln'),
  game('touhou', '東方紅魔郷', 'bullets'),
  game('cpp', 'C&C: Generals', 'strategy OR tactics'),
  game('tie', 'TIE Fighter', 'space'),
];

function fill(state: State): (query: string, limit?: number) => string[] {
  state.catalog.replaceSource(source('one', 0), shelf);
  return (query, limit = 50) => state.catalog.search(query, limit);
}

for (const [query, expected] of Object.entries({
  quake: ['quake3', 'openarena'],
  QUA: ['quake3', 'openarena'],
  'are qua': ['quake3'],
  pokemon: ['pokemon'],
  'POKÉ sta': ['pokemon'],
  'half-life': ['halflife'],
  'half life': ['halflife'],
  'half-li': ['halflife'],
  koln: ['street'],
  東方: ['touhou'],
  'c&c gen': ['cpp'],
  or: ['cpp'],
  'tie fighter': ['tie'],
  "'quake'": ['quake3', 'openarena'],
  '🎮 tie': ['tie'],
  'quake NOT shooter': [],
  zzz: [],
})) {
  test(`searching ${JSON.stringify(query)} gives ${expected.join(', ') || 'nothing'}`, () =>
    withState((state) => {
      assert.equal(fill(state)(query), expected);
    }));
}

test('a word of the title ranks above the same word in the description', () =>
  withState((state) => {
    state.catalog.replaceSource(source('one', 0), [
      game('a', 'Some Racer', 'arena arena arena arena arena'),
      game('b', 'The Arena', 'a long text about nothing in particular that goes on and on and on'),
    ]);
    assert.equal(state.catalog.search('arena', 10), ['b', 'a']);
  }));

test('the limit holds', () =>
  withState((state) => {
    assert.is(fill(state)('s', 2).length, 2);
    assert.is(fill(state)('s', 0).length, 0);
  }));

// biome-ignore format: a list
const odd = [
  '', ' ', '\n\t', '"', '""', '"""', "'", '*', '**', 'a*', '*a', '(', ')', '()', 'a(b', '-', '--', '-a', '+', '^', '^a',
  ':', 'title:', 'title:quake', 'nosuchcolumn:x', 'NEAR', 'NEAR(', 'NEAR(a b, 2)', 'AND', 'OR', 'NOT', 'a AND', 'OR b',
  'a OR', 'NOT a', '{title}', '{title body} : x', '\\', '\\"', 'a"b', '"a b', 'a;DROP TABLE x', '%', '_', '\0', 'a\0b',
  '🎮', '👨‍👩‍👧', '\ud800', 'a\udfffb', '\u0301', 'é\u0301', '\ufeff', '\u202e', 'İ', 'ß', 'ǆ', '１２', '½', '٣',
  'x'.repeat(10_000), 'a '.repeat(5_000), '"'.repeat(1_001), `${'a'.repeat(47)}😀`, '? !', 'c++', '.', '...', '東'.repeat(300),
];
test(`none of ${odd.length} odd queries throws, with or without a word beside it`, () =>
  withState((state) => {
    const search = fill(state);
    for (const query of odd) {
      for (const text of [query, `${query} quake`, `quake${query}`]) {
        assert.ok(Array.isArray(search(text)), JSON.stringify(text.slice(0, 40)));
      }
    }
  }));

test('a query without a letter or digit asks for nothing', () => {
  for (const query of ['', '  ', '"* ()', '🎮', '\0']) assert.equal(queryWords(query), []);
});

test('after a source was replaced or removed its former games are not found', () =>
  withState((state) => {
    const search = fill(state);
    state.catalog.replaceSource(source('one', 0), [game('doom', 'Doom')]);
    assert.equal(search('quake'), []);
    assert.equal(search('doom'), ['doom']);
    state.catalog.removeSource('one');
    assert.equal(search('doom'), []);
    assert.equal(state.catalog.games(), []);
  }));

test('of two sources that list a game the lower position wins, in the list and in the search', () =>
  withState(({ catalog }) => {
    catalog.replaceSource(source('one', 1), [game('quake', 'Quake'), game('doom', 'Doom')]);
    catalog.replaceSource(source('two', 0), [{ ...game('quake', 'Beben'), sourceId: 'two' }]);
    const titles = (): string[] => catalog.games().map(({ title }) => title);
    assert.equal(titles(), ['Doom', 'Beben']);
    assert.equal(catalog.search('quake', 9), []);
    assert.equal(catalog.search('beben', 9), ['quake']);
    assert.equal([...catalog.gameCounts()].sort(), [
      ['one', 2],
      ['two', 1],
    ]);
    catalog.setOrder(['one', 'two']);
    assert.equal(titles(), ['Doom', 'Quake']);
    assert.equal(catalog.search('quake', 9), ['quake']);
    catalog.removeSource('one');
    assert.equal(titles(), ['Beben']);
  }));

test('ordering names some sources first; the others follow in the order they had', () =>
  withState(({ catalog }) => {
    for (const [position, id] of ['a', 'b', 'c', 'd'].entries()) catalog.replaceSource(source(id, position), []);
    catalog.setOrder(['c', 'nobody', 'a', 'c']);
    assert.equal(
      catalog.sources().map(({ id }) => id),
      ['c', 'a', 'b', 'd'],
    );
  }));

test('20,000 games are searched in milliseconds, also by one letter that nearly all have', () =>
  withState(({ catalog }) => {
    const words = ['the', 'arena', 'star', 'quest', 'of', 'war', 'race', 'king', 'dragon', 'space', 'team', 'gold'];
    const word = (seed: number): string => `${words[(seed * 7_919) % words.length]}${seed % 5 ? '' : seed % 997}`;
    const text = (seed: number, length: number): string =>
      Array.from({ length }, (_, index) => word(seed * 31 + index * 17)).join(' ');
    const rows = Array.from({ length: 20_000 }, (_, index) =>
      game(`g${index}`, `${text(index, 3)} ${index}`, text(index + 7, 40)),
    );
    catalog.replaceSource(source('one', 0), rows);
    const queries = ['a', 's', 'the', 'star', 'arena sp', 'the king of dra', 'quest 19', 'war 1', 'zzz', 'gold race t'];
    const times: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      for (const query of queries) {
        const started = performance.now();
        const found = catalog.search(query, 200);
        times.push(performance.now() - started);
        if (query !== 'zzz') assert.ok(found.length > 0, query);
        assert.is(new Set(found).size, found.length, query);
      }
    }
    times.sort((a, b) => a - b);
    const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
    console.log(`search: median ${at(0.5).toFixed(2)} ms, p99 ${at(0.99).toFixed(2)} ms`);
    assert.ok(at(0.5) < 30, `the median search took ${at(0.5)} ms`);
  }));

test.run();
