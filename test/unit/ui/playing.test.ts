import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countGames, selectGames } from '../../../app/ui/screens/library/library-view.ts';
import { isPlayed, playersNow, shortenNames } from '../../../app/ui/game/playing.ts';
import { gameView } from './game-view.ts';

const nas = { peerId: '1', name: 'nas' };
const seat = { peerId: '2', name: 'seat-07' };
const games = [
  gameView({ id: 'idle', title: 'A' }),
  gameView({ id: 'here', title: 'B', operation: { kind: 'Playing', startedAt: 0 } }),
  gameView({ id: 'there', title: 'C', playedBy: [nas, seat] }),
  gameView({ id: 'both', title: 'D', operation: { kind: 'Playing', startedAt: 0 }, playedBy: [seat] }),
  gameView({ id: 'busy', title: 'E', operation: { kind: 'Installing', startedAt: 0 } }),
];

test('a game is played when it runs here or somewhere in the room', () => {
  assert.equal(
    games.filter(isPlayed).map(({ id }) => id),
    ['here', 'there', 'both'],
  );
  assert.equal(games.map(playersNow), [0, 1, 2, 2, 0]);
});

test('the filter shows and counts the same', () => {
  const query = {
    state: 'playing',
    genres: new Set<string>(),
    players: undefined,
    size: undefined,
    collection: undefined,
    sort: 'title',
    foundSort: 'relevance',
    found: undefined,
  } as const;
  assert.equal(
    selectGames(games, query).map(({ id }) => id),
    ['here', 'there', 'both'],
  );
  assert.is(countGames(games, query).states.playing, 3);
});

test('many names are shortened; one more than fits is named, not counted', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  assert.equal(shortenNames(names), { names: names.slice(0, 5), more: 2 });
  assert.equal(shortenNames(names.slice(0, 6)), { names: names.slice(0, 6), more: 0 });
  assert.equal(shortenNames([]), { names: [], more: 0 });
});

test.run();
