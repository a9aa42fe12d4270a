/**
 * One source, file to file over loopback, encrypted, every block verified; against nginx + curl HTTPS and raw quinn
 * streams, which verify nothing, in turn. Then many small files. Options: --mib 2048 --rounds 5 --files 20000
 * --only lane,peers,nginx,quinn.
 */
import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { figure, type Figure } from './bench.ts';
import { BenchGame } from './transfer/bench-game.ts';
import type { Contestant } from './transfer/contestant.ts';
import { laneContestant } from './transfer/lane-contestant.ts';
import { nginxContestant, whyNoNginx } from './transfer/nginx-contestant.ts';
import { peersContestant, type PeersContestant } from './transfer/peers-contestant.ts';
import { plainWrites } from './transfer/plain-writes.ts';
import { quinnContestant, whyNoQuinn } from './transfer/quinn-contestant.ts';

const mib = 1024 * 1024;
const smallFileBytes = 16 * 1024;

interface Options {
  readonly sizeBytes: number;
  readonly rounds: number;
  readonly smallFiles: number;
  readonly only: readonly string[];
}

function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      mib: { type: 'string', default: '2048' },
      rounds: { type: 'string', default: '5' },
      files: { type: 'string', default: '20000' },
      only: { type: 'string', default: 'lane,peers,nginx,quinn' },
    },
  });
  return {
    sizeBytes: Number(values.mib) * mib,
    rounds: Number(values.rounds),
    smallFiles: Number(values.files),
    only: values.only.split(','),
  };
}

async function contestants(source: string, { only }: Options): Promise<Contestant[]> {
  const list: Contestant[] = [];
  const file = 'file-00000.bin';
  const [noNginx, noQuinn] = [whyNoNginx(), whyNoQuinn()];
  for (const why of [noNginx, noQuinn]) if (why) console.error(`left out: ${why}`);
  if (only.includes('lane')) list.push(await laneContestant(source));
  if (only.includes('peers')) list.push(await peersContestant(source, file));
  if (!noNginx && only.includes('nginx')) list.push(await nginxContestant(source, file));
  if (!noQuinn && only.includes('quinn')) list.push(await quinnContestant(source, file));
  return list;
}

/** Each round runs everybody once, and every other round in the reverse order. */
async function compete(
  list: readonly Contestant[],
  { folder, rounds }: { folder: string; rounds: number },
): Promise<Map<Contestant, number[]>> {
  const times = new Map(list.map((contestant) => [contestant, [] as number[]]));
  for (let round = -1; round < rounds; round += 1) {
    for (const contestant of round % 2 === 0 ? list : list.toReversed()) {
      const target = join(folder, 'target');
      await mkdir(target);
      const ms = await contestant.run(target);
      await rm(target, { recursive: true });
      // The first round warms caches and compilers up.
      if (round >= 0) times.get(contestant)?.push(ms);
    }
  }
  return times;
}

async function processFigures(contestant: Contestant): Promise<Figure[]> {
  const facts = await contestant.facts?.();
  if (!facts) return [];
  const one = (name: string, unit: string, value: number): Figure => figure(name, { unit, values: [value] });
  return [
    one('receiver, peak memory', 'MiB', facts.receiverPeakBytes / mib),
    one('sender, peak memory', 'MiB', facts.senderPeakBytes / mib),
    one('receiver, control loop delay p99', 'ms', facts.receiverLoopP99Ms),
    one('sender, control loop delay p99', 'ms', facts.senderLoopP99Ms),
  ];
}

/** What two whole peers add to the bare lane: the control plane's round trip, the commit, their memory. */
function peerFigures(
  peers: PeersContestant,
  others: readonly Contestant[],
  speeds: (contestant: Contestant) => number[],
): Figure[] {
  const against = others
    .filter((other) => other !== peers)
    .map((other) =>
      figure(`${peers.name} against ${other.name}`, {
        unit: 'MiB/s',
        values: speeds(peers),
        reference: { name: other.name, values: speeds(other) },
      }),
    );
  return [
    ...against,
    figure('command round trip p99 while transferring', { unit: 'ms', values: peers.roundTripP99Ms }),
    figure('last verified block to flushed sentinel', { unit: 'ms', values: peers.commitMs }),
    figure('receiving peer, peak memory', { unit: 'MiB', values: peers.receiverPeakMib }),
  ];
}

async function bigFile(folder: string, options: Options): Promise<Figure[]> {
  const source = join(folder, 'source');
  await mkdir(source);
  BenchGame.create(source, [options.sizeBytes]);
  await using stack = new AsyncDisposableStack();
  const list = await contestants(source, options);
  for (const contestant of list) stack.use(contestant);
  const times = await compete(list, { folder, rounds: options.rounds });
  const speeds = (contestant: Contestant): number[] =>
    times.get(contestant)?.map((ms) => options.sizeBytes / mib / (ms / 1000)) ?? [];
  const [lane, ...others] = list;
  if (!lane) return [];
  const figures = others.map((other) =>
    figure(`${lane.name} against ${other.name}`, {
      unit: 'MiB/s',
      values: speeds(lane),
      reference: { name: other.name, values: speeds(other) },
    }),
  );
  for (const contestant of list) figures.push(figure(contestant.name, { unit: 'MiB/s', values: speeds(contestant) }));
  figures.push(...(await processFigures(lane)));
  for (const contestant of list)
    if ('roundTripP99Ms' in contestant) figures.push(...peerFigures(contestant as PeersContestant, others, speeds));
  await rm(source, { recursive: true });
  return figures;
}

async function smallFiles(folder: string, { smallFiles: count, rounds }: Options): Promise<Figure[]> {
  if (count === 0) return [];
  const source = join(folder, 'small');
  await mkdir(source);
  const game = BenchGame.create(source, Array.from<number>({ length: count }).fill(smallFileBytes));
  await using lane = await laneContestant(source);
  const plain = plainWrites(game);
  const times = await compete([lane, plain], { folder, rounds });
  const rates = (contestant: Contestant): number[] => times.get(contestant)?.map((ms) => count / (ms / 1000)) ?? [];
  const reference = { name: plain.name, values: rates(plain) };
  return [
    figure(`${lane.name}, files of 16 KiB`, { unit: 'files/s', values: rates(lane), reference }),
    figure(`${plain.name}, files of 16 KiB`, { unit: 'files/s', values: rates(plain) }),
  ];
}

export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const options = optionsOf(args);
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'lanspread-bench-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const { bavail, bsize } = await statfs(folder);
  const neededBytes = 2 * (options.sizeBytes + options.smallFiles * smallFileBytes);
  if (bavail * bsize < 1.2 * neededBytes) throw new Error(`needs ${neededBytes / mib} MiB below ${tmpdir()}`);
  return [...(await bigFile(folder, options)), ...(await smallFiles(folder, options))];
}
