import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Bitmap } from '../../../../app/core/base/index.ts';
import { blockSizeBytes, limits } from '../../../../app/core/protocol/index.ts';
import { Scheduler, type Range } from '../../../../app/core/blocks/schedule/scheduler.ts';
import { layoutOfSizes } from '../../../support/manifests.ts';

const mib = 1024 * 1024;

function schedulerOf(sizes: readonly number[], peers: readonly string[] = ['a', 'b']): Scheduler {
  const layout = layoutOfSizes(sizes);
  const scheduler = new Scheduler({ layout, verified: new Bitmap(layout.blockCount) });
  for (const peer of peers) scheduler.putPeer(peer, 'all');
  return scheduler;
}

/** Reports every block of a range sound; tells how many counted. */
function deliver(scheduler: Scheduler, range: Range, nowMs = 0): number {
  let counted = 0;
  for (let block = range.firstBlock; block < range.firstBlock + range.count; block += 1) {
    scheduler.onBytes(range.id, 1, nowMs);
    if (scheduler.onBlock(range.id, { block, sound: true, nowMs }).counts) counted += 1;
  }
  scheduler.onSettled(range.id, { outcome: 'delivered', nowMs });
  return counted;
}

function take(scheduler: Scheduler, peerId: string, nowMs = 0): Range {
  const range = scheduler.next(peerId, nowMs);
  assert.ok(range, `something for ${peerId}`);
  return range as Range;
}

/** Peers that deliver at steady speeds, two ranges at a time, under a simulated clock; answers bytes by peer. */
function simulate(
  sizes: readonly number[],
  speeds: Record<string, number>,
): { bytes: Map<string, number>; ms: number } {
  const layout = layoutOfSizes(sizes);
  const scheduler = new Scheduler({ layout, verified: new Bitmap(layout.blockCount) });
  const bytes = new Map<string, number>();
  const active: { range: Range; block: number; left: number }[] = [];
  for (const peerId of Object.keys(speeds)) scheduler.putPeer(peerId, 'all');
  const stepMs = 10;
  for (let nowMs = 0; nowMs < 600_000; nowMs += stepMs) {
    for (const peerId of Object.keys(speeds)) {
      while (scheduler.runningOf(peerId) < 2) {
        const range = scheduler.next(peerId, nowMs);
        if (!range) break;
        active.push({ range, block: range.firstBlock, left: layout.place(range.firstBlock).lengthBytes });
      }
      const own = active.filter(({ range }) => range.peerId === peerId);
      for (const fetch of own) {
        let share = ((speeds[peerId] ?? 0) * stepMs) / 1000 / own.length;
        while (share > 0 && active.includes(fetch)) {
          const part = Math.min(share, fetch.left);
          share -= part;
          fetch.left -= part;
          scheduler.onBytes(fetch.range.id, part, nowMs);
          if (fetch.left > 0) continue;
          const { lengthBytes } = layout.place(fetch.block);
          const { counts } = scheduler.onBlock(fetch.range.id, { block: fetch.block, sound: true, nowMs });
          if (counts) bytes.set(peerId, (bytes.get(peerId) ?? 0) + lengthBytes);
          fetch.block += 1;
          if (fetch.block < fetch.range.firstBlock + fetch.range.count) {
            fetch.left = layout.place(fetch.block).lengthBytes;
            continue;
          }
          active.splice(active.indexOf(fetch), 1);
          scheduler.onSettled(fetch.range.id, { outcome: 'delivered', nowMs });
        }
      }
    }
    for (const id of scheduler.superfluous()) {
      active.splice(
        active.findIndex(({ range }) => range.id === id),
        1,
      );
      scheduler.onSettled(id, { outcome: 'cancelled', nowMs });
    }
    if (scheduler.verdict().kind === 'done') return { bytes, ms: nowMs };
  }
  throw new Error('the simulated download did not end');
}

test('two equal peers carry 40 to 60 percent of 512 MiB each', () => {
  for (const speed of [10 * mib, 100 * mib, 1_000 * mib]) {
    const { bytes } = simulate([512 * mib], { a: speed, b: speed });
    const share = (bytes.get('a') ?? 0) / (512 * mib);
    assert.ok(share >= 0.4 && share <= 0.6, `${share} at ${speed / mib} MiB/s`);
    assert.is((bytes.get('a') ?? 0) + (bytes.get('b') ?? 0), 512 * mib);
  }
});

test('a fast peer carries more, and the slow one does not hold up the end', () => {
  const { bytes, ms } = simulate([512 * mib], { fast: 90 * mib, slow: 10 * mib });
  const share = (bytes.get('fast') ?? 0) / (512 * mib);
  assert.ok(share > 0.8, `${share}`);
  assert.ok(ms < 1.25 * 5_120, `${ms} ms of 5,120 at best`);
});

test('a peer that crawls is overtaken although bytes still drip in', () => {
  const { ms } = simulate([64 * mib], { fast: 50 * mib, drip: 0.02 * mib });
  assert.ok(ms < 10_000, `${ms} ms`);
});

test('a range is as much as a peer delivers in about a second, between 4 and 128 MiB', () => {
  const scheduler = schedulerOf([20_000 * mib], ['a']);
  const measure = (bytes: number): number => {
    const range = take(scheduler, 'a', 0);
    scheduler.onBytes(range.id, bytes, 1_000);
    scheduler.onSettled(range.id, { outcome: 'delivered', nowMs: 1_000 });
    return take(scheduler, 'a', 1_000).count;
  };
  assert.is(measure(40 * mib), 10);
  assert.is(schedulerOf([100 * mib], ['a']).next('a', 0)?.count, 4, 'four blocks to begin with');
  assert.is(schedulerOf([20_000 * mib], ['a']).next('a', 0)?.count, 1, 'of a large game one');
  const fast = schedulerOf([20_000 * mib], ['a']);
  const first = take(fast, 'a');
  fast.onBytes(first.id, 5_000 * mib, 1_000);
  fast.onSettled(first.id, { outcome: 'delivered', nowMs: 1_000 });
  assert.is(take(fast, 'a', 1_000).count, 32);
});

test('no two ranges hold the same block while nothing stalls', () => {
  const scheduler = schedulerOf([400 * mib], ['a', 'b', 'c']);
  const seen = new Set<number>();
  for (let round = 0; round < 4; round += 1) {
    for (const peer of ['a', 'b', 'c']) {
      const range = scheduler.next(peer, 0);
      if (!range) continue;
      for (let block = range.firstBlock; block < range.firstBlock + range.count; block += 1) {
        assert.not.ok(seen.has(block));
        seen.add(block);
      }
    }
  }
});

test('blocks that were here before are neither asked for nor missing', () => {
  const layout = layoutOfSizes([40 * mib]);
  const verified = new Bitmap(layout.blockCount);
  for (const block of [0, 1, 4]) verified.add(block);
  const scheduler = new Scheduler({ layout, verified });
  scheduler.putPeer('a', 'all');
  assert.is(scheduler.missingBytes, 28 * mib);
  const range = take(scheduler, 'a');
  assert.is(range.firstBlock, 2);
  assert.ok(range.count <= 2, 'stops before the one that is here');
});

test('a failure returns the range to the others and leaves the peer alone for a while', () => {
  const scheduler = schedulerOf([16 * mib]);
  const range = take(scheduler, 'a');
  scheduler.onSettled(range.id, { outcome: 'failed', nowMs: 100 });
  assert.is(scheduler.next('a', 110), undefined);
  assert.is(scheduler.nextWakeMs(110), 350);
  assert.is(take(scheduler, 'b', 110).firstBlock, range.firstBlock);
  assert.ok(scheduler.next('a', 350), 'asked again afterwards');
});

test('requests that fail together are one failure; pauses grow up to 8 s', () => {
  const scheduler = schedulerOf([4_000 * mib], ['a']);
  const together = [take(scheduler, 'a'), take(scheduler, 'a'), take(scheduler, 'a')];
  for (const { id } of together) scheduler.onSettled(id, { outcome: 'failed', nowMs: 0 });
  assert.is(scheduler.nextWakeMs(0), 250);
  const pauses: number[] = [];
  for (let nowMs = 250; pauses.length < 6; ) {
    scheduler.onSettled(take(scheduler, 'a', nowMs).id, { outcome: 'failed', nowMs });
    const wakeMs = scheduler.nextWakeMs(nowMs) ?? 0;
    pauses.push(wakeMs - nowMs);
    nowMs = wakeMs;
  }
  assert.equal(pauses, [500, 1_000, 2_000, 4_000, 8_000, 8_000]);
});

test('a peer that never delivers counts as gone; a busy one is asked again and again', () => {
  const count = (outcome: 'failed' | 'busy'): number => {
    const scheduler = schedulerOf([40 * mib], ['a']);
    let nowMs = 0;
    for (let failures = 0; failures < 30; failures += 1) {
      const range = scheduler.next('a', nowMs);
      if (!range) return failures;
      scheduler.onSettled(range.id, { outcome, nowMs });
      nowMs = scheduler.nextWakeMs(nowMs) ?? nowMs;
    }
    return 30;
  };
  assert.is(count('failed'), 8);
  assert.is(count('busy'), 30);
});

test('a wrong block is fetched from somebody else first', () => {
  const scheduler = schedulerOf([4 * mib]);
  const range = take(scheduler, 'a');
  const { counts, strike } = scheduler.onBlock(range.id, { block: 0, sound: false, nowMs: 0 });
  assert.not.ok(counts);
  assert.equal(strike, { peerId: 'a', block: 0, banned: false });
  scheduler.onSettled(range.id, { outcome: 'delivered', nowMs: 0 });
  assert.is(scheduler.next('a', 10_000), undefined);
  assert.is(deliver(scheduler, take(scheduler, 'b')), 1);
  assert.equal(scheduler.verdict(), { kind: 'done' });
});

test('a single peer gets three tries with pauses, then there is no sound source', () => {
  const scheduler = schedulerOf([4 * mib], ['a']);
  let nowMs = 0;
  for (let round = 1; round <= 3; round += 1) {
    const range = take(scheduler, 'a', nowMs);
    const { strike } = scheduler.onBlock(range.id, { block: 0, sound: false, nowMs });
    assert.is(strike?.banned, round === 3);
    scheduler.onSettled(range.id, { outcome: 'delivered', nowMs });
    if (round === 3) break;
    assert.is(scheduler.next('a', nowMs), undefined, 'not at once');
    assert.equal(scheduler.verdict(), { kind: 'running' });
    nowMs = scheduler.nextWakeMs(nowMs) ?? Number.NaN;
  }
  assert.equal(scheduler.verdict(), { kind: 'no-sound-source', strike: { peerId: 'a', block: 0, banned: true } });
});

test('a banned peer that leaves and comes back stays banned; strikes add up over its visits', () => {
  const scheduler = schedulerOf([40 * mib], ['a']);
  for (let visit = 0; visit < 3; visit += 1) {
    const range = take(scheduler, 'a', visit * 10_000);
    scheduler.onBlock(range.id, { block: range.firstBlock, sound: false, nowMs: visit * 10_000 });
    scheduler.onSettled(range.id, { outcome: 'delivered', nowMs: visit * 10_000 });
    scheduler.removePeer('a');
    scheduler.putPeer('a', 'all');
  }
  assert.is(scheduler.next('a', 1_000_000), undefined);
  assert.equal(scheduler.usablePeers(), []);
});

test('sound peers that leave are gone, even when one of them has once sent a wrong block', () => {
  const scheduler = schedulerOf([40 * mib]);
  const range = take(scheduler, 'a');
  scheduler.onBlock(range.id, { block: range.firstBlock, sound: false, nowMs: 0 });
  scheduler.onSettled(range.id, { outcome: 'delivered', nowMs: 0 });
  scheduler.removePeer('a');
  scheduler.removePeer('b');
  assert.equal(scheduler.verdict(), { kind: 'peers-gone' });
});

test('a peer that comes back while its old range settles is not punished for it', () => {
  const scheduler = schedulerOf([100 * mib], ['a']);
  const range = take(scheduler, 'a');
  scheduler.removePeer('a');
  assert.equal(scheduler.verdict(), { kind: 'running' }, 'the range still runs');
  scheduler.putPeer('a', 'all');
  scheduler.onSettled(range.id, { outcome: 'cancelled', nowMs: 0 });
  assert.is(scheduler.runningOf('a'), 0);
  assert.is(take(scheduler, 'a').firstBlock, range.firstBlock);
});

test('a stalled range is fetched a second time, counts once, and what is left over is superfluous', () => {
  const scheduler = schedulerOf([4 * mib]);
  const slow = take(scheduler, 'a');
  assert.is(scheduler.next('b', 2_999), undefined, 'not before it stalls');
  const copy = take(scheduler, 'b', 3_000);
  assert.is(copy.firstBlock, slow.firstBlock);
  scheduler.putPeer('c', 'all');
  assert.is(scheduler.next('c', 5_999), undefined, 'two at a time are enough');
  assert.equal(scheduler.onBlock(copy.id, { block: 0, sound: true, nowMs: 3_100 }), { counts: true });
  assert.equal(scheduler.superfluous(), [slow.id, copy.id]);
  assert.equal(scheduler.onBlock(slow.id, { block: 0, sound: true, nowMs: 3_100 }), { counts: false });
  assert.is(scheduler.missingBytes, 0);
  scheduler.onSettled(copy.id, { outcome: 'delivered', nowMs: 3_100 });
  scheduler.onSettled(slow.id, { outcome: 'cancelled', nowMs: 3_100 });
  assert.equal(scheduler.verdict(), { kind: 'done' });
});

test('a third copy is asked for where two peers are silent, and never a fourth', () => {
  const scheduler = schedulerOf([4 * mib], ['a', 'b', 'c', 'd']);
  take(scheduler, 'a');
  take(scheduler, 'b', 3_000);
  assert.is(take(scheduler, 'c', 6_000).firstBlock, 0);
  assert.is(scheduler.next('d', 60_000), undefined);
});

test('blocks outside the range that reports them do not count', () => {
  const scheduler = schedulerOf([400 * mib], ['a']);
  const range = take(scheduler, 'a');
  const block = range.firstBlock + range.count;
  assert.equal(scheduler.onBlock(range.id, { block, sound: true, nowMs: 0 }), { counts: false });
  assert.equal(scheduler.onBlock(999, { block: 0, sound: true, nowMs: 0 }), { counts: false });
});

test('small files come in large requests, but not beyond what one request may ask for', () => {
  const scheduler = schedulerOf(
    Array.from({ length: 20_000 }, () => 100),
    ['a'],
  );
  assert.is(take(scheduler, 'a').count, limits.blocksPerRequest);
});

test('a peer with some blocks is asked for those only', () => {
  const layout = layoutOfSizes([10 * blockSizeBytes]);
  const scheduler = new Scheduler({ layout, verified: new Bitmap(10) });
  const have = new Bitmap(10);
  for (const block of [3, 4, 8]) have.add(block);
  scheduler.putPeer('a', have);
  const asked: number[] = [];
  for (let range = scheduler.next('a', 0); range; range = scheduler.next('a', 0)) {
    for (let block = range.firstBlock; block < range.firstBlock + range.count; block += 1) asked.push(block);
    deliver(scheduler, range);
  }
  assert.equal(
    asked.toSorted((a, b) => a - b),
    [3, 4, 8],
  );
  assert.equal(scheduler.verdict(), { kind: 'peers-gone' });
});

test('nothing to fetch is done at once', () => {
  assert.equal(schedulerOf([0, 0], []).verdict(), { kind: 'done' });
});

test('handing out 200,000 small files takes time that grows with their number, not with its square', () => {
  const cost = (count: number): number => {
    const scheduler = schedulerOf(
      Array.from({ length: count }, () => 30_000),
      ['a', 'b', 'c', 'd'],
    );
    const started = performance.now();
    while (scheduler.verdict().kind === 'running') {
      const ranges = ['a', 'b', 'c', 'd'].flatMap((peer) => scheduler.next(peer, 0) ?? []);
      for (const range of ranges) deliver(scheduler, range);
      scheduler.superfluous();
    }
    return performance.now() - started;
  };
  cost(20_000);
  const [small, large] = [cost(20_000), cost(200_000)];
  assert.ok(large < Math.max(40 * small, 1_000), `${small.toFixed(0)} ms and ${large.toFixed(0)} ms`);
});

test.run();
