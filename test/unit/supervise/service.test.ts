import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, silentLogger } from '../../../app/core/base/index.ts';
import { createSupervisor, superviseService, type Policy } from '../../../app/core/supervise/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function setUp(policy: Policy, run: (signal: AbortSignal) => Promise<void>) {
  const clock = new VirtualClock();
  const failures: { name: string; error: LanspreadError }[] = [];
  const starts: number[] = [];
  const service = superviseService({
    name: 'probe',
    policy,
    clock,
    logger: silentLogger,
    onFailed: (failure) => failures.push(failure),
    run: (signal) => {
      starts.push(clock.monotonicMs());
      return run(signal);
    },
  });
  return { clock, failures, starts, service };
}

const fails = (): Promise<void> => Promise.reject(new LanspreadError('IO_ERROR'));

test('a required service that fails is told once and not started again', async () => {
  const { clock, failures, starts, service } = setUp('Required', fails);
  await clock.advance(600_000);
  assert.equal(starts, [0]);
  assert.is(failures.length, 1);
  assert.is(failures[0]?.error.code, 'IO_ERROR');
  assert.is(service.state.kind, 'failed');
  await service.stop();
  assert.is(service.state.kind, 'failed');
});

test('a required service that ends by itself has failed', async () => {
  const { clock, failures } = setUp('Required', () => Promise.resolve());
  await clock.advance(0);
  assert.is(failures[0]?.error.code, 'INTERNAL');
});

test('a failing service is started again after 5 s, doubling to 60 s', async () => {
  const { clock, failures, starts, service } = setUp('Restart', fails);
  await clock.advance(220_000);
  assert.equal(starts, [0, 5_000, 15_000, 35_000, 75_000, 135_000, 195_000]);
  assert.is(service.state.kind, 'waiting');
  assert.equal(failures, []);
  await service.stop();
  assert.is(clock.pendingCount, 0);
});

test('after a run of a minute the pause is 5 s again', async () => {
  let runs = 0;
  const { clock, starts, service } = setUp('Restart', async (signal) => {
    runs += 1;
    if (runs !== 4) throw new LanspreadError('IO_ERROR');
    using _end = clock.timeout(() => ended.resolve(), 60_000);
    const ended = Promise.withResolvers<void>();
    await Promise.race([ended.promise, untilAborted(signal)]);
    throw new LanspreadError('IO_ERROR');
  });
  await clock.advance(35_000 + 60_000 + 5_000);
  assert.equal(starts, [0, 5_000, 15_000, 35_000, 100_000]);
  await service.stop();
});

test('a run that is cut short of a minute does not reset the pause', async () => {
  const { clock, starts, service } = setUp('Restart', async () => {
    const ended = Promise.withResolvers<void>();
    using _end = clock.timeout(() => ended.resolve(), 1_000);
    await ended.promise;
  });
  await clock.advance(18_000);
  assert.equal(starts, [0, 6_000, 17_000]);
  const stopped = service.stop();
  await clock.advance(1_000);
  await stopped;
});

test('a best-effort service that fails stays away and nobody is bothered', async () => {
  const { clock, failures, starts, service } = setUp('BestEffort', fails);
  await clock.advance(600_000);
  assert.equal(starts, [0]);
  assert.equal(failures, []);
  assert.is(service.state.kind, 'failed');
});

test('stopping aborts the run, waits for it and is not a failure', async () => {
  const { clock, failures, service } = setUp('Required', async (signal) => {
    await untilAborted(signal);
    throw signal.reason;
  });
  await clock.advance(1_000);
  assert.equal(service.state, { kind: 'running', attempt: 1 });
  await service.stop();
  assert.is(service.state.kind, 'stopped');
  assert.equal(failures, []);
});

test('stopping during the pause before a restart does not wait for it', async () => {
  const { clock, starts, service } = setUp('Restart', fails);
  await clock.advance(1_000);
  await service.stop();
  await clock.advance(60_000);
  assert.equal(starts, [0]);
  assert.is(service.state.kind, 'stopped');
  assert.is(clock.pendingCount, 0);
});

test('services stop in the reverse order of their start, one after the other', async () => {
  const clock = new VirtualClock();
  const log: string[] = [];
  const supervisor = createSupervisor({ clock, logger: silentLogger, onFailed: () => {} });
  for (const name of ['first', 'second', 'third']) {
    supervisor.start({
      name,
      policy: 'Required',
      run: async (signal) => {
        await untilAborted(signal);
        log.push(`${name} stops`);
        await new Promise(setImmediate);
        log.push(`${name} stopped`);
      },
    });
  }
  await clock.advance(0);
  assert.equal(await supervisor.stop({ timeoutMs: 2_000 }), []);
  assert.equal(log, ['third stops', 'third stopped', 'second stops', 'second stopped', 'first stops', 'first stopped']);
  assert.is(clock.pendingCount, 0);
  assert.throws(() => supervisor.start({ name: 'late', policy: 'Required', run: untilAborted }));
});

test('a service that does not end is left behind when the time is up, the others are told to stop', async () => {
  const clock = new VirtualClock();
  const told: string[] = [];
  const supervisor = createSupervisor({ clock, logger: silentLogger, onFailed: () => {} });
  supervisor.start({
    name: 'good',
    policy: 'Required',
    run: async (signal) => {
      await untilAborted(signal);
      told.push('good');
    },
  });
  supervisor.start({ name: 'stuck', policy: 'BestEffort', run: () => new Promise(() => {}) });
  await clock.advance(0);
  const stopped = supervisor.stop({ timeoutMs: 2_000 });
  await clock.advance(1_999);
  assert.equal(told, []);
  await clock.advance(1);
  const late = await stopped;
  assert.ok(late.includes('stuck'));
  assert.equal(told, ['good']);
});

test.run();
