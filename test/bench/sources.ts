/**
 * One receiver and 1, 2 and 4 sources, each capped at 50 MiB/s: what arrives, from the command to the flushed sentinel,
 * against all that the sources may send. Options: --cap 50 (MiB/s) --seconds 6 --rounds 3 --sources 1,2,4
 */
import { link, mkdir, readdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { bulkGame, mib } from '../support/games.ts';
import { Room } from '../support/scenario.ts';
import { capUpload, endsWith, isOffered } from '../support/story.ts';
import { tempDir } from '../support/temp.ts';
import { figure, type Figure } from './bench.ts';

interface Options {
  readonly capMib: number;
  /** What a download takes at best. */
  readonly seconds: number;
  readonly rounds: number;
}

async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const target = join(to, relative(from, path));
    if (entry.isDirectory()) await mkdir(target, { recursive: true });
    else {
      await mkdir(dirname(target), { recursive: true });
      await link(path, target);
    }
  }
}

/** MiB/s of one download. */
async function measure(count: number, { capMib, seconds }: Options): Promise<number> {
  await using temp = await tempDir('bench-sources');
  await using room = new Room(temp, undefined);
  const sizeMib = count * capMib * seconds;
  const game = bulkGame('bulk', sizeMib * mib);
  room.lists(game);
  const sources = [];
  for (let index = 0; index < count; index += 1) {
    const name = `source${index}`;
    if (index === 0) await room.give(name, game);
    // The same files under other names: making them again would only take time.
    else await linkTree(room.rootOf('source0', 'bulk'), room.rootOf(name, 'bulk'));
    sources.push(await room.peer(name));
  }
  for (const source of sources) await capUpload(source, capMib * mib);
  const receiver = await room.peer('receiver', { knows: sources });
  await isOffered(receiver, 'bulk', count, 60_000);
  const started = performance.now();
  await receiver.command('download', { gameId: 'bulk', install: false });
  await endsWith(receiver, 'download-finished', 'bulk', { limitMs: 600_000 });
  return sizeMib / ((performance.now() - started) / 1000);
}

export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cap: { type: 'string', default: '50' },
      seconds: { type: 'string', default: '6' },
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
