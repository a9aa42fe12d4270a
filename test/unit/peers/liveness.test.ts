import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeSilence, LivenessWatch } from '../../../app/core/peers/liveness.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

function watched() {
  const clock = new VirtualClock();
  const told: string[] = [];
  const at = (what: string) => () => told.push(`${what} at ${clock.monotonicMs() / 1000} s`);
  return { clock, told, watch: new LivenessWatch({ ask: at('ask'), gone: at('gone'), clock }) };
}

test('a silent peer is asked after 4 s, again after 8 s, and gone after 12 s', async () => {
  const { clock, told, watch } = watched();
  await clock.advance(60_000);
  assert.equal(told, ['ask at 4 s', 'ask at 8 s', 'gone at 12 s']);
  watch[Symbol.dispose]();
  assert.is(clock.pendingCount, 0);
});

test('who is heard every 3 s is never asked', async () => {
  const { clock, told, watch } = watched();
  for (let round = 0; round < 20; round += 1) {
    await clock.advance(3_000);
    watch.heard();
  }
  assert.equal(told, []);
  watch[Symbol.dispose]();
});

test('an answer to the second ping starts the silence anew', async () => {
  const { clock, told, watch } = watched();
  await clock.advance(8_500);
  watch.heard();
  await clock.advance(5_000);
  assert.equal(told, ['ask at 4 s', 'ask at 8 s', 'ask at 12.5 s']);
  watch[Symbol.dispose]();
});

test('after a sleep of this PC nobody is gone who was not asked', () => {
  const hourMs = 3_600_000;
  assert.equal(judgeSilence({ heardAtMs: 0 }, hourMs), { kind: 'ask' });
  assert.equal(judgeSilence({ heardAtMs: 0, askedAtMs: { first: hourMs, last: hourMs } }, hourMs + 100), {
    kind: 'wait',
    delayMs: 3_900,
  });
});

test('a watch that was disposed does nothing any more', async () => {
  const { clock, told, watch } = watched();
  watch[Symbol.dispose]();
  await clock.advance(60_000);
  assert.equal(told, []);
});

test.run();
