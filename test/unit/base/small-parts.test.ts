import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  Bitmap,
  Emitter,
  MutableDisposable,
  once,
  onUnexpectedError,
  setUnexpectedErrorHandler,
  toDisposable,
} from '../../../app/core/base/index.ts';

test('listeners hear every value in the order in which they came', () => {
  const emitter = new Emitter<number>();
  const heard: string[] = [];
  emitter.event((value) => heard.push(`a${value}`));
  emitter.event((value) => heard.push(`b${value}`));
  emitter.fire(1);
  emitter.fire(2);
  assert.equal(heard, ['a1', 'b1', 'a2', 'b2']);
});

test('one function that listens twice hears twice, and ends each listening by itself', () => {
  const emitter = new Emitter<void>();
  let count = 0;
  const listen = (): void => void (count += 1);
  const first = emitter.event(listen);
  emitter.event(listen);
  emitter.fire();
  assert.is(count, 2);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  emitter.fire();
  assert.is(count, 3);
  assert.is(emitter.listenerCount, 1);
});

test('a listener that throws is reported and the others still hear', () => {
  const errors: unknown[] = [];
  const emitter = new Emitter<void>({ onListenerError: (error) => errors.push(error) });
  const error = new Error('listener');
  let heard = false;
  emitter.event(() => {
    throw error;
  });
  emitter.event(() => (heard = true));
  emitter.fire();
  assert.is(heard, true);
  assert.equal(errors, [error]);
});

test('whoever set a handler gets the errors of listeners that nobody else takes, the last one first', () => {
  const emitter = new Emitter<string>();
  let heard = 0;
  emitter.event((message) => {
    throw new Error(message);
  });
  emitter.event(() => (heard += 1));
  const told: string[] = [];
  const telling = (name: string) => (error: unknown) => void told.push(`${name} ${(error as Error).message}`);
  const first = setUnexpectedErrorHandler(telling('first'));
  const second = setUnexpectedErrorHandler(telling('second'));
  emitter.fire('a');
  first[Symbol.dispose]();
  emitter.fire('b');
  second[Symbol.dispose]();
  first[Symbol.dispose]();
  assert.equal(told, ['second a', 'second b']);
  assert.is(heard, 2);
});

test('without a handler an error that nobody expected is thrown where the process sees it', async () => {
  const error = new Error('nobody takes me');
  const thrown = new Promise((resolve) => {
    process.once('uncaughtException', resolve);
  });
  onUnexpectedError(error);
  assert.is(await thrown, error);
});

test('a listener added while firing hears from the next value on', () => {
  const emitter = new Emitter<number>();
  const heard: number[] = [];
  let added = false;
  emitter.event(() => {
    if (!added) emitter.event((value) => heard.push(value));
    added = true;
  });
  emitter.fire(1);
  emitter.fire(2);
  assert.equal(heard, [2]);
});

test('a disposed emitter forgets its listeners and takes no more', () => {
  const emitter = new Emitter<void>();
  let count = 0;
  emitter.event(() => (count += 1));
  emitter[Symbol.dispose]();
  emitter.event(() => (count += 1))[Symbol.dispose]();
  emitter.fire();
  assert.is(count, 0);
  assert.is(emitter.listenerCount, 0);
});

test('once gives the first value that fits and then listens no more', async () => {
  const emitter = new Emitter<number>();
  const even = once(emitter.event, (value) => value % 2 === 0);
  for (const value of [1, 3, 4, 6]) emitter.fire(value);
  assert.is(await even, 4);
  assert.is(emitter.listenerCount, 0);
});

test('once rejects when its signal aborts, before or while waiting, and listens no more', async () => {
  const emitter = new Emitter<number>();
  const controller = new AbortController();
  const waiting = once(emitter.event, () => true, { signal: controller.signal });
  const failed = waiting.catch((reason: unknown) => reason);
  controller.abort('enough');
  assert.is(await failed, 'enough');
  assert.is(emitter.listenerCount, 0);
  const late = once(emitter.event, () => true, { signal: controller.signal });
  assert.is(await late.catch((reason: unknown) => reason), 'enough');
  assert.is(emitter.listenerCount, 0);
});

test('a cleanup runs once', () => {
  let count = 0;
  const disposable = toDisposable(() => (count += 1));
  disposable[Symbol.dispose]();
  disposable[Symbol.dispose]();
  assert.is(count, 1);
});

test('a replaced value is disposed, the last one with its holder, and a late one at once', () => {
  const log: string[] = [];
  const named = (name: string) => toDisposable(() => log.push(name));
  const holder = new MutableDisposable();
  holder.value = named('a');
  holder.value = named('b');
  assert.equal(log, ['a']);
  holder.clear();
  holder.clear();
  assert.equal(log, ['a', 'b']);
  holder.value = named('c');
  holder[Symbol.dispose]();
  holder[Symbol.dispose]();
  assert.equal(log, ['a', 'b', 'c']);
  holder.value = named('d');
  assert.equal(log, ['a', 'b', 'c', 'd']);
  assert.is(holder.value, undefined);
});

test('a bitmap counts what was added, once each', () => {
  const bitmap = new Bitmap(10);
  assert.equal([bitmap.add(0), bitmap.add(9), bitmap.add(9)], [true, true, false]);
  assert.equal([bitmap.has(0), bitmap.has(1), bitmap.has(9)], [true, false, true]);
  assert.is(bitmap.count, 2);
  assert.equal([bitmap.delete(9), bitmap.delete(9), bitmap.count], [true, false, 1]);
});

test('what is no index of a bitmap is never in it and cannot be added', () => {
  const bitmap = Bitmap.full(10);
  for (const index of [-1, 10, 15, 16, 1e9, 2 ** 32, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.equal([bitmap.has(index), bitmap.add(index), bitmap.delete(index)], [false, false, false], String(index));
  }
  assert.is(bitmap.count, 10);
});

test('bits lie as documented: bit i is byte i >> 3, bit i & 7', () => {
  const bitmap = new Bitmap(12);
  for (const index of [0, 3, 8, 11]) bitmap.add(index);
  assert.equal(bitmap.toBytes(), Uint8Array.of(0b1001, 0b1001));
});

test('a bitmap of any size survives its bytes, and bits beyond it are dropped', () => {
  for (let size = 0; size <= 33; size += 1) {
    const full = new Bitmap(size, new Uint8Array(10).fill(0xff));
    assert.is(full.count, size);
    assert.is(full.isFull, true);
    assert.equal(full.toBytes(), Bitmap.full(size).toBytes());
    const some = new Bitmap(size);
    for (let index = 0; index < size; index += 3) some.add(index);
    const again = new Bitmap(size, some.toBytes());
    assert.is(again.count, some.count);
    for (let index = 0; index < size; index += 1) assert.is(again.has(index), index % 3 === 0);
  }
});

test('missing bytes are empty, and the given and returned bytes are copies', () => {
  const given = Uint8Array.of(0xff);
  const bitmap = new Bitmap(16, given);
  given[0] = 0;
  assert.is(bitmap.count, 8);
  bitmap.toBytes()[0] = 0;
  assert.is(bitmap.has(0), true);
  assert.is(bitmap.has(8), false);
});

test('an empty bitmap is full', () => {
  assert.is(new Bitmap(0).isFull, true);
});

test.run();
