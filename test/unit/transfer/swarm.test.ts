import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Bitmap } from '../../../app/core/base/index.ts';
import { blockSizeBytes } from '../../../app/core/protocol/index.ts';
import { blocksOf, toRuns } from '../../../app/core/transfer/block-runs.ts';
import { Pieces } from '../../../app/core/transfer/pieces.ts';
import { Scheduler, type Range } from '../../../app/core/transfer/scheduler.ts';
import { SwarmView } from '../../../app/core/transfer/swarm-view.ts';
import { layoutOfSizes } from '../../support/manifests.ts';
import { SeededRandom } from '../../support/random.ts';

const mib = 1024 * 1024;

const bitmapOf = (size: number, blocks: Iterable<number>): Bitmap => {
  const bitmap = new Bitmap(size);
  for (const block of blocks) bitmap.add(block);
  return bitmap;
};

/** A download of a game of `blocks` full blocks from a seed, beside others. */
function schedulerOf(blocks: number, { self = 'self', seed = 1 } = {}): Scheduler {
  const layout = layoutOfSizes([blocks * blockSizeBytes]);
  const numbers = new SeededRandom(seed);
  const scheduler = new Scheduler({
    layout,
    verified: new Bitmap(blocks),
    self,
    random: () => numbers.word() / 2 ** 32,
  });
  scheduler.putPeer('seed', 'all');
  return scheduler;
}

function deliver(scheduler: Scheduler, range: Range): void {
  for (let block = range.firstBlock; block < range.firstBlock + range.count; block += 1)
    scheduler.onBlock(range.id, { block, sound: true, nowMs: 0 });
  scheduler.onSettled(range.id, { outcome: 'delivered', nowMs: 0 });
}

/** Everything that the peer is asked for, range by range. */
function askAll(scheduler: Scheduler, peerId: string): number[] {
  const asked: number[] = [];
  for (let range = scheduler.next(peerId, 0); range; range = scheduler.next(peerId, 0)) {
    asked.push(...blocksOf([[range.firstBlock, range.count]]));
    deliver(scheduler, range);
  }
  return asked;
}

const test = suite('a swarm');

test('blocks travel as runs and come back the same', () => {
  assert.equal(toRuns([3, 4, 5, 9, 1, 2]), [
    [3, 3],
    [9, 1],
    [1, 2],
  ]);
  assert.equal([...blocksOf(toRuns([3, 4, 5, 9]))], [3, 4, 5, 9]);
});

test('thousands of small files make as few pieces as one large file of their size', () => {
  const small = new Pieces(layoutOfSizes(Array.from({ length: 1_024 }, () => mib / 64)));
  assert.is(small.count, 4);
  assert.is(small.of(0), 0);
  assert.is(small.of(1_023), 3);
  assert.is(small.first(1), 256);
  assert.is(small.first(4), 1_024, 'after the last piece comes the end');
});

test('every piece falls to exactly one of those who fetch, and all agree which', () => {
  const ids = ['anna', 'bela', 'cora', 'dora', 'emil'];
  const pieces = new Pieces(layoutOfSizes([400 * blockSizeBytes]));
  const views = ids.map((self) => {
    const view = new SwarmView({ pieces, self });
    for (const other of ids) if (other !== self) view.put(other, new Bitmap(400));
    return view;
  });
  const shares = ids.map(() => 0);
  for (let piece = 0; piece < pieces.count; piece += 1) {
    const owners = views.flatMap((view, index) => (view.isMine(piece) ? [index] : []));
    assert.is(owners.length, 1, `piece ${piece}`);
    shares[owners[0] ?? 0] = (shares[owners[0] ?? 0] ?? 0) + 1;
  }
  for (const share of shares) assert.ok(share > 40 && share < 130, `shares: ${shares.join(', ')}`);
});

test('who has a piece is counted when its last block comes, and no more when its owner goes', () => {
  const pieces = new Pieces(layoutOfSizes(Array.from({ length: 8 }, () => mib)));
  const view = new SwarmView({ pieces, self: 'self' });
  view.put('bela', bitmapOf(8, [0, 1, 2]));
  assert.is(view.holders(0), 0);
  view.add('bela', [[3, 1]], 0);
  view.add('bela', [[3, 1]], 0);
  assert.is(view.holders(0), 1);
  view.put('cora', bitmapOf(8, [0, 1, 2, 3, 4, 5, 6, 7]));
  assert.equal([view.holders(0), view.holders(1)], [2, 1]);
  view.remove('bela');
  assert.equal([view.holders(0), view.holders(1)], [1, 1]);
});

test('a seed is asked first for our share of what nobody has, and last for what others could give', () => {
  const scheduler = schedulerOf(40);
  scheduler.putPeer('bela', bitmapOf(40, [0, 1, 2, 3, 4, 5, 6, 7]));
  const pieces = new Pieces(layoutOfSizes([40 * blockSizeBytes]));
  const view = new SwarmView({ pieces, self: 'self' });
  view.put('bela', new Bitmap(40));
  const asked = askAll(scheduler, 'seed');
  assert.is(asked.length, 40);
  const ours = asked.filter((block) => block >= 8 && view.isMine(block)).length;
  assert.ok(asked.slice(0, ours).every((block) => block >= 8 && view.isMine(block)));
  assert.ok(asked.slice(-8).every((block) => block < 8));
});

test('what another is fetching from the seed is left to it, and taken up when it does not come', () => {
  const scheduler = schedulerOf(8);
  scheduler.putPeer('bela', new Bitmap(8));
  scheduler.updatePeer('bela', { added: [], claims: [[0, 6]], nowMs: 0 });
  const asked = askAll(scheduler, 'seed').toSorted((a, b) => a - b);
  assert.equal(asked, [6, 7]);
  assert.equal(scheduler.verdict(), { kind: 'running' }, 'the rest is on its way to somebody');
  scheduler.updatePeer('bela', { added: [], claims: [[0, 6]], nowMs: 14_000 });
  assert.ok(scheduler.next('seed', 15_001), 'a claim does not last for ever');
});

test('of those who are still fetching, what fewest have is asked first', () => {
  const scheduler = schedulerOf(12);
  scheduler.putPeer('bela', bitmapOf(12, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
  scheduler.putPeer('cora', bitmapOf(12, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  const asked = askAll(scheduler, 'bela');
  assert.equal(
    asked.slice(0, 2).toSorted((a, b) => a - b),
    [10, 11],
  );
});

test('ranges that were begun alone are begun anew, shared, once somebody else fetches the same', () => {
  const scheduler = schedulerOf(20);
  const range = scheduler.next('seed', 0);
  assert.ok(range && range.count > 1);
  assert.equal(scheduler.toBeginAnew(0), []);
  scheduler.putPeer('bela', new Bitmap(20));
  assert.equal(scheduler.toBeginAnew(0), [range?.id]);
});

test('somebody who has become complete is a seed', () => {
  const scheduler = schedulerOf(4);
  scheduler.removePeer('seed');
  scheduler.putPeer('bela', new Bitmap(4));
  assert.is(scheduler.next('bela', 0), undefined);
  scheduler.putPeer('bela', 'all');
  assert.is(askAll(scheduler, 'bela').length, 4);
});

test.run();
