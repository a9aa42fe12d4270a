/** Peers that live through random operations, kills, rot, full and pulled disks, for as long as one likes. */
import { setTimeout as delay } from 'node:timers/promises';
import { SeededRandom } from '../support/random.ts';
import { tempDir } from '../support/temp.ts';
import { Player } from './player.ts';
import { SoakRoom } from './room.ts';

export interface SoakOptions {
  readonly seed: number;
  readonly minutes: number;
  /** In all, the two seeds among them. */
  readonly peers: number;
  readonly onMinute?: (line: string) => void;
}

export interface SoakResult {
  readonly seconds: number;
  /** How often what happened. */
  readonly counts: ReadonlyMap<string, number>;
}

const minuteMs = 60_000;

/** The same seed gives the same plans; when a kill falls is up to the machine. Rejects with the first thing that is wrong. */
export async function soak({ seed, minutes, peers, onMinute }: SoakOptions): Promise<SoakResult> {
  const started = performance.now();
  const counts = new Map<string, number>();
  await using folder = await tempDir('soak');
  await using room = await SoakRoom.open(folder.path);
  await using players = new AsyncDisposableStack();
  const end = new AbortController();
  const all = Array.from({ length: Math.max(1, peers - 2) }, (_, index) =>
    players.use(new Player(`player ${index + 1}`, { room, random: new SeededRandom(seed, index + 1), counts })),
  );
  // The seeds live on until every player has come to the end.
  const seeds = room.killSeeds(new SeededRandom(seed, 0), end.signal);
  const lives = Promise.all(
    all.map(async (player) => {
      try {
        await player.live(end.signal);
      } catch (error) {
        end.abort();
        throw error;
      }
    }),
  );
  const clock = async (): Promise<void> => {
    for (let minute = 1; minute <= Math.ceil(minutes); minute += 1) {
      await delay(Math.min(1, minutes - minute + 1) * minuteMs, undefined, { signal: end.signal }).catch(
        () => undefined,
      );
      if (end.signal.aborted) return;
      onMinute?.(`${minute} min: ${told(counts)}`);
    }
  };
  try {
    await Promise.race([clock(), lives]);
  } finally {
    end.abort();
    // Nobody is told to stop in the middle of a start.
    await Promise.allSettled([seeds, lives]);
  }
  await lives;
  counts.set('kill of a seed', await seeds);
  return { seconds: (performance.now() - started) / 1000, counts };
}

/** Everything that was counted, in words. */
export function told(counts: ReadonlyMap<string, number>): string {
  return Array.from(counts, ([what, count]) => `${what} ${count}`)
    .sort()
    .join(', ');
}
