import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { toDisposable, type Clock } from '../../../app/core/base/index.ts';
import { UploadGovernor } from '../../../app/core/uploads/upload-governor.ts';
import type { UploadLimits } from '../../../app/core/uploads/types.ts';

const kib = 1024;
const mib = 1024 * kib;

/** A clock that moves when told. */
class ManualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  now = (): number => this.#nowMs;
  monotonicMs = (): number => this.#nowMs;
  interval = (): never => {
    throw new Error('not needed');
  };

  timeout(callback: () => void, delayMs: number): Disposable {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return toDisposable(() => this.#timers.delete(timer));
  }

  advance(durationMs: number): void {
    const endMs = this.#nowMs + durationMs;
    for (;;) {
      const [next] = [...this.#timers].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
      if (!next) break;
      this.#timers.delete(next);
      this.#nowMs = next.atMs;
      next.callback();
    }
    this.#nowMs = endMs;
  }

  get timers(): number {
    return this.#timers.size;
  }
}

const limitsOf = (limits: Partial<UploadLimits>): UploadLimits => ({
  totalBytesPerSecond: undefined,
  perPeerBytesPerSecond: undefined,
  maxPeers: undefined,
  ...limits,
});

/** Connections that always want more; tells what each peer got. */
function greedy(governor: UploadGovernor, connections: readonly string[]): Map<string, number> {
  const got = new Map<string, number>();
  const want = (peerId: string): void => {
    governor.claim(peerId, (bytes) => {
      got.set(peerId, (got.get(peerId) ?? 0) + bytes);
      queue.push(peerId);
    });
  };
  const queue = [...connections];
  // Granted within a claim: the next claim of that connection comes afterwards, as over a message port.
  pumps.set(governor, () => {
    for (let peerId = queue.shift(); peerId !== undefined; peerId = queue.shift()) want(peerId);
  });
  return got;
}

const pumps = new WeakMap<UploadGovernor, () => void>();

function run(clock: ManualClock, governor: UploadGovernor, durationMs: number): void {
  for (let at = 0; at < durationMs; at += 1) {
    pumps.get(governor)?.();
    clock.advance(1);
  }
}

const near = (actual: number, expected: number): boolean => Math.abs(actual - expected) <= expected * 0.05;

test('the total limit is kept and used up, over any number of connections', () => {
  const clock = new ManualClock();
  using governor = new UploadGovernor({ clock, limits: limitsOf({ totalBytesPerSecond: 50 * mib }) });
  const got = greedy(governor, ['a', 'a', 'a', 'b', 'c']);
  run(clock, governor, 10_000);
  const total = [...got.values()].reduce((sum, bytes) => sum + bytes, 0);
  assert.ok(near(total, 500 * mib), `${total / mib} MiB in 10 s`);
});

test('peers get equal shares, however many connections each has', () => {
  const clock = new ManualClock();
  using governor = new UploadGovernor({ clock, limits: limitsOf({ totalBytesPerSecond: 30 * mib }) });
  const got = greedy(governor, ['a', 'a', 'a', 'a', 'b', 'c']);
  run(clock, governor, 10_000);
  for (const peerId of ['a', 'b', 'c'])
    assert.ok(near(got.get(peerId) ?? 0, 100 * mib), `${peerId}: ${got.get(peerId)}`);
});

test('the limit per peer holds for each and does not bind the others', () => {
  const clock = new ManualClock();
  using governor = new UploadGovernor({ clock, limits: limitsOf({ perPeerBytesPerSecond: 5 * mib }) });
  const got = greedy(governor, ['a', 'a', 'b']);
  run(clock, governor, 10_000);
  for (const peerId of ['a', 'b']) assert.ok(near(got.get(peerId) ?? 0, 50 * mib), `${peerId}: ${got.get(peerId)}`);
});

test('a withdrawn claim is granted nothing', () => {
  const clock = new ManualClock();
  using governor = new UploadGovernor({ clock, limits: limitsOf({ totalBytesPerSecond: mib }) });
  governor.claim('a', () => {});
  let granted = 0;
  const claim = governor.claim('b', (bytes) => {
    granted += bytes;
  });
  claim[Symbol.dispose]();
  clock.advance(10_000);
  assert.is(granted, 0);
});

test('lifting the limits lets everybody go at once', () => {
  const clock = new ManualClock();
  using governor = new UploadGovernor({ clock, limits: limitsOf({ totalBytesPerSecond: 1 }) });
  let granted = 0;
  for (const peerId of ['a', 'b', 'c']) governor.claim(peerId, () => (granted += 1));
  assert.is(granted, 1);
  governor.setLimits(limitsOf({}));
  assert.is(granted, 3);
  assert.not(governor.isMetered);
});

test('no more peers than allowed are served at a time; who waits comes in turn', () => {
  const clock = new ManualClock();
  using governor = new UploadGovernor({ clock, limits: limitsOf({ maxPeers: 1 }) });
  const order: string[] = [];
  const enter = (name: string): Disposable => governor.enter(name.charAt(0), () => order.push(name));
  const [a1, a2] = [enter('a1'), enter('a2')];
  assert.equal(order, ['a1', 'a2'], 'one peer may have two requests');
  const [b1, , c1] = [enter('b1'), enter('a3'), enter('c1')];
  assert.equal(order, ['a1', 'a2'], 'others wait, and so does a further request of the one served');
  a1[Symbol.dispose]();
  assert.equal(order, ['a1', 'a2']);
  a2[Symbol.dispose]();
  assert.equal(order, ['a1', 'a2', 'b1']);
  b1[Symbol.dispose]();
  assert.is(order.at(-1), 'a3');
  c1[Symbol.dispose]();
  assert.is(order.length, 4, 'who gave up waiting is not admitted');
});

test('a peer gives way after its request when others wait', () => {
  const clock = new ManualClock();
  using governor = new UploadGovernor({ clock, limits: limitsOf({ maxPeers: 2 }) });
  const order: string[] = [];
  const enter = (name: string): Disposable => governor.enter(name.charAt(0), () => order.push(name));
  const first = [enter('a1'), enter('b1')];
  enter('c1');
  enter('a2');
  first[0]?.[Symbol.dispose]();
  assert.equal(order, ['a1', 'b1', 'c1']);
});

const people = (count: number): string[] => Array.from({ length: count }, (_, at) => `p${at}`);

test('of a crowd a few are served at a time, one after the other, when the bytes are limited', () => {
  const clock = new ManualClock();
  using governor = new UploadGovernor({ clock, limits: limitsOf({ totalBytesPerSecond: mib }) });
  const served: string[] = [];
  const places = people(20).map((peerId) => governor.enter(peerId, () => served.push(peerId)));
  assert.equal(served, people(8));
  clock.advance(60_000);
  assert.is(served.length, 8, 'the limit is what is used up; more at a time would not be served more');
  places[3]?.[Symbol.dispose]();
  assert.equal(served, people(9));
});

test('without a limit who has waited for a second is let in, one every half a second', () => {
  const clock = new ManualClock();
  using governor = new UploadGovernor({ clock, limits: limitsOf({}) });
  const served: string[] = [];
  for (const peerId of people(11)) governor.enter(peerId, () => served.push(peerId));
  clock.advance(999);
  assert.is(served.length, 8);
  clock.advance(1);
  assert.is(served.length, 9);
  clock.advance(1_000);
  assert.equal(served, people(11));
  assert.is(clock.timers, 0, 'nobody waits: no timer');
});

test('with a limit for each peer all are served, and with a limit of places not one more than that', () => {
  const clock = new ManualClock();
  const servedWith = (limits: Partial<UploadLimits>): number => {
    using governor = new UploadGovernor({ clock, limits: limitsOf(limits) });
    let served = 0;
    for (const peerId of people(20)) governor.enter(peerId, () => (served += 1));
    clock.advance(60_000);
    return served;
  };
  assert.is(servedWith({ perPeerBytesPerSecond: mib }), 20);
  assert.is(servedWith({ maxPeers: 3 }), 3);
});

test('it leaves no timer behind', () => {
  const clock = new ManualClock();
  const governor = new UploadGovernor({ clock, limits: limitsOf({ totalBytesPerSecond: 1 }) });
  governor.claim('a', () => {});
  governor.claim('a', () => {});
  assert.is(clock.timers, 1);
  governor[Symbol.dispose]();
  assert.is(clock.timers, 0);
});

test.run();
