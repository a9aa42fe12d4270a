import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseGameId } from '../../../app/core/base/index.ts';
import { TransferSlots } from '../../../app/core/operations/transfer-slots.ts';

const alpha = parseGameId('alpha');
const beta = parseGameId('beta');
const gamma = parseGameId('gamma');
const { signal } = new AbortController();

test('as many as the limit get their turn, in the order that is asked for', async () => {
  const slots = new TransferSlots();
  const turns = [alpha, beta, gamma].map((id) => slots.turn(id, signal));
  assert.equal(slots.next([gamma, alpha, beta], 2), [gamma, alpha]);
  slots.take(gamma);
  slots.take(alpha);
  assert.is(await turns[0], true);
  assert.is(await turns[2], true);
  assert.equal(slots.next([beta], 2), [], 'both slots are held');
  assert.is(slots.free(alpha), true);
  assert.is(slots.free(alpha), false, 'only once');
  assert.equal(slots.next([beta], 2), [beta]);
});

test('who does not wait gets no turn, and who is stopped waits no longer', async () => {
  const slots = new TransferSlots();
  const stop = new AbortController();
  const turn = slots.turn(alpha, stop.signal);
  assert.equal(slots.next([beta, alpha], 5), [alpha]);
  stop.abort();
  assert.is(await turn, false);
  assert.not(slots.isWaiting(alpha));
  assert.equal(slots.next([alpha], 5), []);
});

test.run();
