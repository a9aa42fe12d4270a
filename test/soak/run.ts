/**
 * `npm run soak -- --minutes 60 --seed N --peers 8`: see `soak.ts`. What must hold is looked at all along. Exits with 1 at
 * the first thing that is wrong, and says how to repeat it. Filling and pulling disks needs Linux and root.
 */
import { parseArgs } from 'node:util';
import { requirePinnedNode } from '../../app/cli/pinned-node.mjs';

requirePinnedNode();
// Every peer and every disk cleans up should this process end.
process.setMaxListeners(0);
const { soak, told } = await import('./soak.ts');
const { values } = parseArgs({
  options: { seed: { type: 'string' }, minutes: { type: 'string' }, peers: { type: 'string' } },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const minutes = Number(values.minutes ?? 60);
const peers = Number(values.peers ?? 8);
console.log(`seed ${seed}, ${minutes} minutes, ${peers} peers`);
try {
  const { seconds, counts } = await soak({ seed, minutes, peers, onMinute: (line) => console.log(line) });
  console.log(told(counts));
  console.log(`seed ${seed}: ${seconds.toFixed(0)} s, nothing lost, everything settled`);
} catch (error) {
  console.error(error);
  console.error(`again: npm run soak -- --seed ${seed} --minutes ${minutes} --peers ${peers}`);
  process.exitCode = 1;
}
