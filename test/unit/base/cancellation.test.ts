import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  abortError,
  anySignal,
  LanspreadError,
  Semaphore,
  sleep,
  throwIfAborted,
  toDisposable,
  untilAborted,
  withTimeLimit,
  type Clock,
} from '../../../app/core/base/index.ts';

/** A clock whose timers fire when the test says so. */
function handClock(): Clock & { fire: () => void; pending: () => number } {
  const timers = new Set<() => void>();
  const add = (callback: () => void) => {
    timers.add(callback);
    return toDisposable(() => timers.delete(callback));
  };
  return {
    now: () => 0,
    monotonicMs: () => 0,
    timeout: add,
    interval: add,
    fire() {
      for (const timer of Array.from(timers)) {
        timers.delete(timer);
        timer();
      }
    },
    pending: () => timers.size,
  };
}

async function failure(promise: Promise<unknown>): Promise<LanspreadError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof LanspreadError) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}

const never = (): Promise<never> => new Promise<never>(() => {});
/** Lets everything run that can run now. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('an aborted signal becomes CANCELLED; a coded reason stays itself', () => {
  assert.is(abortError(AbortSignal.abort()).code, 'CANCELLED');
  assert.is(abortError(AbortSignal.abort('because')).cause, 'because');
  const reason = new LanspreadError('SHUTTING_DOWN');
  assert.is(abortError(AbortSignal.abort(reason)), reason);
  throwIfAborted(undefined);
  throwIfAborted(new AbortController().signal);
  assert.throws(() => throwIfAborted(AbortSignal.abort(reason)), /shutting down/);
});

test('joined signals abort with the reason of the first; missing ones do not count', () => {
  const [a, b] = [new AbortController(), new AbortController()];
  const joined = anySignal(undefined, a.signal, b.signal);
  assert.is(joined.aborted, false);
  b.abort('b');
  a.abort('a');
  assert.is(joined.reason, 'b');
  assert.is(anySignal().aborted, false);
});

test('a sleep ends with its time and leaves no timer', async () => {
  const clock = handClock();
  const sleeping = sleep(1_000, { clock });
  assert.is(clock.pending(), 1);
  clock.fire();
  await sleeping;
  assert.is(clock.pending(), 0);
});

test('an aborted sleep fails at once and leaves no timer', async () => {
  const clock = handClock();
  const controller = new AbortController();
  const sleeping = sleep(1_000, { clock, signal: controller.signal });
  controller.abort();
  assert.is((await failure(sleeping)).code, 'CANCELLED');
  assert.is(clock.pending(), 0);
  assert.is((await failure(sleep(1_000, { clock, signal: controller.signal }))).code, 'CANCELLED');
});

test('work within its limit gives its result and leaves no timer', async () => {
  const clock = handClock();
  assert.is(await withTimeLimit({ limitMs: 5, what: 'x', clock }, async () => 'done'), 'done');
  assert.is(clock.pending(), 0);
});

test('a passed limit fails with the code asked for, says what it waited for, and tells the work', async () => {
  const clock = handClock();
  let seen: AbortSignal | undefined;
  const waiting = withTimeLimit({ limitMs: 250, what: 'hello', code: 'PEER_UNREACHABLE', clock }, (signal) => {
    seen = signal;
    return never();
  });
  clock.fire();
  const error = await failure(waiting);
  assert.is(error.code, 'PEER_UNREACHABLE');
  assert.match(error.message, '250 ms');
  assert.match(error.message, 'hello');
  assert.is(seen?.reason, error);
});

test("the caller's signal ends the wait with its own reason", async () => {
  const clock = handClock();
  const controller = new AbortController();
  const waiting = withTimeLimit({ limitMs: 5, what: 'x', clock, signal: controller.signal }, never);
  controller.abort(new LanspreadError('SHUTTING_DOWN'));
  assert.is((await failure(waiting)).code, 'SHUTTING_DOWN');
  assert.is(clock.pending(), 0);
});

test('work is not begun under a signal that is aborted already', async () => {
  let begun = false;
  const begin = async (): Promise<void> => {
    begun = true;
  };
  await failure(withTimeLimit({ limitMs: 5, what: 'x', signal: AbortSignal.abort() }, begin));
  await failure(untilAborted(AbortSignal.abort(), begin));
  assert.is(begun, false);
});

test('the failure of the work is the failure of the whole, also when it throws at once', async () => {
  const clock = handClock();
  const error = new LanspreadError('NO_PEERS');
  const throwing = (): Promise<never> => {
    throw error;
  };
  assert.is(await failure(withTimeLimit({ limitMs: 5, what: 'x', clock }, () => Promise.reject(error))), error);
  assert.is(await failure(withTimeLimit({ limitMs: 5, what: 'x', clock }, throwing)), error);
  assert.is(clock.pending(), 0);
});

test('work that fails after the wait was given up raises no unhandled rejection', async () => {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', listen);
  const clock = handClock();
  const work = Promise.withResolvers<never>();
  const waiting = withTimeLimit({ limitMs: 5, what: 'x', clock }, () => work.promise);
  clock.fire();
  await failure(waiting);
  work.reject(new Error('late'));
  await settle();
  await settle();
  process.off('unhandledRejection', listen);
  assert.equal(unhandled, []);
});

/** Starts pieces of work that end when told. */
function bench(semaphore: Semaphore) {
  const started: number[] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const runs: Promise<void>[] = [];
  return {
    started,
    runs,
    add(signal?: AbortSignal): void {
      const index = ends.length;
      const end = Promise.withResolvers<void>();
      ends.push(end);
      runs.push(
        semaphore.run(
          () => {
            started.push(index);
            return end.promise;
          },
          { signal },
        ),
      );
    },
    end: (index: number): void => ends[index]?.resolve(),
    fail: (index: number): void => ends[index]?.reject(new LanspreadError('INTERNAL')),
  };
}

test('no more than the limit runs at a time, and the rest follows in order of arrival', async () => {
  const work = bench(new Semaphore(2));
  for (let index = 0; index < 5; index += 1) work.add();
  await settle();
  assert.equal(work.started, [0, 1]);
  work.end(1);
  await settle();
  assert.equal(work.started, [0, 1, 2]);
  work.end(0);
  work.end(2);
  await settle();
  assert.equal(work.started, [0, 1, 2, 3, 4]);
  work.end(3);
  work.end(4);
  await Promise.all(work.runs);
});

test('one that comes later does not overtake one that was let in but has not begun', async () => {
  const work = bench(new Semaphore(1));
  work.add();
  work.add();
  await settle();
  work.end(0);
  await work.runs[0];
  work.add();
  await settle();
  assert.equal(work.started, [0, 1]);
  work.end(1);
  await settle();
  assert.equal(work.started, [0, 1, 2]);
  work.end(2);
  await Promise.all(work.runs);
});

test('work that fails gives its place free', async () => {
  const semaphore = new Semaphore(1);
  const work = bench(semaphore);
  work.add();
  work.fail(0);
  assert.is((await failure(work.runs[0] ?? never())).code, 'INTERNAL');
  const throwing = semaphore.run(() => {
    throw new LanspreadError('NO_PEERS');
  });
  assert.is((await failure(throwing)).code, 'NO_PEERS');
  assert.is(await semaphore.run(async () => 'free'), 'free');
});

test('one that is aborted while waiting leaves the line and never runs; those behind it keep their order', async () => {
  const work = bench(new Semaphore(1));
  const controller = new AbortController();
  work.add();
  work.add(controller.signal);
  work.add();
  controller.abort();
  assert.is((await failure(work.runs[1] ?? never())).code, 'CANCELLED');
  work.end(0);
  await settle();
  assert.equal(work.started, [0, 2]);
  work.end(2);
  await work.runs[2];
});

test('an abort at the moment a place gets free loses no place', async () => {
  const semaphore = new Semaphore(1);
  const work = bench(semaphore);
  const controller = new AbortController();
  work.add();
  work.add(controller.signal);
  work.end(0);
  await work.runs[0];
  controller.abort();
  work.end(1);
  await Promise.allSettled(work.runs);
  assert.is(await semaphore.run(async () => 'free'), 'free');
});

test('a long line costs each who waits in it no more than a short one does', async () => {
  const semaphore = new Semaphore(1);
  const order: number[] = [];
  const controllers: AbortController[] = [];
  const runs = Array.from({ length: 200_000 }, (_, index) => {
    const isImpatient = index % 20 === 19;
    if (isImpatient) controllers.push(new AbortController());
    const signal = isImpatient ? controllers.at(-1)?.signal : undefined;
    return semaphore.run(async () => void order.push(index), { signal }).catch(() => undefined);
  });
  for (const controller of controllers) controller.abort();
  await Promise.all(runs);
  const stayed = Array.from({ length: 200_000 }, (_, index) => index).filter((index) => index % 20 !== 19);
  assert.is(order.join(), stayed.join(), 'in the order of their arrival');
});

test.run();
