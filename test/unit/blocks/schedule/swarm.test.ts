import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Bitmap } from '../../../../app/core/base/index.ts';
import { blockSizeBytes } from '../../../../app/core/protocol/index.ts';
import { blocksOf, toRuns } from '../../../../app/core/blocks/schedule/block-runs.ts';
import { PieceBag } from '../../../../app/core/blocks/schedule/piece-bag.ts';
import { Pieces } from '../../../../app/core/blocks/schedule/pieces.ts';
import { Scheduler, type Range } from '../../../../app/core/blocks/schedule/scheduler.ts';
import { SwarmView } from '../../../../app/core/blocks/schedule/swarm-view.ts';
import { layoutOfSizes } from '../../../support/manifests.ts';
import { SeededRandom } from '../../../support/random.ts';

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

test('what another is fetching from the seed is left to it while the seed sends, and taken up when nothing comes', () => {
  const scheduler = schedulerOf(8);
  scheduler.putPeer('bela', new Bitmap(8));
  scheduler.updatePeer('bela', { added: [], claims: [[0, 6]], nowMs: 0 });
  const asked = askAll(scheduler, 'seed').toSorted((a, b) => a - b);
  assert.equal(asked, [6, 7]);
  assert.equal(scheduler.verdict(), { kind: 'running' }, 'the rest is on its way to somebody');
  scheduler.updatePeer('bela', { added: [[0, 1]], claims: [[1, 5]], nowMs: 5_000 });
  scheduler.removePeer('bela');
  scheduler.putPeer('bela', new Bitmap(8));
  scheduler.updatePeer('bela', { added: [], claims: [[1, 5]], nowMs: 5_000 });
  assert.not.ok(new Set([1, 2, 3, 4, 5]).has(scheduler.next('seed', 10_999)?.firstBlock ?? 1));
  assert.ok(scheduler.next('seed', 11_001), 'a claim does not last for ever');
});

test('who waits in the queue of a seed is waited for as long as the seed sends what nobody has', () => {
  const pieces = new Pieces(layoutOfSizes([100 * blockSizeBytes]));
  const view = new SwarmView({ pieces, self: 'self' });
  view.put('bela', new Bitmap(100));
  view.put('cora', new Bitmap(100));
  view.setClaims('bela', [[99, 1]], 0);
  for (let second = 1; second <= 60; second += 1) view.add('cora', [[second, 1]], second * 1_000);
  assert.ok(view.isClaimed(99, 60_500));
  assert.not.ok(view.isClaimed(99, 66_001), 'nobody got anything for six seconds');
  for (let second = 61; second <= 98; second += 1) view.add('cora', [[second, 1]], second * 2_000);
  assert.not.ok(view.isClaimed(99, 121_000), 'two minutes are enough, whatever the others get');
});

test('a liar cannot keep pieces by saying again and again that it fetches them, nor many of them', () => {
  const pieces = new Pieces(layoutOfSizes([100 * blockSizeBytes]));
  const view = new SwarmView({ pieces, self: 'self' });
  view.put('liar', new Bitmap(100));
  view.setClaims('liar', [[0, 100]], 0);
  const claimed = (nowMs: number): number =>
    Array.from({ length: 100 }, (_, piece) => piece).filter((piece) => view.isClaimed(piece, nowMs)).length;
  assert.is(claimed(0), 16);
  for (let nowMs = 1_000; nowMs <= 10_000; nowMs += 1_000) {
    view.setClaims('liar', [], nowMs);
    view.setClaims('liar', [[0, 100]], nowMs);
  }
  assert.is(claimed(10_000), 0);
});

test('two who ask a seed for the same piece agree who goes on, and the other asks for something else', () => {
  const schedulers = ['anna', 'bela'].map((self) => schedulerOf(8, { self, seed: 3 }));
  const [anna, bela] = schedulers;
  assert.ok(anna && bela);
  if (!anna || !bela) return;
  // Alone each of them begins with the same four.
  assert.is(anna.next('seed', 0)?.firstBlock, bela.next('seed', 0)?.firstBlock);
  for (const scheduler of schedulers) {
    const [range] = scheduler.rangesOf('seed');
    scheduler.onSettled(range ?? 0, { outcome: 'cancelled', nowMs: 0 });
  }
  anna.putPeer('bela', new Bitmap(8));
  bela.putPeer('anna', new Bitmap(8));
  const ranges = schedulers.map((scheduler) => {
    const have = new Bitmap(8);
    for (let block = 0; block < 7; block += 1) have.add(block);
    return { scheduler, have };
  });
  // Only the last piece is left of the game, and both ask for it before they hear of each other.
  for (const { scheduler, have } of ranges)
    for (let block = 0; block < 7; block += 1) if (have.has(block)) scheduler.verified.add(block);
  assert.is(anna.next('seed', 0)?.firstBlock, 7);
  assert.is(bela.next('seed', 0)?.firstBlock, 7);
  anna.updatePeer('bela', { added: [], claims: bela.claims(), nowMs: 0 });
  bela.updatePeer('anna', { added: [], claims: anna.claims(), nowMs: 0 });
  assert.is(anna.toBeginAnew(0).length + bela.toBeginAnew(0).length, 1);
  const yielding = anna.toBeginAnew(0).length === 1 ? anna : bela;
  const [range = 0] = yielding.rangesOf('seed');
  yielding.onBytes(range, 1, 0);
  assert.equal(yielding.toBeginAnew(0), [], 'what has begun goes on');
});

test('a peer that does not have what it told is believed no more of these blocks, and the innocent carry on', () => {
  const scheduler = schedulerOf(40);
  scheduler.putPeer('liar', Bitmap.full(40));
  scheduler.putPeer('bela', new Bitmap(40));
  let nowMs = 0;
  const asked: number[] = [];
  for (let round = 0; round < 100 && scheduler.isUsable('liar'); round += 1) {
    const range = scheduler.next('liar', nowMs);
    if (range) {
      asked.push(range.firstBlock);
      scheduler.onSettled(range.id, { outcome: 'absent', nowMs });
    }
    nowMs = scheduler.nextWakeMs(nowMs) ?? nowMs;
  }
  assert.is(asked.length, 8, 'then it counts as gone');
  assert.is(new Set(asked).size, 8, 'it is never asked twice for the same');
  assert.equal(scheduler.usablePeers(), ['seed', 'bela']);
  assert.is(askAll(scheduler, 'seed').length, 40, 'what it told keeps nobody from asking the seed');
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

test('a tie between pieces is broken by chance: who begins at the same time begins somewhere else', () => {
  const firsts = new Set<number | undefined>();
  for (let seed = 0; seed < 60; seed += 1) {
    const scheduler = schedulerOf(40, { seed });
    scheduler.putPeer('bela', bitmapOf(40, [1, 5, 9, 13]));
    scheduler.putPeer('cora', bitmapOf(40, [13]));
    firsts.add(scheduler.next('bela', 0)?.firstBlock);
  }
  assert.equal(
    Array.from(firsts, Number).toSorted((a, b) => a - b),
    [1, 5, 9],
    'all that one peer has, and never the one that two have',
  );
});

test('of a large game alone, too, the first piece is taken by chance', () => {
  const firsts = new Set<number | undefined>();
  for (let seed = 0; seed < 40; seed += 1) firsts.add(schedulerOf(64, { seed }).next('seed', 0)?.firstBlock);
  assert.ok(firsts.size > 15, `${firsts.size} of 40 differ`);
});

test('a choice looks at every piece, however they are ordered, and forgets those that are complete', () => {
  const bag = new PieceBag([0, 1, 2, 3, 4]);
  bag.add(5);
  for (const start of [0, 0.3, 0.99]) {
    const seen: number[] = [];
    bag.search((piece) => (seen.push(piece), 'seen'), { random: () => start, mostLooks: 100 });
    assert.equal(
      seen.toSorted((a, b) => a - b),
      [0, 1, 2, 3, 4, 5],
    );
  }
  bag.search((piece) => (piece % 2 === 0 ? 'drop' : 'skip'), { random: () => 0, mostLooks: 1 });
  const left: number[] = [];
  bag.search((piece) => (left.push(piece), 'skip'), { random: () => 0.5, mostLooks: 1 });
  assert.equal(
    left.toSorted((a, b) => a - b),
    [1, 3, 5],
  );
  let looks = 0;
  bag.search(() => ((looks += 1), 'seen'), { random: () => 0, mostLooks: 2 });
  assert.is(looks, 2);
});

test('in a crowd who waits in the queue of one is served by another that has got the piece meanwhile', () => {
  const scheduler = schedulerOf(8);
  scheduler.removePeer('seed');
  for (let at = 0; at < 16; at += 1) scheduler.putPeer(`other-${at}`, new Bitmap(8));
  scheduler.putPeer('bela', bitmapOf(8, [3]));
  const queued = scheduler.next('bela', 0);
  assert.is(queued?.firstBlock, 3);
  scheduler.putPeer('cora', bitmapOf(8, [3]));
  assert.is(scheduler.next('cora', 499), undefined, 'it may still begin');
  const copy = scheduler.next('cora', 500);
  assert.is(copy?.firstBlock, 3);
  assert.equal(scheduler.superfluous(), []);
  scheduler.onBytes(copy?.id ?? 0, 1, 600);
  assert.equal(scheduler.superfluous(), [queued?.id], 'whoever begins first goes on');
});

test('in a small room nobody is asked a second time before three seconds have passed', () => {
  const scheduler = schedulerOf(8);
  scheduler.removePeer('seed');
  scheduler.putPeer('bela', bitmapOf(8, [3]));
  assert.ok(scheduler.next('bela', 0));
  scheduler.putPeer('cora', bitmapOf(8, [3]));
  assert.is(scheduler.next('cora', 2_999), undefined);
  assert.ok(scheduler.next('cora', 3_000));
});

test('a seed that many ask does not send again what waits in the queue of another for a while', () => {
  const scheduler = schedulerOf(8);
  for (const other of ['bela', 'cora', 'dora']) scheduler.putPeer(other, bitmapOf(8, [0, 1, 2, 3, 4, 5, 6, 7]));
  const taken = new Set<number>();
  for (const other of ['bela', 'cora', 'dora'])
    for (let range = scheduler.next(other, 0); range && taken.size < 8; range = scheduler.next(other, 0))
      taken.add(range.firstBlock);
  assert.is(taken.size, 8);
  assert.is(scheduler.next('seed', 10_000), undefined);
  assert.ok(scheduler.next('seed', 15_000), 'but it does not wait for ever');
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
