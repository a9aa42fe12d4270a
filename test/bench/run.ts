/** `npm run bench -- <name> [options]`: runs `test/bench/<name>.ts` and prints one JSON line per figure. */
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requirePinnedNode } from '../../app/cli/pinned-node.mjs';
import type { Bench } from './bench.ts';

requirePinnedNode();

const folder = fileURLToPath(new URL('.', import.meta.url));
const names = globSync('*.ts', { cwd: folder })
  .map((file) => basename(file, '.ts'))
  .filter((name) => name !== 'run' && name !== 'bench')
  .sort();
const [name = '', ...args] = process.argv.slice(2);
if (!names.includes(name)) {
  console.error(`There is no bench ${JSON.stringify(name)}; there are: ${names.join(', ')}.`);
  process.exit(2);
}
// Every file here but this one and its helpers is a Bench.
const bench = (await import(new URL(`${name}.ts`, import.meta.url).href)) as Bench;
for (const line of await bench.run(args)) console.log(JSON.stringify(line));
