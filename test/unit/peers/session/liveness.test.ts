import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  judgeSilence,
  LivenessWatch,
  pingAfterAmong,
  watchLiveness,
  type LookFacts,
} from '../../../../app/core/peers/session/liveness.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

function watched() {
  const clock = new VirtualClock();
  const told: string[] = [];
  const at = (what: string) => () => told.push(`${what} at ${clock.monotonicMs() / 1000} s`);
  const watch = new LivenessWatch({ ask: at('ask'), gone: at('gone'), clock });
  const ending = new AbortController();
  const sessions = new Set([{ lookAtSilence: (facts: LookFacts) => watch.look(facts) }]);
  const done = watchLiveness({ sessions: () => sessions, clock, signal: ending.signal });
  return { clock, told, watch, sessions, done, end: () => ending.abort() };
}

test('a silent peer is asked after 4 s, again after 8 s, and gone after 12 s', async () => {
  const { clock, told, end, done } = watched();
  await clock.advance(60_000);
  assert.equal(told, ['ask at 4 s', 'ask at 8 s', 'gone at 12 s']);
  end();
  await done;
  assert.is(clock.pendingCount, 0);
});

test('of two ends one asks first; the other asks when it hears nothing of that, and gives up at the same time', async () => {
  const clock = new VirtualClock();
  const told: string[] = [];
  const at = (what: string) => () => told.push(`${what} at ${clock.monotonicMs() / 1000} s`);
  const watch = new LivenessWatch({ ask: at('ask'), gone: at('gone'), yields: true, clock });
  const ending = new AbortController();
  const done = watchLiveness({ sessions: () => [{ lookAtSilence: () => watch.look() }], clock, signal: ending.signal });
  for (let round = 0; round < 10; round += 1) {
    await clock.advance(4_000);
    watch.heard();
  }
  assert.equal(told, [], 'the other end asks, and that is heard');
  await clock.advance(60_000);
  assert.equal(told, ['ask at 45 s', 'ask at 49 s', 'gone at 52 s']);
  ending.abort();
  await done;
});

test('who is heard every 3 s is never asked', async () => {
  const { clock, told, watch, end, done } = watched();
  for (let round = 0; round < 20; round += 1) {
    await clock.advance(3_000);
    watch.heard();
  }
  assert.equal(told, []);
  end();
  await done;
});

test('an answer to the second ping starts the silence anew', async () => {
  const { clock, told, watch, end, done } = watched();
  await clock.advance(8_500);
  watch.heard();
  await clock.advance(5_000);
  assert.equal(told, ['ask at 4 s', 'ask at 8 s', 'ask at 12.5 s']);
  end();
  await done;
});

test('after a sleep of this PC nobody is gone who was not asked', () => {
  const hourMs = 3_600_000;
  assert.equal(judgeSilence({ heardAtMs: 0 }, hourMs), { kind: 'ask' });
  assert.equal(judgeSilence({ heardAtMs: 0, askedAtMs: { first: hourMs, last: hourMs } }, hourMs + 100), {
    kind: 'wait',
    delayMs: 3_900,
  });
});

test('one who comes while the others are slept over is asked in time', async () => {
  const { clock, told, sessions, end, done } = watched();
  await clock.advance(3_000);
  const later = new LivenessWatch({ ask: () => told.push(`later at ${clock.monotonicMs()}`), gone() {}, clock });
  sessions.add({ lookAtSilence: () => later.look() });
  await clock.advance(4_000);
  assert.equal(told, ['ask at 4 s', 'later at 7000']);
  end();
  await done;
});

test('a look that fails keeps nobody from theirs, and is told in the end', async () => {
  const { clock, told, sessions, done } = watched();
  const error = new Error('broken');
  const broken = {
    lookAtSilence(): number {
      if (clock.monotonicMs() < 4_000) return 4_000 - clock.monotonicMs();
      throw error;
    },
  };
  const before = Array.from(sessions);
  sessions.clear();
  for (const session of [broken, ...before]) sessions.add(session);
  let thrown: unknown;
  const ended = done.catch((reason: unknown) => (thrown = reason));
  await clock.advance(5_000);
  await ended;
  assert.is(thrown, error);
  assert.equal(told, ['ask at 4 s']);
});

test('in a crowd everybody asks less often, and nobody is gone without 8 s to answer', () => {
  assert.equal([1, 5, 13, 14, 40, 50, 200].map(pingAfterAmong), [4_000, 4_000, 4_000, 4_200, 12_000, 15_000, 15_000]);
  const silence = { heardAtMs: 0, pingAfterMs: 15_000 };
  assert.equal(judgeSilence(silence, 14_000), { kind: 'wait', delayMs: 1_000 });
  assert.equal(judgeSilence({ ...silence, askedAtMs: { first: 15_000, last: 19_000 } }, 22_999), {
    kind: 'wait',
    delayMs: 1,
  });
  assert.equal(judgeSilence({ ...silence, askedAtMs: { first: 15_000, last: 19_000 } }, 23_000), { kind: 'gone' });
});

test('a PC that was too busy to listen does not count that as silence of the others', async () => {
  const { clock, told, watch, end, done } = watched();
  await clock.advance(5_000);
  assert.equal(told, ['ask at 4 s']);
  // The answer comes, and waits unread.
  clock.stall(30_000);
  await clock.advance(100);
  assert.not(told.includes('gone at 35 s'), told.join());
  watch.heard();
  await clock.advance(3_000);
  assert.not(told.join().includes('gone'), told.join());
  end();
  await done;
});

test.run();
