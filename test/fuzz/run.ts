/**
 * `npm run fuzz -- --count 1000000 --seed N [--only manifest]`: mutated bytes for everything that reads what others wrote.
 * The count is shared by the kinds of frames; the other targets and the command lines get parts of it, as they are slower.
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { requirePinnedNode } from '../../app/cli/pinned-node.mjs';

requirePinnedNode();
setFlagsFromString('--expose-gc');
const { runInNewContext } = await import('node:vm');
const collect: unknown = runInNewContext('gc');
if (typeof collect === 'function') Object.assign(globalThis, { gc: collect });
const { fuzz } = await import('./fuzz.ts');
const { targets } = await import('./targets.ts');
const { fuzzCommandLines } = await import('./command-lines.ts');

const { values } = parseArgs({
  options: { seed: { type: 'string' }, count: { type: 'string' }, only: { type: 'string' } },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const count = Number(values.count ?? 1_000_000);
const growthLimitBytes = 32 * 1024 * 1024;
const linesShare = 100;
console.log(`seed ${seed}, ${count} mutations`);
try {
  const chosen = targets.filter(({ name }) => values.only === undefined || name.includes(values.only));
  for (const target of chosen) {
    const started = performance.now();
    const { accepted, refused, growthBytes } = fuzz(target, { seed, count: Math.ceil(count / targets.length) });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${target.name}: ${accepted} accepted, ${refused} refused, grew ${growthBytes} bytes, ${seconds} s`);
    if (growthBytes > growthLimitBytes) throw new Error(`${target.name}: memory is not flat`);
    if (accepted === 0 || refused === 0) throw new Error(`${target.name}: the mutations are all alike`);
  }
  if (values.only === undefined || 'command lines'.includes(values.only)) {
    const { lines, growthKib } = await fuzzCommandLines({ seed, count: Math.ceil(count / linesShare) });
    console.log(`command lines: ${lines}, each answered once, grew ${growthKib} KiB`);
  }
} catch (error) {
  console.error(error);
  console.error(`again: npm run fuzz -- --seed ${seed} --count ${count}`);
  process.exitCode = 1;
}
