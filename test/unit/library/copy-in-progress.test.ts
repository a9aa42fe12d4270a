import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasExpectedSize, isCompleteCopy } from '../../../app/core/library/copy-in-progress.ts';
import { until } from '../../support/eventually.ts';
import { idOf, libraryLab } from '../../support/library-lab.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const mib = 1024 * 1024;
const settleMs = 5_000;
const game = idOf('saga');

const test = suite('a copy made by hand');

test('is complete when version.ini came last, or when nothing changed for a while', () => {
  const nowMs = 1_000_000;
  const at = (ms: number): bigint => BigInt(ms) * 1_000_000n;
  const isComplete = (sentinelMs: number, payloadMs: number): boolean =>
    isCompleteCopy({ sentinelNs: at(sentinelMs), payloadNs: at(payloadMs) }, { nowMs, settleMs });
  assert.ok(isComplete(nowMs, nowMs - 1));
  assert.ok(isComplete(nowMs - 1, nowMs - 1));
  assert.not.ok(isComplete(nowMs - 100, nowMs - 1));
  assert.not.ok(isComplete(nowMs - 60_000, nowMs - 4_999));
  assert.ok(isComplete(nowMs - 60_000, nowMs - 5_000));
  assert.not.ok(isComplete(nowMs - 60_000, nowMs + 3_600_000), 'on a disk whose clock runs ahead it is waited');
  assert.ok(isCompleteCopy({ sentinelNs: undefined, payloadNs: at(nowMs) }, { nowMs, settleMs }));
});

test('has the size that the catalog tells, give or take a stray file', () => {
  assert.ok(hasExpectedSize(100 * mib, undefined));
  assert.ok(hasExpectedSize(100 * mib, 0));
  assert.ok(hasExpectedSize(100 * mib, 100 * mib));
  assert.ok(hasExpectedSize(105 * mib, 100 * mib));
  assert.ok(hasExpectedSize(99 * mib, 100 * mib));
  assert.not.ok(hasExpectedSize(70 * mib, 105 * mib));
  assert.not.ok(hasExpectedSize(9_800 * mib, 10_000 * mib));
});

test('is offered once it has not changed for a while, and not before, also when no event tells of its end', async () => {
  // An hour behind the disk: whatever is written looks as if it changed just now.
  const clock = new VirtualClock(Date.now() - 3_600_000);
  await using its = await libraryLab({ clock, settleMs });
  const offered = (): string | undefined => its.library.snapshot().games[0]?.availability;
  await its.write({ 'saga/version.ini': '1' });
  await its.write({ 'saga/a.bin': 'half' });
  await its.library.scan();
  assert.equal([offered(), its.library.get(game)?.heldBack], ['LocalOnly', 'settling']);
  assert.is(its.library.manifestState(game).kind, 'pending');
  for (let second = 0; second < 8; second += 1) {
    await its.write({ 'saga/a.bin': `half ${'x'.repeat(second)}` });
    await its.library.refresh(game);
    await clock.advance(1_000);
    assert.is(offered(), 'LocalOnly', `after ${second} s of changes`);
  }
  assert.equal(its.hasher.hashed, [], 'nothing is read that will change');
  await until('it is offered', async () => {
    await clock.advance(500);
    return offered() === 'Ready';
  });
  await its.hashedAll();
});

test('is not offered as long as it is smaller than the catalog says', async () => {
  await using its = await libraryLab({ expectedBytesOf: () => 5 * mib });
  await its.write({ 'saga/a.bin': Buffer.alloc(3 * mib), 'saga/version.ini': '1' });
  await its.library.scan();
  assert.equal(
    [its.library.snapshot().games[0]?.availability, its.library.get(game)?.heldBack],
    ['LocalOnly', 'incomplete'],
  );
  assert.is(its.library.manifestState(game).kind, 'none');
  await its.write({ 'saga/b.bin': Buffer.alloc(2 * mib), 'saga/version.ini': '1' });
  await its.library.refresh(game);
  assert.is(its.library.snapshot().games[0]?.availability, 'Ready');
});

test('that changes by hand is shown, also where others are told nothing new', async () => {
  await using its = await libraryLab();
  const told: string[] = [];
  its.library.onDidChangeLocal((ids) => void told.push(...ids));
  await its.write({ 'saga/a.bin': 'x', 'saga/version.ini': '1', 'saga/local/game.exe': 'x' });
  await its.library.scan();
  await until('its manifest is told', () => its.deltas.length === 2);
  const deltas = its.deltas.length;
  told.length = 0;
  await its.remove('saga/local');
  await its.library.refresh(game);
  assert.equal([told, its.library.get(game)?.installed], [['saga'], false]);
  assert.is(its.deltas.length, deltas);
  await its.library.refresh(game);
  assert.equal(told, ['saga'], 'and nothing where nothing changed');
});

test.run();
