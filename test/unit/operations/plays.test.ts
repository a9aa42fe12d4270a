import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseGameId, silentLogger, systemClock } from '../../../app/core/base/index.ts';
import type { CatalogGame } from '../../../app/core/catalog/index.ts';
import type { OperationEventMessage } from '../../../app/core/operations/events.ts';
import { Plays } from '../../../app/core/operations/plays.ts';
import type { PlayingGame } from '../../../app/core/operations/ports.ts';
import { OperationRunner } from '../../../app/core/operations/runner.ts';
import { GamesSnapshot } from '../../../app/core/operations/snapshot.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const quake = parseGameId('quake');
// Of a game, only the id is asked for.
const game = { id: quake } as CatalogGame;
type End = Awaited<PlayingGame['ended']>;

/** Plays over a player whose game comes up, and ends, when the test says so. */
function rig() {
  const told: OperationEventMessage[] = [];
  const terminal = Promise.withResolvers<OperationEventMessage>();
  const up = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<End>();
  const snapshot = new GamesSnapshot({ ids: () => [], view: () => undefined, clock: new VirtualClock() });
  const runner = new OperationRunner({
    library: {
      hold: () => ({ [Symbol.dispose]: () => {} }),
      refresh: async () => undefined,
      checkFolder: async () => true,
    },
    snapshot: () => snapshot,
    emit: (message) => {
      told.push(message);
      if (message.event === 'play-ended' || message.event === 'play-failed') terminal.resolve(message);
    },
    clock: systemClock,
    logger: silentLogger,
  });
  const playing: PlayingGame = {
    gameId: quake,
    startedAt: 0,
    ended: ended.promise,
    stop: () => ended.resolve({ exitCode: undefined, seconds: 1, detached: false }),
    detach: () => {},
  };
  const plays = new Plays({
    runner,
    player: {
      plan: () => 'request',
      assertStartable: async () => {},
      start: async () => {
        await up.promise;
        return playing;
      },
      resume: async () => [],
      playedSeconds: () => new Map(),
    },
    library: { get: () => ({ installed: true }) as never, gamesDir: '/games' },
    installer: { settle: async () => {} },
    onPlayed: () => {},
    logger: silentLogger,
  });
  return { plays, told, terminal: terminal.promise, up, ended };
}

test('a game that is told to stop while it still starts is stopped once it runs', async () => {
  const its = rig();
  await its.plays.start(game, undefined);
  its.plays.stop(quake);
  its.up.resolve();
  assert.is((await its.terminal).event, 'play-ended');
  assert.throws(() => its.plays.stop(quake), /not being played/);
});

test('a game that ends with an error at once has failed, in its own words', async () => {
  const its = rig();
  await its.plays.start(game, undefined);
  its.up.resolve();
  its.ended.resolve({ exitCode: 127, seconds: 0.1, detached: false, failedAtOnce: { lastWords: 'libquake.so' } });
  const message = await its.terminal;
  assert.is(message.event, 'play-failed');
  if (message.event !== 'play-failed') return;
  assert.is(message.code, 'GAME_ENDED_AT_ONCE');
  assert.is(message.message, 'The game ended at once (exit code 127). It said: libquake.so');
});

test.run();
