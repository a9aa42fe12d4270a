import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { idleStage, spotlight, warningMs } from '../../../app/ui/screens/kiosk/idle.ts';

const idleMs = 5 * 60_000;
const facts = { sinceInputMs: 0, idleMs, isPlaying: false, hasSession: true };

test('a session without input is warned for thirty seconds, then over', () => {
  const at = (sinceInputMs: number) => idleStage({ ...facts, sinceInputMs });
  assert.equal(at(idleMs - warningMs - 1), { kind: 'active' });
  assert.equal(at(idleMs - warningMs), { kind: 'warning', secondsLeft: 30 });
  assert.equal(at(idleMs - 1), { kind: 'warning', secondsLeft: 1 });
  assert.equal(at(idleMs), { kind: 'over' });
});

test('a running game keeps the session, however long nobody touches the launcher', () => {
  assert.equal(idleStage({ ...facts, sinceInputMs: 10 * idleMs, isPlaying: true }), { kind: 'active' });
});

test('with no session there is nothing to end: covers drift after a minute, or sooner where the limit is shorter', () => {
  const at = (sinceInputMs: number, limitMs = idleMs) =>
    idleStage({ ...facts, idleMs: limitMs, sinceInputMs, hasSession: false }).kind;
  assert.equal(
    [at(59_999), at(60_000), at(10 * idleMs), at(31_000, 30_000)],
    ['active', 'attract', 'attract', 'attract'],
  );
});

test('a limit shorter than the warning warns from the first moment', () => {
  assert.equal(idleStage({ ...facts, idleMs: 20_000, sinceInputMs: 1 }), { kind: 'warning', secondsLeft: 20 });
});

const game = (title: string, rest: object = {}) => ({
  title,
  installed: false,
  downloaded: false,
  peerCount: 0,
  playedSeconds: 0,
  ...rest,
});

test('the spotlight falls on what is ready, first on what several can play, and never on what nobody has', () => {
  const games = [
    game('Gone'),
    game('Offered', { peerCount: 3 }),
    game('Alone', { installed: true, players: { min: 1, max: 1 } }),
    game('Together', { installed: true, players: { min: 2, max: 8 } }),
    game('Favourite', { installed: true, players: { min: 2, max: 8 }, playedSeconds: 99 }),
  ];
  assert.equal(
    spotlight(games).map(({ title }) => title),
    ['Favourite', 'Together', 'Alone', 'Offered'],
  );
  assert.is(spotlight(games, 2).length, 2);
  const playedBy = [{ peerId: '1', name: 'nas' }];
  const joinable = [...games, game('Joined', { peerCount: 1, playedBy }), game('Far', { playedBy })];
  assert.equal(
    spotlight(joinable, 2).map(({ title }) => title),
    ['Joined', 'Favourite'],
    'what is played and can be had comes first',
  );
  assert.not.ok(spotlight(joinable).some(({ title }) => title === 'Far'));
});

test.run();
