import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Semaphore } from '../../../app/core/base/index.ts';

test('who finds no place waits, first come first served', async () => {
  const places = new Semaphore(1);
  const order: string[] = [];
  const first = await places.take();
  const later = ['second', 'third'].map(async (name) => {
    using _place = await places.take();
    order.push(name);
  });
  assert.equal(order, []);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  await Promise.all(later);
  assert.equal(order, ['second', 'third']);
});

test('a place given back twice counts once', async () => {
  const places = new Semaphore(1);
  const first = await places.take();
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  await places.take();
  let isFree = false;
  void places.take().then(() => (isFree = true));
  await Promise.resolve();
  assert.not.ok(isFree);
});

test('waiting ends with the signal, and the place goes to the next', async () => {
  const places = new Semaphore(1);
  const first = await places.take();
  const controller = new AbortController();
  const given = places.take({ signal: controller.signal }).then(
    () => 'taken',
    () => 'given up',
  );
  const next = places.take();
  controller.abort();
  assert.is(await given, 'given up');
  first[Symbol.dispose]();
  (await next)[Symbol.dispose]();
});

test.run();
