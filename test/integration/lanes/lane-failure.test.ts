import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, silentLogger } from '../../../app/core/base/index.ts';
import { createTlsLane } from '../../../app/core/lanes/index.ts';
import { until } from '../../support/eventually.ts';
import { recordingLogger, type LogLine } from '../../support/network-lab.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const nobody = 'nobody';

/** Takes a port that is free; undefined when somebody has it. */
async function take(port: number): Promise<Server | undefined> {
  const server = createServer().listen({ port, host: '127.0.0.1', exclusive: true });
  const outcome = await Promise.race([
    once(server, 'listening').then(() => 'taken' as const),
    once(server, 'error').then(() => 'busy' as const),
  ]).catch(() => 'busy' as const);
  return outcome === 'taken' ? server : undefined;
}

test('a lane worker that dies and finds its port taken, again and again, is the failure of the lane', async () => {
  const clock = new VirtualClock();
  const lines: LogLine[] = [];
  await using lane = await createTlsLane({
    listenHosts: ['127.0.0.1'],
    authorize: () => Promise.reject(new LanspreadError('NOT_SERVED')),
    clock,
    logger: recordingLogger(lines),
    workers: 2,
  });
  const ending = new AbortController();
  let failure: unknown;
  const watched = lane.watch(ending.signal).catch((error: unknown) => (failure = error));
  await lane.trust(nobody, lane.offer());
  const request = { op: 'blocks', game: 'game', root: '0'.repeat(64), file: 0, first: 0, count: 1 };
  // No type lets a length that is no number through; it throws where nothing catches, as a bug would.
  const poisoned = {
    peerId: nobody,
    request: request as never,
    files: [
      { path: '/nowhere', sizeBytes: 1, blocks: [{ block: 0, offsetBytes: 0, lengthBytes: 1n as never, hash: '' }] },
    ],
  };
  const listener = { onBytes() {}, onBlock() {} };
  const { signal } = ending;
  await lane.fetch(poisoned, listener, { signal }).then(
    () => assert.unreachable(),
    (error: unknown) => assert.ok(error instanceof LanspreadError && error.code === 'PEER_GONE', String(error)),
  );
  const ports = lane.offer().addresses.map(({ port }) => port);
  const taken: Server[] = [];
  await until('the port of the dead worker is taken', async () => {
    for (const port of ports) {
      const server = await take(port);
      if (server) taken.push(server);
    }
    return taken.length > 0;
  });
  assert.is(taken.length, 1, 'the other worker listens on');
  const failedStarts = (): number => lines.filter(({ message }) => message === 'lane worker not started again').length;
  for (let start = 1; start <= 5; start += 1) {
    assert.is(failure, undefined, `after ${start - 1} starts there is hope`);
    await clock.advance(200 * 2 ** (start - 1));
    await until(`start ${start} failed`, () => Promise.resolve(failedStarts() === start));
    await until('its thread is gone', () => Promise.resolve(clock.pendingCount > 0 || failure !== undefined));
  }
  await until('the lane has failed', () => Promise.resolve(failure !== undefined));
  await watched;
  assert.ok(failure instanceof LanspreadError, String(failure));
  for (const server of taken) server.close();
});

test('a watch of a sound lane ends when it is told to', async () => {
  await using lane = await createTlsLane({
    listenHosts: ['127.0.0.1'],
    authorize: () => Promise.reject(new LanspreadError('NOT_SERVED')),
    clock: new VirtualClock(),
    logger: silentLogger,
    workers: 1,
  });
  const ending = new AbortController();
  const watched = lane.watch(ending.signal);
  ending.abort();
  await watched;
});

test.run();
