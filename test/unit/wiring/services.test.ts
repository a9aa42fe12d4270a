import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, type Logger } from '../../../app/core/base/index.ts';
import { startServices } from '../../../app/core/wiring/services.ts';
import { recordingLogger, type LogLine } from '../../support/network-lab.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

type Part =
  | 'state'
  | 'control listener'
  | 'lane listener'
  | 'discovery'
  | 'liveness'
  | 'catalog refresh'
  | 'reserve'
  | 'library watcher';

/** Every part of the core that is looked after, each of which a test may let fail. */
function house() {
  const clock = new VirtualClock();
  const lines: LogLine[] = [];
  const logger: Logger = recordingLogger(lines);
  const starts = new Map<string, number[]>();
  const running = new Map<Part, (error: Error) => void>();
  const failures: string[] = [];
  const part =
    (name: Part) =>
    (signal: AbortSignal): Promise<void> => {
      starts.set(name, [...(starts.get(name) ?? []), clock.monotonicMs()]);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      running.set(name, reject);
      signal.addEventListener('abort', () => resolve(), { once: true });
      return promise;
    };
  let watcherFails: Error | undefined;
  const supervisor = startServices(
    { watchState: part('state'), reserve: { keepFilled: part('reserve') }, clock, logger },
    {
      library: { watch: () => (watcherFails ? Promise.reject(watcherFails) : Promise.resolve()) },
      peers: {
        watchListeners: part('control listener'),
        discover: part('discovery'),
        watchLiveness: part('liveness'),
      },
      lane: { watch: part('lane listener') },
      catalogRefresh: { run: part('catalog refresh') },
      onFailed: ({ name, error }) => failures.push(`${name} ${error.code}`),
    },
  );
  return {
    clock,
    lines,
    starts,
    failures,
    supervisor,
    fail: (name: Part) => running.get(name)?.(new LanspreadError('IO_ERROR')),
    failWatcher: () => (watcherFails = new Error('no watches left')),
  };
}

test('the policies are those that are written down', async () => {
  const { supervisor, clock } = house();
  await clock.advance(0);
  assert.equal(
    supervisor.services().map(({ name, policy, state }) => `${name}: ${policy}, ${state.kind}`),
    [
      'state: Required, running',
      'control listener: Required, running',
      'lane listener: Required, running',
      'discovery: Restart, running',
      'liveness: Restart, running',
      'catalog refresh: Restart, running',
      'reserve: Restart, running',
      'library watcher: BestEffort, running',
    ],
  );
  assert.equal(await supervisor.stop({ timeoutMs: 500 }), []);
  assert.is(clock.pendingCount, 0);
});

for (const name of ['state', 'control listener', 'lane listener'] as const) {
  test(`a failure of ${name} is told once, for the core to stop, and nothing is started again`, async () => {
    const { supervisor, clock, failures, starts, fail } = house();
    await clock.advance(1_000);
    fail(name);
    await clock.advance(600_000);
    assert.equal(failures, [`${name} IO_ERROR`]);
    assert.equal(starts.get(name), [0]);
    await supervisor.stop({ timeoutMs: 500 });
  });
}

for (const name of ['discovery', 'liveness', 'catalog refresh'] as const) {
  test(`${name} is started again after 5 s, doubling to 60 s, and the core goes on`, async () => {
    const { supervisor, clock, failures, starts, fail } = house();
    await clock.advance(0);
    for (const pauseMs of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      const before = starts.get(name)?.length ?? 0;
      fail(name);
      await clock.advance(pauseMs - 1);
      assert.is(starts.get(name)?.length, before, `not before ${pauseMs} ms`);
      await clock.advance(1);
      assert.is(starts.get(name)?.length, before + 1, `after ${pauseMs} ms`);
    }
    assert.equal(failures, []);
    await supervisor.stop({ timeoutMs: 500 });
    assert.is(clock.pendingCount, 0);
  });
}

test('without the library watcher the core goes on, and the log says so', async () => {
  const { supervisor, clock, failures, lines, failWatcher } = house();
  failWatcher();
  await clock.advance(600_000);
  assert.equal(failures, []);
  assert.ok(lines.some(({ level, facts }) => level === 'warn' && facts['service'] === 'library watcher'));
  await supervisor.stop({ timeoutMs: 500 });
});

test.run();
