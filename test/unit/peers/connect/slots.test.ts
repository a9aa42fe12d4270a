import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Slots } from '../../../../app/core/peers/connect/slots.ts';

test('who finds no place waits, first come first served', async () => {
  const slots = new Slots(1);
  const order: string[] = [];
  const first = await slots.take();
  const later = ['second', 'third'].map(async (name) => {
    using _place = await slots.take();
    order.push(name);
  });
  assert.equal(order, []);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  await Promise.all(later);
  assert.equal(order, ['second', 'third']);
});

test('a place given back twice counts once', async () => {
  const slots = new Slots(1);
  const first = await slots.take();
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  await slots.take();
  let isFree = false;
  void slots.take().then(() => (isFree = true));
  await Promise.resolve();
  assert.not.ok(isFree);
});

test('waiting ends with the signal, and the place goes to the next', async () => {
  const slots = new Slots(1);
  const first = await slots.take();
  const controller = new AbortController();
  const given = slots.take({ signal: controller.signal }).then(
    () => 'taken',
    () => 'given up',
  );
  const next = slots.take();
  controller.abort();
  assert.is(await given, 'given up');
  first[Symbol.dispose]();
  (await next)[Symbol.dispose]();
});

test.run();
