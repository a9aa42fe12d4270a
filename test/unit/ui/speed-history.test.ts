import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SpeedHistory } from '../../../app/ui/stores/speed-history.ts';

test('the chart holds a minute, however often speeds are told', () => {
  for (const everyMs of [50, 500, 1_000]) {
    const history = new SpeedHistory();
    let speeds: readonly number[] = [];
    for (let nowMs = 0; nowMs < 120_000; nowMs += everyMs) speeds = history.add(nowMs, nowMs);
    const last = 120_000 - everyMs;
    assert.is(speeds.length, 120, `${everyMs}`);
    assert.is(speeds.at(-1), last, 'the latest is shown at once');
    assert.ok((speeds[0] ?? 0) >= last - 120 * Math.max(everyMs, 500) - 500, `${everyMs}`);
  }
});

test('within a step the latest counts, and what was handed out stays as it was', () => {
  const history = new SpeedHistory();
  const first = history.add(1, 0);
  assert.equal(history.add(2, 100), [2]);
  assert.equal(history.add(3, 600), [2, 3]);
  assert.equal(first, [1]);
});

test.run();
