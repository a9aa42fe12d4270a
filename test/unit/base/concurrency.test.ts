import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { backoffMs, forEachParallel } from '../../../app/core/base/concurrency.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('every item is worked on once, in order, a few at a time', async () => {
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const items = Array.from({ length: 50 }, (_, index) => index * 2);
  await forEachParallel(
    items,
    async (item, index) => {
      assert.is(item, index * 2);
      begun.push(item);
      most = Math.max(most, (running += 1));
      await turn();
      running -= 1;
    },
    { parallel: 4 },
  );
  assert.equal(begun, items);
  assert.is(most, 4);
});

test('after a failure nothing is begun any more, and what runs is waited for', async () => {
  const begun: number[] = [];
  let ended = 0;
  const work = async (item: number): Promise<void> => {
    begun.push(item);
    if (item === 1) throw new Error('one');
    await turn();
    ended += 1;
  };
  try {
    await forEachParallel([0, 1, 2, 3, 4, 5, 6, 7], work, { parallel: 3 });
    assert.unreachable();
  } catch (error) {
    assert.is(error instanceof Error && error.message, 'one');
  }
  assert.equal(begun, [0, 1, 2]);
  assert.is(ended, 2);
});

test('an abort ends it', async () => {
  const stop = new AbortController();
  let count = 0;
  try {
    await forEachParallel(
      Array.from({ length: 100 }, () => 0),
      async () => {
        if ((count += 1) === 5) stop.abort();
        await turn();
      },
      { parallel: 1, signal: stop.signal },
    );
    assert.unreachable();
  } catch {
    assert.is(count, 5);
  }
});

test('the cost of a long list grows with its length, not with its square', async () => {
  const cost = async (length: number): Promise<number> => {
    const started = performance.now();
    await forEachParallel(
      Array.from({ length }, () => 0),
      async () => {},
    );
    return performance.now() - started;
  };
  await cost(20_000);
  const [short, long] = [await cost(20_000), await cost(400_000)];
  assert.ok(long < Math.max(80 * short, 1_000), `${short.toFixed(0)} ms and ${long.toFixed(0)} ms`);
});

test('the pause between tries doubles up to its limit', () => {
  const pauses = [0, 1, 2, 3, 4, 40].map((failures) => backoffMs(failures, { firstMs: 100, longestMs: 500 }));
  assert.equal(pauses, [0, 100, 200, 400, 500, 500]);
});

test.run();
