import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fuzz } from '../../fuzz/fuzz.ts';
import { targets } from '../../fuzz/targets.ts';

for (const target of targets)
  test(`${target.name}: mutated bytes are understood or refused with a code`, () => {
    const { accepted, refused } = fuzz(target, { seed: 20_240_817, count: 2_000 });
    assert.ok(accepted > 0 && refused > 0, `${accepted} accepted, ${refused} refused`);
  });

test('a reader that throws anything else is found', () => {
  const naive = {
    name: 'naive',
    samples: targets[0]?.samples ?? [],
    judge: (bytes: Buffer): boolean => JSON.parse(bytes.toString('utf8')) !== undefined,
  };
  assert.throws(() => fuzz(naive, { seed: 1, count: 200 }), /naive, number/);
});

test.run();
