/**
 * Eight receivers fetch one game at the same moment from one seed whose upload is capped: the time of the last one, to the
 * flushed sentinel, against the time that the seed needs to send the game once.
 * Options: --mib 512 --receivers 8 --caps 20,40 (MiB/s) --rounds 1
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { bulkGame, mib } from '../support/games.ts';
import type { PeerProcess } from '../support/peer.ts';
import { Room } from '../support/scenario.ts';
import { blockCount, capUpload, endsWith, isOffered, servedIn } from '../support/story.ts';
import { tempDir } from '../support/temp.ts';
import { figure, type Figure } from './bench.ts';

/** A busy machine is slow, and that is a figure, too; in milliseconds. */
const limitMs = 600_000;

interface Run {
  /** Times as multiples of size / cap. */
  readonly first: number;
  readonly last: number;
  /** How many times the seed sent the game. */
  readonly copies: number;
  /** Processor time of all peers together for each GiB that a receiver got, from the command to the last sentinel. */
  readonly cpuSecondsPerGib: number;
}

/** Linux counts processor time in these. */
const ticksPerSecond = 100;

/** Processor time of a process and its threads so far; NaN where the system does not tell. */
async function cpuSeconds({ processId }: PeerProcess): Promise<number> {
  try {
    const stat = await readFile(`/proc/${processId}/stat`, 'utf8');
    // After the name, which may hold anything: utime and stime are the 12th and the 13th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return Number.NaN;
  }
}

async function cpuSecondsOf(peers: readonly PeerProcess[]): Promise<number> {
  const each = await Promise.all(peers.map(cpuSeconds));
  return each.reduce((sum, seconds) => sum + seconds, 0);
}

async function measure({
  sizeMib,
  receivers,
  capMib,
}: Record<'sizeMib' | 'receivers' | 'capMib', number>): Promise<Run> {
  await using temp = await tempDir('bench-swarm');
  await using room = new Room(temp, undefined);
  const game = bulkGame('wave', sizeMib * mib);
  room.lists(game);
  const seed = await room.peer('seed', { has: [game] });
  await capUpload(seed, capMib * mib);
  const others: PeerProcess[] = [];
  for (let index = 1; index <= receivers; index += 1)
    others.push(await room.peer(`r${index}`, { knows: [seed, ...others] }));
  await Promise.all(others.map((peer) => isOffered(peer, 'wave', 1, 60_000)));
  const cpuBefore = await cpuSecondsOf([seed, ...others]);
  const started = performance.now();
  const seconds = await Promise.all(
    others.map(async (peer) => {
      await peer.command('download', { gameId: 'wave', install: false });
      await endsWith(peer, 'download-finished', 'wave', { limitMs });
      return (performance.now() - started) / 1000;
    }),
  );
  const cpuAfter = await cpuSecondsOf([seed, ...others]);
  let fromSeed = 0;
  for (const peer of others) fromSeed += servedIn(peer.events, 'wave').byPeer.get(seed.peerId) ?? 0;
  const once = sizeMib / capMib;
  return {
    first: Math.min(...seconds) / once,
    last: Math.max(...seconds) / once,
    copies: fromSeed / blockCount(room.made('seed', 'wave').tree),
    cpuSecondsPerGib: (cpuAfter - cpuBefore) / ((receivers * sizeMib) / 1024),
  };
}

export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      mib: { type: 'string', default: '512' },
      receivers: { type: 'string', default: '8' },
      caps: { type: 'string', default: '20,40' },
      rounds: { type: 'string', default: '1' },
    },
  });
  const [sizeMib, receivers] = [Number(values.mib), Number(values.receivers)];
  const figures: Figure[] = [];
  for (const capMib of values.caps.split(',').map(Number)) {
    const runs: Run[] = [];
    for (let round = 0; round < Number(values.rounds); round += 1)
      runs.push(await measure({ sizeMib, receivers, capMib }));
    const name = (what: string): string => `${receivers} receivers, seed capped at ${capMib} MiB/s: ${what}`;
    const of = (what: string, unit: string, list: readonly number[]): Figure =>
      figure(name(what), { unit, values: list });
    figures.push(
      of(
        'last receiver',
        '× size / cap',
        runs.map(({ last }) => last),
      ),
      of(
        'first receiver',
        '× size / cap',
        runs.map(({ first }) => first),
      ),
      of(
        'what the seed sent',
        '× size',
        runs.map(({ copies }) => copies),
      ),
      of(
        'processor time of all',
        's / GiB received',
        runs.map(({ cpuSecondsPerGib }) => cpuSecondsPerGib),
      ),
    );
  }
  return figures;
}
