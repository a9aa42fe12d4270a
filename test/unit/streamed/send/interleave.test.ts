import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError } from '../../../../app/core/base/index.ts';
import { interleave, type MakeStream } from '../../../../app/core/streamed/send/interleave.ts';
import { failure } from '../../../support/failure.ts';

const never = new AbortController().signal;

/** Streams that tell what becomes of them. */
class Lab {
  readonly open = new Set<string>();
  readonly begun: string[] = [];
  mostOpen = 0;

  of(name: string, count: number, { failsAt = Infinity, hangsAt = Infinity } = {}): MakeStream<string> {
    const { begun, open } = this;
    const opened = (): void => {
      begun.push(name);
      open.add(name);
      this.mostOpen = Math.max(this.mostOpen, open.size);
    };
    return async function* (stop) {
      opened();
      try {
        for (let index = 0; index < count; index += 1) {
          if (index === failsAt) throw new LanspreadError('ARCHIVE_CORRUPT', { message: name });
          if (index === hangsAt)
            await new Promise((_, reject) => stop.addEventListener('abort', () => reject(stop.reason), { once: true }));
          yield `${name}${index}`;
        }
      } finally {
        open.delete(name);
      }
    };
  }
}

async function all(
  streams: readonly MakeStream<string>[],
  { atATime = 2, signal = never }: { atATime?: number; signal?: AbortSignal } = {},
): Promise<string[]> {
  const items: string[] = [];
  for await (const item of interleave(streams, { atATime: () => atATime, signal })) items.push(item);
  return items;
}

test('each stream comes whole and in its own order, in turn with the others that run', async () => {
  const lab = new Lab();
  const items = await all([lab.of('a', 3), lab.of('b', 3), lab.of('c', 2)]);
  for (const [name, count] of [
    ['a', 3],
    ['b', 3],
    ['c', 2],
  ] as const)
    assert.equal(
      items.filter((item) => item.startsWith(name)),
      Array.from({ length: count }, (_, index) => `${name}${index}`),
    );
  assert.equal(items.slice(0, 4), ['a0', 'b0', 'a1', 'b1'], 'none waits for the end of another');
  assert.equal([lab.begun, lab.mostOpen, lab.open.size], [['a', 'b', 'c'], 2, 0]);
});

test('one at a time is one after another', async () => {
  const lab = new Lab();
  assert.equal(await all([lab.of('a', 2), lab.of('b', 0), lab.of('c', 1)], { atATime: 1 }), ['a0', 'a1', 'c0']);
  assert.is(lab.mostOpen, 1);
  assert.equal(await all([], { atATime: 1 }), []);
});

test('how many run is asked before each: what was begun comes to its end, and more are begun when there may be', async () => {
  const lab = new Lab();
  let atATime = 2;
  const open: number[] = [];
  const streams = ['a', 'b', 'c', 'd', 'e'].map((name) => lab.of(name, name === 'a' ? 9 : 3));
  for await (const item of interleave(streams, { atATime: () => atATime, signal: never })) {
    if (item === 'a0') atATime = 1;
    if (item === 'c0') atATime = 0;
    if (item === 'd0') atATime = 3;
    open.push(lab.open.size);
  }
  assert.equal([lab.begun, lab.open.size], [['a', 'b', 'c', 'd', 'e'], 0]);
  assert.equal([lab.mostOpen, open.includes(1)], [2, true]);
});

test('what one gave is used before that one is asked again', async () => {
  let inUse = false;
  const stream: MakeStream<number> = async function* () {
    for (let index = 0; index < 20; index += 1) {
      assert.not.ok(inUse, 'it is asked while its last one is in use');
      yield index;
    }
  };
  for await (const _ of interleave([stream], { atATime: () => 2, signal: never })) {
    inUse = true;
    await new Promise((resolve) => setImmediate(resolve));
    inUse = false;
  }
});

test('when one fails the others are stopped, also one that waits, and its error is told', async () => {
  const lab = new Lab();
  const error = await failure(all([lab.of('a', 9, { hangsAt: 1 }), lab.of('b', 9, { failsAt: 3 }), lab.of('c', 9)]));
  assert.equal([error.code, error.message], ['ARCHIVE_CORRUPT', 'b']);
  assert.equal([lab.open.size, lab.begun], [0, ['a', 'b']], 'and no further one is begun');
});

test('whoever leaves, and whoever aborts, ends them all', async () => {
  const lab = new Lab();
  for await (const item of interleave([lab.of('a', 9, { hangsAt: 1 }), lab.of('b', 9)], {
    atATime: () => 2,
    signal: never,
  }))
    if (item === 'b2') break;
  assert.is(lab.open.size, 0);
  const stop = new AbortController();
  const work = all([lab.of('a', 9, { hangsAt: 1 }), lab.of('b', 9, { hangsAt: 1 })], { signal: stop.signal });
  setImmediate(() => stop.abort(new LanspreadError('CANCELLED')));
  assert.is((await failure(work)).code, 'CANCELLED');
  assert.is(lab.open.size, 0);
});

test.run();
