import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { simulate } from '../../../sim/swarm-sim.ts';
import { SimClock } from '../../../sim/sim-clock.ts';

const mib = 1024 * 1024;
const eight = { receivers: 8, sizeBytes: 256 * mib, seedBytesPerSecond: 40 * mib };

const test = suite('a simulated room');

test('equal options give equal results, to the last digit; another seed of chance gives others', () => {
  assert.equal(simulate(eight), simulate(eight));
  assert.is.not(simulate({ ...eight, randomSeed: 2 }).lastMs, simulate(eight).lastMs);
});

test('eight receivers are done in at most 1.4 times what the seed needs to send the game once', () => {
  for (const seedMib of [20, 40]) {
    const { lastMs, onceMs, seedCopies } = simulate({ ...eight, seedBytesPerSecond: seedMib * mib });
    assert.ok(lastMs <= 1.4 * onceMs, `${(lastMs / onceMs).toFixed(2)} at ${seedMib} MiB/s`);
    assert.ok(lastMs >= 0.98 * onceMs, 'nothing comes from nowhere');
    assert.ok(seedCopies >= 1 && seedCopies < 1.2, `${seedCopies.toFixed(2)} copies`);
  }
});

test('thirty-two receivers do not take much longer, and without giving on they take thirty-two times as long', () => {
  const many = { ...eight, receivers: 32 };
  const { lastMs, onceMs } = simulate(many);
  assert.ok(lastMs <= 1.5 * onceMs, `${(lastMs / onceMs).toFixed(2)}`);
  const alone = simulate({ ...many, isSwarm: false });
  assert.ok(alone.lastMs > 31 * onceMs && alone.lastMs < 34 * onceMs, `${(alone.lastMs / onceMs).toFixed(2)} alone`);
});

test('its clock runs what is due in the order of time, then of setting, and nothing that was disposed', () => {
  const clock = new SimClock();
  const ran: string[] = [];
  const note = (name: string) => () => void ran.push(`${name}@${clock.now()}`);
  clock.timeout(note('late'), 30);
  clock.timeout(note('a'), 10);
  clock.timeout(note('b'), 10);
  clock.timeout(note('never'), 20)[Symbol.dispose]();
  const tick = clock.interval(note('tick'), 12);
  clock.timeout(() => tick[Symbol.dispose](), 25);
  assert.not.ok(clock.run({ isOver: () => false, limitMs: 100 }));
  assert.equal(ran, ['a@10', 'b@10', 'tick@12', 'tick@24', 'late@30']);
});

test.run();
