import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ProgressMeter } from '../../../app/core/blocks/progress.ts';

const meterOf = (totalBytes: number, verifiedBytes = 0): ProgressMeter =>
  new ProgressMeter({ totalBytes, verifiedBytes, nowMs: 0 });

test('the first sample has no speed and says so', () => {
  assert.equal(meterOf(1_000, 400).sample(0, 2), {
    downloadedBytes: 400,
    totalBytes: 1_000,
    bytesPerSecond: 0,
    etaSeconds: undefined,
    activePeers: 2,
  });
});

test('the bar shows verified bytes, the speed raw ones, waste included', () => {
  const meter = meterOf(10_000);
  meter.addRaw(2_000);
  meter.addVerified(500);
  const { downloadedBytes, bytesPerSecond, etaSeconds } = meter.sample(1_000, 1);
  assert.is(downloadedBytes, 500);
  assert.is(bytesPerSecond, 2_000);
  assert.is(etaSeconds, 5);
});

test('a late sample is spread over the time it stands for', () => {
  const meter = meterOf(1_000_000);
  meter.addRaw(50_000);
  assert.is(meter.sample(5_000, 1).bytesPerSecond, 10_000);
});

test('a change of speed shows to two thirds after three seconds', () => {
  const meter = meterOf(1_000_000);
  meter.addRaw(1_000);
  assert.is(meter.sample(1_000, 1).bytesPerSecond, 1_000);
  let last = 0;
  for (let nowMs = 1_500; nowMs <= 4_000; nowMs += 500) last = meter.sample(nowMs, 0).bytesPerSecond;
  assert.ok(last > 330 && last < 400, `${last}`);
});

test('it shows what was counted, and at the end nothing is left', () => {
  const meter = meterOf(100);
  meter.addVerified(99);
  assert.is(meter.sample(500, 0).downloadedBytes, 99);
  meter.addVerified(1);
  assert.is(meter.sample(600, 0).downloadedBytes, 100);
  assert.is(meter.sample(600, 0).etaSeconds, 0);
});

test('two samples of one moment are the same', () => {
  const meter = meterOf(1_000);
  meter.addRaw(100);
  assert.equal(meter.sample(500, 1), meter.sample(500, 1));
});

test.run();
