/**
 * `npm run sim -- [options]`: how long a room needs to fetch one game from one seed, by the number of receivers. Prints CSV
 * and writes it, and the plot of it, to `docs/`. Options: --receivers 1,2,4,…,500 --mib 512 --cap 40 (MiB/s, the seed's)
 * --seed 1 --out docs/swarm.csv --keep (adds to the file what it does not have yet).
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { plot, type Row } from './plot.ts';
import { simulate } from './swarm-sim.ts';

const mib = 1024 * 1024;
const header = 'receivers,first,median,last,seed_copies,last_without_swarm';

const { values } = parseArgs({
  options: {
    receivers: { type: 'string', default: '1,2,4,8,16,32,64,128,256,500' },
    mib: { type: 'string', default: '512' },
    cap: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'docs/swarm.csv' },
    keep: { type: 'boolean', default: false },
  },
});
const options = {
  sizeBytes: Number(values.mib) * mib,
  seedBytesPerSecond: Number(values.cap) * mib,
  randomSeed: Number(values.seed),
};

function parse(text: string): Row[] {
  const lines = text.trim().split('\n').slice(1);
  return lines.map((line) => {
    const [receivers = 0, first = 0, median = 0, last = 0, seedCopies = 0, alone = 0] = line.split(',').map(Number);
    return { receivers, first, median, last, seedCopies, alone };
  });
}

const inWords = ({ receivers, first, median, last, seedCopies, alone }: Row): string =>
  [receivers, ...[first, median, last, seedCopies, alone].map((value) => value.toFixed(3))].join(',');

const rows = values.keep && existsSync(values.out) ? parse(readFileSync(values.out, 'utf8')) : [];
console.log(header);
for (const receivers of values.receivers.split(',').map(Number)) {
  if (rows.some((row) => row.receivers === receivers)) continue;
  const { firstMs, medianMs, lastMs, onceMs, seedCopies } = simulate({ ...options, receivers });
  const alone = simulate({ ...options, receivers, isSwarm: false });
  const row: Row = {
    receivers,
    first: firstMs / onceMs,
    median: medianMs / onceMs,
    last: lastMs / onceMs,
    seedCopies,
    alone: alone.lastMs / onceMs,
  };
  rows.push(row);
  console.log(inWords(row));
  rows.sort((a, b) => a.receivers - b.receivers);
  writeFileSync(values.out, `${[header, ...rows.map(inWords)].join('\n')}\n`);
}
writeFileSync(
  values.out.replace(/\.csv$/, '.svg'),
  plot(rows, { sizeMib: Number(values.mib), capMib: Number(values.cap) }),
);
