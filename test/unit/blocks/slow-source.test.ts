import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Bitmap, silentLogger } from '../../../app/core/base/index.ts';
import { ProgressMeter } from '../../../app/core/blocks/progress.ts';
import { Scheduler } from '../../../app/core/blocks/schedule/scheduler.ts';
import { TransferRun } from '../../../app/core/blocks/transfer-run.ts';
import { layoutOfSizes } from '../../support/manifests.ts';
import { PacedLane } from '../../support/paced-lane.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const mib = 1024 * 1024;
const limitMs = 120_000;

/** Fetches a file of this size from peers of these speeds. Tells how long it took and how much came over the wire. */
async function fetchFrom(
  sizeBytes: number,
  mibPerSecond: Record<string, number>,
  { firstByteMs = 30 }: { firstByteMs?: number } = {},
): Promise<{ seconds: number; timesFetched: number }> {
  const layout = layoutOfSizes([sizeBytes]);
  const clock = new VirtualClock();
  const speeds = new Map(Object.entries(mibPerSecond).map(([peerId, speed]) => [peerId, speed * mib]));
  using lane = new PacedLane(clock, speeds, { firstByteMs });
  const scheduler = new Scheduler({
    layout,
    verified: new Bitmap(layout.blockCount),
    self: 'here',
    random: () => 0.5,
  });
  const run = new TransferRun({
    scheduler,
    layout,
    rootOf: () => 'root',
    gameRoot: '/games/game',
    laneOf: () => lane,
    onLaneFailed: () => false,
    meter: new ProgressMeter({ totalBytes: layout.totalBytes, verifiedBytes: 0, nowMs: 0 }),
    onVerified() {},
    listener: { onBegin() {}, onProgress() {}, onBlocksVerified() {}, onPeerStruck() {} },
    clock,
    logger: silentLogger,
  });
  for (const peerId of speeds.keys()) scheduler.putPeer(peerId, 'all');
  let isOver = false;
  const ended = run.run(new AbortController().signal).finally(() => (isOver = true));
  ended.catch(() => {});
  while (!isOver && clock.monotonicMs() < limitMs) await clock.advance(100);
  assert.ok(isOver, `not done after ${limitMs / 1000} s`);
  assert.equal(await ended, { kind: 'done' });
  const sentBytes = lane.sentBytes.values().reduce((sum, bytes) => sum + bytes, 0);
  return { seconds: clock.monotonicMs() / 1000, timesFetched: sentBytes / sizeBytes };
}

const test = suite('a slow source beside a fast one');

const rooms: { title: string; sizeMib: number; speeds: Record<string, number>; limitSeconds: number }[] = [
  {
    title: 'one of 0.2 MiB/s beside one of 20: 160 MiB take 8 s',
    sizeMib: 160,
    speeds: { slow: 0.2, fast: 20 },
    limitSeconds: 9,
  },
  {
    title: '1 Mbit/s beside 200 Mbit/s: 160 MiB take 7 s',
    sizeMib: 160,
    speeds: { fast: 23.8, slow: 0.119 },
    limitSeconds: 8.5,
  },
  {
    title: 'a small game is not held up for longer than it takes to notice',
    sizeMib: 60,
    speeds: { slow: 0.2, fast: 20 },
    limitSeconds: 4.2,
  },
  {
    title: 'three slow ones and a fast one',
    sizeMib: 160,
    speeds: { a: 0.2, b: 0.1, c: 0.3, fast: 20 },
    limitSeconds: 9.5,
  },
  {
    title: 'one that sends nothing, one that is slow, and a fast one',
    sizeMib: 160,
    speeds: { silent: 0, slow: 0.2, fast: 20 },
    limitSeconds: 9.5,
  },
];
for (const { title, sizeMib, speeds, limitSeconds } of rooms) {
  for (const firstByteMs of [5, 40])
    test(`${title} (first byte after ${firstByteMs} ms)`, async () => {
      const { seconds, timesFetched } = await fetchFrom(sizeMib * mib, speeds, { firstByteMs });
      assert.ok(seconds < limitSeconds, `${seconds} s`);
      assert.ok(timesFetched < 1.1, `${timesFetched.toFixed(2)} times the payload`);
    });
}

test.run();
