/** Two whole peers, `lanspread peer --jsonl` each: from the command to the last verified block. */
import { link, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PeerProcess } from '../../support/peer.ts';
import { tempDir } from '../../support/temp.ts';
import type { Contestant } from './contestant.ts';

const limitMs = 120_000;
const gameId = 'bench';
/** Between two round trips that are measured while bytes flow, in milliseconds. */
const askPauseMs = 20;

export interface PeersContestant extends Contestant {
  /** What the receiver needed at the most, in MiB; one value a run. */
  readonly receiverPeakMib: readonly number[];
  /** 99th percentile of a command's round trip to the receiver meanwhile, in milliseconds; one value a run. */
  readonly roundTripP99Ms: readonly number[];
  /** From the last verified block to the sentinel, flushed, in milliseconds; one value a run. */
  readonly commitMs: readonly number[];
}

/** Offers one file of `source` as a game. */
export async function peersContestant(source: string, file: string): Promise<PeersContestant> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir('bench-peers'));
  const catalog = folder.join('catalog.json');
  await writeFile(
    catalog,
    JSON.stringify({ formatVersion: 1, name: 'bench', games: [{ id: gameId, title: 'Bench', version: '1' }] }),
  );
  const root = folder.join('games', gameId);
  await mkdir(root, { recursive: true });
  await link(join(source, file), join(root, file));
  await writeFile(join(root, 'version.ini'), '1\n');
  const sender = stack.use(
    await PeerProcess.start({
      name: 'sender',
      gamesDir: folder.join('games'),
      stateDir: folder.join('sender'),
      catalog,
    }),
  );
  // A small game, or a slow start, and it is hashed before the peer is ready.
  const isHashed = (event: object): boolean => JSON.stringify(event).includes('"root"');
  await sender.waitFor(['local-ready', 'local-library-changed'], isHashed, { limitMs });
  const receiverPeakMib: number[] = [];
  const roundTripP99Ms: number[] = [];
  const commitMs: number[] = [];
  let runs = 0;

  const run = async (target: string): Promise<number> => {
    runs += 1;
    await using receiver = await PeerProcess.start({
      name: 'receiver',
      gamesDir: target,
      stateDir: folder.join(`receiver-${runs}`),
      catalog,
      peers: sender.addresses,
    });
    await receiver.waitFor('games-changed', ({ upserts }) => JSON.stringify(upserts).includes('"peerCount":1'), {
      limitMs,
    });
    const asking = new AbortController();
    const roundTrips = measureRoundTrips(receiver, asking.signal);
    const began = Date.now();
    await receiver.command('download', { gameId, install: false });
    const last = await receiver.waitFor(
      'download-progress',
      (sample) => sample['downloadedBytes'] === sample['totalBytes'],
      { limitMs },
    );
    const finished = await receiver.waitFor('download-finished', undefined, { limitMs });
    asking.abort();
    const times = (await roundTrips).toSorted((a, b) => a - b);
    roundTripP99Ms.push(times[Math.floor(times.length * 0.99)] ?? Number.NaN);
    commitMs.push(Date.parse(String(finished['at'])) - Date.parse(String(last['at'])));
    receiverPeakMib.push(await peakMib(receiver.processId));
    return Date.parse(String(last['at'])) - began;
  };
  return {
    name: 'two whole peers',
    receiverPeakMib,
    roundTripP99Ms,
    commitMs,
    run,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function measureRoundTrips(peer: PeerProcess, signal: AbortSignal): Promise<number[]> {
  const times: number[] = [];
  while (!signal.aborted) {
    const asked = performance.now();
    await peer.command('status', {});
    times.push(performance.now() - asked);
    await new Promise((resolve) => setTimeout(resolve, askPauseMs));
  }
  return times;
}

/** Linux only; elsewhere NaN. */
async function peakMib(processId: number): Promise<number> {
  try {
    const status = await readFile(`/proc/${processId}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}
