import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, parseGameId, silentLogger, systemClock } from '../../../app/core/base/index.ts';
import type { OperationEventMessage } from '../../../app/core/operations/events.ts';
import { OperationRunner } from '../../../app/core/operations/runner.ts';
import { GamesSnapshot } from '../../../app/core/operations/snapshot.ts';
import { until } from '../../support/eventually.ts';
import { diskFull } from '../../support/full-state-disk.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const quake = parseGameId('quake');
const failed = (error: LanspreadError): OperationEventMessage => ({
  event: 'uninstall-failed',
  gameId: quake,
  code: error.code,
  message: error.message,
});

/** A runner over a library that only notes what it is asked, in one list with everything else that happens. */
function rig() {
  const log: string[] = [];
  let broken: string | undefined;
  const step = (name: string): void => {
    if (name === broken) throw diskFull();
  };
  const ended = Promise.withResolvers<OperationEventMessage>();
  // Its own timer would publish, and fail, whenever this PC is slow.
  const snapshot = new GamesSnapshot({ ids: () => [], view: () => undefined, clock: new VirtualClock() });
  const publish = snapshot.publish.bind(snapshot);
  snapshot.publish = () => {
    log.push(`publish busy=${runner.active.get(quake) !== undefined}`);
    step('publish');
    publish();
  };
  const runner = new OperationRunner({
    library: {
      hold: () => {
        log.push('hold');
        const release = (): void => {
          log.push('release');
          step('release');
        };
        return { [Symbol.dispose]: release };
      },
      refresh: async () => {
        log.push(`refresh busy=${runner.active.get(quake) !== undefined}`);
        return undefined;
      },
      checkFolder: async () => {
        step('checkFolder');
        return true;
      },
    },
    snapshot: () => snapshot,
    emit: (message) => {
      if (message.event === 'active-operations-changed') return;
      log.push(message.event);
      ended.resolve(message);
      step('emit');
    },
    clock: systemClock,
    logger: silentLogger,
  });
  const breakStep = (name: string): void => void (broken = name);
  return { runner, log, ended: ended.promise, breakStep };
}

test('an operation ends in order: work, look, table, snapshot, terminal event', async () => {
  const { runner, log, ended } = rig();
  runner.start({ gameId: quake, event: 'uninstall', failed }, async () => {
    log.push('work');
    return { event: 'uninstall-finished', gameId: quake };
  });
  await ended;
  assert.equal(log, ['hold', 'work', 'refresh busy=true', 'release', 'publish busy=false', 'uninstall-finished']);
});

test('work that throws ends in its failed event, once, and the failure is remembered', async () => {
  const { runner, log, ended } = rig();
  runner.start({ gameId: quake, event: 'uninstall', failed }, async () => {
    throw new LanspreadError('IO_ERROR');
  });
  const terminal = await ended;
  assert.is(terminal.event, 'uninstall-failed');
  assert.is(runner.failures.get(quake)?.code, 'IO_ERROR');
  assert.is(log.filter((line) => line.startsWith('uninstall-')).length, 1);
});

test('a busy game refuses a second operation and names the first', async () => {
  const { runner, ended } = rig();
  const gate = Promise.withResolvers<void>();
  runner.start({ gameId: quake, event: 'uninstall', failed }, async () => {
    await gate.promise;
    return { event: 'uninstall-finished', gameId: quake };
  });
  try {
    runner.active.assertIdle(quake);
    assert.unreachable();
  } catch (error) {
    assert.is((error as LanspreadError).code, 'OPERATION_IN_PROGRESS');
    assert.is((error as LanspreadError).details['operation'], 'Uninstalling');
  }
  gate.resolve();
  await ended;
});

test('stopping aborts what runs, waits for its end and refuses what comes later', async () => {
  const { runner, ended } = rig();
  runner.start({ gameId: quake, event: 'uninstall', failed }, async ({ controller: { signal } }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return { event: 'uninstall-finished', gameId: quake };
  });
  await runner.stop(new LanspreadError('SHUTTING_DOWN'));
  assert.is((await ended).event, 'uninstall-finished');
  assert.throws(
    () =>
      runner.start({ gameId: quake, event: 'uninstall', failed }, async () => ({
        event: 'uninstall-finished',
        gameId: quake,
      })),
    (error: LanspreadError) => error.code === 'SHUTTING_DOWN',
  );
});

/** Everything that follows the work fails in one of its steps. */
for (const broken of ['failed', 'release', 'checkFolder', 'publish', 'emit'] as const) {
  test(`an operation whose end fails in ${broken} leaves its game free, and what else belongs to the end happens`, async () => {
    const { runner, log, breakStep } = rig();
    breakStep(broken);
    const failing = (error: LanspreadError): OperationEventMessage => {
      if (broken === 'failed') throw new LanspreadError('DISK_FULL');
      return failed(error);
    };
    runner.start({ gameId: quake, event: 'uninstall', failed: failing }, async () => {
      throw new LanspreadError('IO_ERROR');
    });
    await until('the game is free', () => runner.active.get(quake) === undefined);
    await runner.stop(new LanspreadError('SHUTTING_DOWN'));
    assert.is(log.filter((line) => line === 'release').length, 1);
    assert.is(log.filter((line) => line === 'publish busy=false').length, 1);
    const told = log.filter((line) => line.startsWith('uninstall-')).length;
    assert.is(told, broken === 'failed' ? 0 : 1, 'the last event, where there is one');
  });
}

test.run();
