/**
 * Whole peers, random operations, a SIGKILL at a random moment, a restart; again and again:
 * `npm run crash:random -- --seed N --count 500`. The same seed gives the same operations and delays; which step a kill
 * falls on is up to the machine. Exits with 1 at the first thing that is wrong, and says how to repeat it.
 */
import { parseArgs } from 'node:util';
import { runRandomKills } from '../support/random-kills.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, count: { type: 'string' }, games: { type: 'string' } },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const count = Number(values.count ?? 500);
console.log(`seed ${seed}, ${count} kills`);
try {
  const { kills, operations, seconds } = await runRandomKills({
    seed,
    count,
    onKill: (number, what) => {
      if (number % 10 === 0) console.log(`${number} ${what}`);
    },
  });
  console.log(`${kills} kills amid ${operations} operations in ${seconds.toFixed(0)} s: nothing lost`);
} catch (error) {
  console.error(error);
  console.error(`again: npm run crash:random -- --seed ${seed} --count ${count}`);
  process.exitCode = 1;
}
