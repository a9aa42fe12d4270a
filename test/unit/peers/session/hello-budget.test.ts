import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { limits } from '../../../../app/core/protocol/index.ts';
import { HelloBudget } from '../../../../app/core/peers/session/hello-budget.ts';

const mib = 1024 * 1024;

/** Takes what there is room for; returns how many peers got in. */
function admit(budget: HelloBudget, count: number, share: (index: number) => { host: string; bytes: number }): number {
  let admitted = 0;
  for (let index = 0; index < count; index += 1) {
    const peerId = `${share(index).host} ${index}`;
    try {
      budget.assertRoomFor(peerId, share(index));
    } catch {
      continue;
    }
    budget.take(peerId, share(index));
    admitted += 1;
  }
  return admitted;
}

test('one address gets so many sessions and bytes, and others still get in', () => {
  const budget = new HelloBudget();
  assert.is(
    admit(budget, 256, () => ({ host: '10.0.0.66', bytes: 1_000 })),
    limits.sessionsPerAddress,
  );
  assert.is(
    admit(budget, 1, () => ({ host: '10.0.0.2', bytes: 1_000 })),
    1,
  );
  const large = new HelloBudget();
  assert.is(
    admit(large, 209, () => ({ host: '10.0.0.66', bytes: 7.7 * mib })),
    3,
  );
  assert.is(
    admit(large, 1, () => ({ host: '10.0.0.2', bytes: 7.7 * mib })),
    1,
  );
});

test('all Hellos together stay within the budget', () => {
  const admitted = admit(new HelloBudget(), 209, (index) => ({ host: `10.0.1.${index}`, bytes: 7.7 * mib }));
  assert.ok(admitted * 7.7 * mib <= limits.helloBytes && admitted >= 16, String(admitted));
});

test('a party of 200 PCs with large libraries fits', () => {
  assert.is(
    admit(new HelloBudget(), 200, (index) => ({ host: `10.0.1.${index}`, bytes: 0.6 * mib })),
    200,
  );
});

test('what goes makes room, and who says Hello anew does not count twice', () => {
  const budget = new HelloBudget();
  const share = { host: '10.0.0.2', bytes: 20 * mib };
  budget.take('ann', share);
  budget.assertRoomFor('ann', share);
  assert.throws(() => budget.assertRoomFor('bob', share), /10\.0\.0\.2/);
  budget.giveBack('ann');
  budget.assertRoomFor('bob', share);
});

test('PCs of one address of this PC itself are not counted by address', () => {
  assert.is(
    admit(new HelloBudget(), 100, () => ({ host: '127.0.0.1', bytes: 1_000 })),
    100,
  );
});

test('a peer that says Hello again and again is told off, and forgiven later', () => {
  const budget = new HelloBudget();
  for (let hello = 0; hello < 30; hello += 1) budget.countHello('ann', 100_000);
  assert.throws(() => budget.countHello('ann', 100_001), /more than 30/);
  budget.countHello('bob', 100_001);
  budget.countHello('ann', 110_000);
});

test.run();
