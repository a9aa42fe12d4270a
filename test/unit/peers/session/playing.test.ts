import * as assert from 'uvu/assert';
import { test } from 'uvu';
import { parseGameId } from '../../../../app/core/base/index.ts';
import { HeardPlaying, OwnPlaying, playingPauseMs } from '../../../../app/core/peers/session/playing.ts';
import { helloSchema, limits, type Playing } from '../../../../app/core/protocol/index.ts';
import { validHello } from '../../../support/raw-peer.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const ids = (...names: string[]) => names.map(parseGameId);
const playing = (revision: number, ...names: string[]): Playing => ({ revision, games: ids(...names) });

test('what changes a hundred times in a second is told twice: at once, and as it is in the end', async () => {
  const clock = new VirtualClock();
  const told: Playing[] = [];
  using own = new OwnPlaying({ clock, tell: (one) => void told.push(one) });
  for (let at = 0; at < 100; at += 1) own.set(at % 2 === 0 ? ids('quake') : []);
  own.set(ids('quake', 'doom'));
  await clock.advance(5_000);
  assert.equal(told, [playing(1, 'quake'), playing(2, 'quake', 'doom')]);
});

test('nothing is told while nothing has changed, and of very many games only the newest', async () => {
  const clock = new VirtualClock();
  const told: Playing[] = [];
  using own = new OwnPlaying({ clock, tell: (one) => void told.push(one) });
  own.set([]);
  await clock.advance(2_000);
  own.set(Array.from({ length: 40 }, (_none, at) => parseGameId(`game${at}`)));
  await clock.advance(2_000);
  assert.is(told.length, 1);
  assert.is(told[0]?.games.length, limits.playingGames);
  assert.is(told[0]?.games.at(-1), 'game39');
});

test('a peer that changes its mind all the time changes what is shown once a second', async () => {
  const clock = new VirtualClock();
  let changes = 0;
  using heard = new HeardPlaying(undefined, { clock, onChanged: () => void (changes += 1) });
  const everyMs = 10;
  for (let at = 1; at <= (10 * playingPauseMs) / everyMs; at += 1) {
    heard.hear(playing(at, `game${at}`));
    await clock.advance(everyMs);
  }
  assert.ok(changes <= 11, `${changes} changes in 10 s`);
  await clock.advance(playingPauseMs);
  assert.equal(heard.games, ids(`game${(10 * playingPauseMs) / everyMs}`), 'the last word counts');
});

test('what comes late is older than what is known, and left out; what is named twice counts once', () => {
  using heard = new HeardPlaying(playing(3, 'quake', 'quake'), { clock: new VirtualClock(), onChanged: () => {} });
  assert.equal(heard.games, ids('quake'));
  heard.hear(playing(2, 'doom'));
  heard.hear(playing(3, 'doom'));
  assert.equal(heard.games, ids('quake'));
  heard.hear(playing(4));
  assert.equal(heard.games, []);
});

test('a Hello without what is played, or with something that is none, is a Hello all the same', () => {
  assert.is(helloSchema.parse(validHello()).playing, undefined);
  assert.equal(helloSchema.parse({ ...validHello(), playing: playing(1, 'quake') }).playing, playing(1, 'quake'));
  for (const hostile of [
    7,
    null,
    'quake',
    [],
    {},
    { revision: -1, games: [] },
    { revision: 1, games: 'quake' },
    { revision: 1, games: ['../etc'] },
    { revision: 1, games: [{ id: 'quake' }] },
    { revision: 1, games: Array.from({ length: limits.playingGames + 1 }, (_none, at) => `game${at}`) },
  ])
    assert.is(helloSchema.parse({ ...validHello(), playing: hostile }).playing, undefined, JSON.stringify(hostile));
});

test.run();
