import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runRandomKills } from '../support/random-kills.ts';

test('sixty kills at random moments amid random operations lose nothing', async () => {
  const { kills, operations, seconds } = await runRandomKills({ seed: 20_240_817, count: 60, limitMs: 150_000 });
  console.log(`${kills} kills amid ${operations} operations in ${seconds.toFixed(0)} s`);
  assert.ok(kills >= 20, `${kills} kills: is this machine busy?`);
  assert.ok(operations > kills, `${operations} operations`);
});

test.run();
