import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countGames, selectGames, type LibraryQuery } from '../../../app/ui/screens/library/library-view.ts';
import { gameView } from './game-view.ts';

const games = [
  gameView({
    id: 'a',
    title: 'A',
    genres: ['Racing', 'Party'],
    players: { min: 1, max: 4 },
    sizeBytes: 5e8,
    peerCount: 1,
  }),
  gameView({
    id: 'b',
    title: 'B',
    genres: ['Racing'],
    players: { min: 6, max: 16 },
    sizeBytes: 5e9,
    installed: true,
    playedSeconds: 9,
  }),
  gameView({ id: 'c', title: 'C', sizeBytes: 6e10, downloaded: true, peerCount: 5, releaseYear: 2001 }),
  gameView({
    id: 'd',
    title: 'D',
    operation: { kind: 'Playing', startedAt: 0 },
    installed: true,
    updateAvailable: true,
  }),
];
const everything: LibraryQuery = {
  state: 'all',
  genres: new Set(),
  players: undefined,
  size: undefined,
  collection: undefined,
  sort: 'title',
  found: undefined,
};
const ids = (query: Partial<LibraryQuery>): string =>
  selectGames(games, { ...everything, ...query })
    .map(({ id }) => id)
    .join('');

test('each state shows its games', () => {
  assert.is(ids({}), 'abcd');
  assert.is(ids({ state: 'installed' }), 'bd');
  assert.is(ids({ state: 'downloaded' }), 'c');
  assert.is(ids({ state: 'available' }), 'ac');
  assert.is(ids({ state: 'playing' }), 'd');
  assert.is(ids({ state: 'updates' }), 'd');
});

test('filters narrow each other; of several genres one is enough', () => {
  assert.is(ids({ genres: new Set(['Racing']) }), 'ab');
  assert.is(ids({ genres: new Set(['Party', 'Racing']), players: '5-8' }), 'b');
  assert.is(ids({ players: 'solo' }), 'a');
  assert.is(ids({ players: '9+' }), 'b');
  assert.is(ids({ size: 'small' }), 'a');
  assert.is(ids({ size: 'huge', state: 'downloaded' }), 'c');
  assert.is(ids({ collection: new Set(['d', 'a']) }), 'ad');
});

test('orders are by number, equal ones by title', () => {
  assert.is(ids({ sort: 'peers' }), 'cabd');
  assert.is(ids({ sort: 'size' }), 'cbad');
  assert.is(ids({ sort: 'played' }), 'bacd');
  assert.is(ids({ sort: 'year' }), 'cabd');
});

test('what a search found comes in its order until another one is chosen', () => {
  assert.is(ids({ found: ['c', 'a', 'gone'], sort: 'relevance' }), 'ca');
  assert.is(ids({ found: ['c', 'a', 'gone'], sort: 'title' }), 'ac');
  assert.is(ids({ found: [] }), '');
});

test('counts tell how many each filter would show', () => {
  const counts = countGames(games, everything);
  assert.equal(counts.states, { all: 4, installed: 2, downloaded: 1, available: 2, playing: 1, updates: 1 });
  assert.equal(counts.genres, [
    ['Racing', 2],
    ['Party', 1],
  ]);
  assert.is(counts.players['5-8'], 1);
  assert.is(counts.sizes.medium, 1);
});

test('counts keep to the search and to the filters of the other groups', () => {
  const found = countGames(games, { ...everything, found: ['a', 'b'] });
  assert.equal(found.states, { all: 2, installed: 1, downloaded: 0, available: 1, playing: 0, updates: 0 });
  const racing = countGames(games, { ...everything, genres: new Set(['Party']) });
  assert.is(racing.states.all, 1, 'other groups are narrowed');
  assert.equal(racing.genres[0], ['Racing', 2], 'the group itself is not: another one of it would add');
  const none = countGames(games, { ...everything, genres: new Set(['Party']), state: 'updates' });
  assert.ok(
    none.genres.some(([genre, count]) => genre === 'Party' && count === 0),
    'what is chosen stays to be taken back',
  );
});

test('what a filter counts is what it shows', () => {
  const query = { ...everything, found: ['a', 'b', 'd'], genres: new Set(['Racing']) };
  const counts = countGames(games, query, [{ name: 'mine', gameIds: ['a', 'd'] }]);
  for (const state of ['all', 'installed', 'available', 'updates'] as const)
    assert.is(counts.states[state], selectGames(games, { ...query, state }).length, state);
  assert.is(counts.collections.get('mine'), selectGames(games, { ...query, collection: new Set(['a', 'd']) }).length);
});

test.run();
