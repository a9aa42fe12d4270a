/**
 * One receiver and 1, 2 and 4 sources, each capped at 50 MiB/s: what arrives, from the command to the flushed sentinel,
 * against all that the sources may send. Options: --cap 50 (MiB/s) --seconds 8 --rounds 3 --sources 1,2,4
 */
import { parseArgs } from 'node:util';
import { bulkGame, mib } from '../support/games.ts';
import { Room } from '../support/scenario.ts';
import { capUpload, downloads, isOffered } from '../support/story.ts';
import { tempDir } from '../support/temp.ts';
import { figure, type Figure } from './bench.ts';

interface Options {
  readonly capMib: number;
  /** What a download takes at best. */
  readonly seconds: number;
  readonly rounds: number;
}

/** MiB/s of one download. */
async function measure(count: number, { capMib, seconds }: Options): Promise<number> {
  await using temp = await tempDir('bench-sources');
  await using room = new Room(temp, undefined);
  const sizeMib = count * capMib * seconds;
  const game = bulkGame('bulk', sizeMib * mib);
  room.lists(game);
  const sources = [];
  for (let index = 0; index < count; index += 1) sources.push(await room.peer(`source${index}`, { has: [game] }));
  for (const source of sources) await capUpload(source, capMib * mib);
  const receiver = await room.peer('receiver', { knows: sources });
  await isOffered(receiver, 'bulk', count, 60_000);
  const started = performance.now();
  await downloads(receiver, 'bulk');
  return sizeMib / ((performance.now() - started) / 1000);
}

export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cap: { type: 'string', default: '50' },
      seconds: { type: 'string', default: '8' },
      rounds: { type: 'string', default: '3' },
      sources: { type: 'string', default: '1,2,4' },
    },
  });
  const options = { capMib: Number(values.cap), seconds: Number(values.seconds), rounds: Number(values.rounds) };
  const figures: Figure[] = [];
  for (const count of values.sources.split(',').map(Number)) {
    const speeds: number[] = [];
    for (let round = 0; round < options.rounds; round += 1) speeds.push(await measure(count, options));
    const most = speeds.map(() => count * options.capMib);
    figures.push(
      figure(`${count} source${count === 1 ? '' : 's'} at ${options.capMib} MiB/s each`, {
        unit: 'MiB/s',
        values: speeds,
        reference: { name: 'all that they may send', values: most },
      }),
    );
  }
  return figures;
}
