import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, silentLogger, systemClock, toDisposable, type Clock } from '../../../app/core/base/index.ts';
import { blockSizeBytes } from '../../../app/core/protocol/index.ts';
import { createTlsLane } from '../../../app/core/lanes/index.ts';
import { createLibp2pLane, serveBlocks } from '../../../app/core/lanes/control/libp2p-lane.ts';
import type { Lane } from '../../../app/core/lanes/types.ts';
import type { Uploads } from '../../../app/core/uploads/types.ts';
import { SharedGame } from '../../support/compliance/lane.ts';
import { until } from '../../support/eventually.ts';
import { startPeerPair } from '../../support/peer-pair.ts';
import { tempDir } from '../../support/temp.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** Nobody gets in and nothing goes out but by hand. */
class UploadsByHand implements Uploads {
  isMetered = true;
  readonly waiting = new Set<() => void>();
  readonly claims = new Set<(bytes: number) => void>();
  places = 0;

  enter(_peerId: string, admit: () => void): Disposable {
    this.places += 1;
    this.waiting.add(admit);
    return toDisposable(() => {
      this.places -= 1;
      this.waiting.delete(admit);
    });
  }

  /** What is claimed now; each claim is given once. */
  take(): ((bytes: number) => void)[] {
    const claims = Array.from(this.claims);
    this.claims.clear();
    return claims;
  }

  claim(_peerId: string, grant: (bytes: number) => void): Disposable {
    this.claims.add(grant);
    return toDisposable(() => this.claims.delete(grant));
  }
}

interface Scene extends AsyncDisposable {
  readonly uploads: UploadsByHand;
  readonly received: () => number;
  /** Settles with `served` or the error's code. */
  readonly outcome: Promise<string>;
  readonly cancel: () => void;
}

async function scene({ clock = systemClock }: { clock?: Clock } = {}): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const source = stack.use(await tempDir('limits-source'));
  const target = stack.use(await tempDir('limits-target'));
  const game = await SharedGame.create(source.path, [blockSizeBytes]);
  const { server, client } = stack.use(await startPeerPair());
  const uploads = new UploadsByHand();
  stack.use(serveBlocks(server, { authorize: game.authorize, uploads, clock }));
  let received = 0;
  const controller = new AbortController();
  const request = game.fetchRequest(server.peerId, target.path, { firstBlock: 0, count: 1 });
  const outcome = createLibp2pLane(client)
    .fetch(request, { onBytes: (count) => (received += count), onBlock() {} }, { signal: controller.signal })
    .then(
      () => 'served',
      (error: unknown) => (error instanceof LanspreadError ? error.code : String(error)),
    );
  const owned = stack.move();
  return {
    uploads,
    received: () => received,
    outcome,
    cancel: () => controller.abort(),
    async [Symbol.asyncDispose]() {
      controller.abort();
      await outcome;
      await owned.disposeAsync();
    },
  };
}

const admitAll = ({ waiting }: UploadsByHand): void => {
  for (const admit of Array.from(waiting)) admit();
};

const road = suite('upload limits over the control plane');

road('a request waits for its place and sends no more than it was granted', async () => {
  await using at = await scene();
  await until('it asks for a place', () => at.uploads.waiting.size === 1);
  assert.is(at.uploads.claims.size, 0);
  admitAll(at.uploads);
  let granted = 0;
  while (granted < blockSizeBytes) {
    await until('it asks for the right to send', () => at.uploads.claims.size === 1);
    assert.ok(at.received() <= granted, `${at.received()} of ${granted}`);
    granted += 512 * 1024;
    for (const grant of at.uploads.take()) grant(512 * 1024);
  }
  assert.is(await at.outcome, 'served');
  await until('the place is free again', () => at.uploads.places === 0);
});

road('who waits too long for a place is sent away, and waits no more', async () => {
  const clock = new VirtualClock();
  await using at = await scene({ clock });
  await until('it asks for a place', () => at.uploads.waiting.size === 1);
  await clock.advance(15_000);
  assert.is(await at.outcome, 'TOO_MANY_REQUESTS');
  assert.is(at.uploads.places, 0);
  assert.is(clock.pendingCount, 0);
});

road('a limit that is lifted lets what waits go on at once', async () => {
  await using at = await scene();
  await until('it asks for a place', () => at.uploads.waiting.size === 1);
  admitAll(at.uploads);
  await until('it asks for the right to send', () => at.uploads.claims.size === 1);
  at.uploads.isMetered = false;
  for (const grant of at.uploads.take()) grant(1);
  assert.is(await at.outcome, 'served');
});

road('a client that gives up gives its place back', async () => {
  await using at = await scene();
  await until('it asks for a place', () => at.uploads.waiting.size === 1);
  admitAll(at.uploads);
  await until('it asks for the right to send', () => at.uploads.claims.size === 1);
  at.cancel();
  assert.is(await at.outcome, 'CANCELLED');
  for (const grant of at.uploads.take()) grant(blockSizeBytes);
  await until('the place is free again', () => at.uploads.places === 0);
  assert.is(at.uploads.claims.size, 0);
});

road.run();

const both = suite('upload limits over both roads');

both('one limit holds for both roads together, and neither starves', async () => {
  await using stack = new AsyncDisposableStack();
  const source = stack.use(await tempDir('limits-source'));
  const game = await SharedGame.create(source.path, [2 * blockSizeBytes]);
  const options = { listenHosts: ['127.0.0.1'], clock: systemClock, logger: silentLogger };
  const server = stack.use(
    await createTlsLane({
      ...options,
      authorize: game.authorize,
      uploadLimits: { totalBytesPerSecond: 16 * 1024 * 1024, perPeerBytesPerSecond: undefined, maxPeers: undefined },
    }),
  );
  const tls = stack.use(await createTlsLane({ ...options, authorize: () => Promise.reject(new Error('no')) }));
  await server.trust('tls client', { ...tls.offer(), addresses: [] });
  await tls.trust('server', server.offer());
  const pair = stack.use(await startPeerPair());
  stack.use(serveBlocks(pair.server, { authorize: game.authorize, uploads: server.uploads }));
  const fetchOver = async (lane: Lane, peerId: string): Promise<number> => {
    const target = stack.use(await tempDir('limits-target'));
    const request = game.fetchRequest(peerId, target.path, { firstBlock: 0, count: 2 });
    await lane.fetch(request, { onBytes() {}, onBlock() {} }, { signal: AbortSignal.timeout(30_000) });
    return performance.now();
  };
  const began = performance.now();
  const ends = await Promise.all([
    fetchOver(tls, 'server'),
    fetchOver(createLibp2pLane(pair.client), pair.server.peerId),
  ]);
  const [first = 0, last = 0] = ends.map((at) => at - began).sort((a, b) => a - b);
  // 16 MiB at 16 MiB/s, less what a bucket saves up and may owe.
  assert.ok(last >= 800, `both took ${last} ms`);
  // Turn by turn they end together; one after the other the first would need half of the time.
  assert.ok(first >= 0.7 * last, `${first} ms and ${last} ms`);
});

both.run();
