/** One end of the byte lane in a process of its own: serves a game, or fetches it as the scheduler would. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { silentLogger, systemClock } from '../../../app/core/base/index.ts';
import { limits, type LaneOffer } from '../../../app/core/protocol/index.ts';
import { createTlsLane } from '../../../app/core/lanes/index.ts';
import { answer } from '../bench.ts';
import { BenchGame } from './bench-game.ts';

/** About what a fast peer delivers in a fraction of a second. */
const rangeBytes = 64 * 1024 * 1024;
const fetchesAtOnce = Number(process.env.BENCH_FETCHES ?? 4);
const resolutionMs = 5;

const game = BenchGame.open(process.argv[2] ?? '');
const workers = process.env.BENCH_WORKERS;
const lane = await createTlsLane({
  listenHosts: ['127.0.0.1'],
  authorize: game.authorize,
  clock: systemClock,
  logger: { ...silentLogger, warn: console.error, error: console.error },
  ...(workers && { workers: Number(workers) }),
});
const delay = monitorEventLoopDelay({ resolution: resolutionMs });

function* ranges(): Generator<{ first: number; count: number }> {
  const { blockCount } = game.layout;
  for (let first = 0; first < blockCount; ) {
    let count = 0;
    let bytes = 0;
    while (first + count < blockCount && count < limits.blocksPerRequest && bytes < rangeBytes) {
      bytes += game.layout.place(first + count).lengthBytes;
      count += 1;
    }
    yield { first, count };
    first += count;
  }
}

async function fetchAll(target: string): Promise<void> {
  const waiting = ranges();
  const seen = new Set<number>();
  const { signal } = new AbortController();
  const listener = {
    onBytes() {},
    onBlock(block: number, sound: boolean) {
      if (!sound) throw new Error(`block ${block} arrived damaged`);
      seen.add(block);
    },
  };
  const loop = async (): Promise<void> => {
    for (const range of waiting) await lane.fetch(game.fetchRequest('other', target, range), listener, { signal });
  };
  await Promise.all(Array.from({ length: fetchesAtOnce }, loop));
  if (seen.size !== game.layout.blockCount) throw new Error(`only ${seen.size} blocks were verified`);
}

answer({
  offer: async () => lane.offer(),
  async trust({ offer }: { offer: LaneOffer }) {
    await lane.trust('other', offer);
    delay.enable();
    return {};
  },
  async fetch({ target }: { target: string }) {
    const started = performance.now();
    await fetchAll(target);
    return { ms: performance.now() - started };
  },
  async facts() {
    const loopP99Ms = Math.max(0, delay.percentile(99) / 1e6 - resolutionMs);
    const { user, system } = process.cpuUsage();
    return { peakBytes: process.resourceUsage().maxRSS * 1024, loopP99Ms, cpuMs: (user + system) / 1000 };
  },
});
