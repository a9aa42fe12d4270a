import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Bitmap, LanspreadError, silentLogger } from '../../../app/core/base/index.ts';
import { blockSizeBytes } from '../../../app/core/protocol/index.ts';
import { ProgressMeter } from '../../../app/core/blocks/progress.ts';
import { Scheduler } from '../../../app/core/blocks/schedule/scheduler.ts';
import { TransferRun, type TransferEnd } from '../../../app/core/blocks/transfer-run.ts';
import type { FetchListener, FetchRequest, Lane } from '../../../app/core/lanes/types.ts';
import { layoutOfSizes } from '../../support/manifests.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** A fetch that runs, to be moved by hand. */
interface Fetch {
  readonly peerId: string;
  readonly blocks: readonly number[];
  readonly listener: FetchListener;
  readonly signal: AbortSignal;
  settle(error?: LanspreadError): void;
}

interface Scene {
  readonly clock: VirtualClock;
  readonly run: TransferRun;
  readonly fetches: Fetch[];
  readonly struck: string[];
  readonly ended: Promise<TransferEnd>;
  of(peerId: string): Fetch;
}

function scene(blocks: number, begin: (run: TransferRun) => void): Scene {
  const layout = layoutOfSizes([blocks * blockSizeBytes]);
  const clock = new VirtualClock();
  const fetches: Fetch[] = [];
  const struck: string[] = [];
  const lane: Lane = {
    kind: 'tls',
    async fetch({ peerId, files }: FetchRequest, listener, { signal }) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => reject(new LanspreadError('CANCELLED')), { once: true });
      const settle = (error?: LanspreadError): void => (error ? reject(error) : resolve());
      fetches.push({
        peerId,
        blocks: files.flatMap((file) => file.blocks.map(({ block }) => block)),
        listener,
        signal,
        settle,
      });
      await promise;
    },
    async [Symbol.asyncDispose]() {},
  };
  const scheduler = new Scheduler({ layout, verified: new Bitmap(blocks), self: 'here', random: () => 0 });
  const run = new TransferRun({
    scheduler,
    layout,
    rootOf: () => 'root',
    gameRoot: '/games/game',
    laneOf: () => lane,
    onLaneFailed: () => false,
    meter: new ProgressMeter({ totalBytes: layout.totalBytes, verifiedBytes: 0, nowMs: 0 }),
    onVerified() {},
    listener: {
      onBegin() {},
      onProgress() {},
      onBlocksVerified() {},
      onPeerStruck: ({ peerId }) => void struck.push(peerId),
    },
    clock,
    logger: silentLogger,
  });
  begin(run);
  const ended = run.run(new AbortController().signal);
  const of = (peerId: string): Fetch => {
    const found = fetches.findLast((fetch) => fetch.peerId === peerId);
    if (!found) throw new Error(`nothing is asked of ${peerId}`);
    return found;
  };
  return { clock, run, fetches, struck, ended, of };
}

const test = suite('a running transfer');

test('near the end a copy of what stalls is asked for, and the moment it arrives the other one is cancelled', async () => {
  const { clock, of, ended } = scene(1, (run) => {
    run.putPeer('slow');
    run.putPeer('quick');
  });
  await clock.advance(2_999);
  assert.throws(() => of('quick'), /nothing is asked/);
  await clock.advance(600);
  const [slow, quick] = [of('slow'), of('quick')];
  assert.equal(quick.blocks, slow.blocks);
  quick.listener.onBlock(0, true);
  assert.ok(slow.signal.aborted, 'before the quick one has even settled');
  assert.not.ok(quick.signal.aborted, 'which is left to end by itself');
  quick.settle();
  assert.equal(await ended, { kind: 'done' });
  assert.is(clock.pendingCount, 0);
});

test('somebody who does not have what it told is not struck, and does not hold the download up', async () => {
  const { clock, fetches, struck, ended, run } = scene(4, (begun) => begun.putPeer('liar', Bitmap.full(4)));
  await clock.advance(0);
  for (const fetch of fetches.filter(({ peerId }) => peerId === 'liar'))
    fetch.settle(new LanspreadError('BLOCK_NOT_AVAILABLE'));
  run.putPeer('honest');
  for (let second = 0; second < 60 && !(await settledWithin(ended)); second += 1) {
    await clock.advance(1_000);
    for (const fetch of fetches.splice(0)) {
      if (fetch.peerId === 'liar') fetch.settle(new LanspreadError('BLOCK_NOT_AVAILABLE'));
      else {
        for (const block of fetch.blocks) fetch.listener.onBlock(block, true);
        fetch.settle();
      }
    }
  }
  assert.equal(await ended, { kind: 'done' });
  assert.equal(struck, []);
});

test('a range that was begun alone is broken off when somebody else joins, and shared with it', async () => {
  const { clock, of, fetches, run } = scene(8, (begun) => begun.putPeer('seed'));
  await clock.advance(0);
  const first = of('seed');
  assert.ok(first.blocks.length > 1);
  run.putPeer('other', new Bitmap(8));
  assert.ok(fetches.some(({ signal }) => signal.aborted));
  await clock.advance(10);
  assert.is(of('seed').blocks.length, 1);
});

async function settledWithin(promise: Promise<unknown>): Promise<boolean> {
  const later = new Promise<string>((resolve) => setImmediate(() => resolve('later')));
  return (await Promise.race([promise.then(() => 'settled'), later])) === 'settled';
}

test.run();
