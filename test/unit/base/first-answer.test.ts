import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { firstAnswer, LanspreadError, nextAddressMs, toLanspreadError } from '../../../app/core/base/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** An address of the lab: when it answers or fails after its dial began, in milliseconds; never when neither is given. */
interface Address {
  readonly name: string;
  readonly answersMs?: number;
  readonly failsMs?: number;
  readonly failsWith?: LanspreadError;
}

function lab() {
  const clock = new VirtualClock();
  const begun: string[] = [];
  const aborted: string[] = [];
  const discarded: string[] = [];
  const ending = new AbortController();
  const dial = (address: Address, { signal }: { signal: AbortSignal }): Promise<string> => {
    const { name, answersMs, failsMs, failsWith = new LanspreadError('PEER_UNREACHABLE', { message: name }) } = address;
    begun.push(`${name} ${clock.monotonicMs()}`);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    if (answersMs !== undefined) clock.timeout(() => resolve(name), answersMs);
    if (failsMs !== undefined) clock.timeout(() => reject(failsWith), failsMs);
    // The native part of QUIC does not listen to its signal, so this one does not either.
    signal.addEventListener('abort', () => aborted.push(name));
    return promise;
  };
  const isFinal = (error: unknown): boolean => toLanspreadError(error).code === 'SELF_CONNECT';
  const discard = (late: string): void => void discarded.push(late);
  const run = (addresses: readonly Address[]) =>
    firstAnswer(addresses, { dial, discard, isFinal, signal: ending.signal, clock }).then(
      ({ answer, failed }) => `${answer} ${clock.monotonicMs()}, failed: ${[...failed].map(({ name }) => name).join()}`,
      (error: unknown) => `${toLanspreadError(error).code} ${clock.monotonicMs()}`,
    );
  return { clock, begun, aborted, discarded, ending, run };
}

test('an address that never answers costs the next one 300 ms, and its dial is aborted', async () => {
  const { clock, begun, aborted, run } = lab();
  const outcome = run([{ name: 'quic' }, { name: 'tcp', answersMs: 5 }]);
  await clock.advance(10_000);
  assert.is(await outcome, `tcp ${nextAddressMs + 5}, failed: `);
  assert.equal(begun, ['quic 0', `tcp ${nextAddressMs}`]);
  assert.equal(aborted, ['quic', 'tcp'], 'the one that answered is over, and may be told so');
  assert.is(clock.pendingCount, 0);
});

test('an address that fails lets the next one begin at once', async () => {
  const { clock, begun, run } = lab();
  const outcome = run([
    { name: 'a', failsMs: 10 },
    { name: 'b', failsMs: 10 },
    { name: 'c', answersMs: 10 },
  ]);
  await clock.advance(1_000);
  assert.is(await outcome, 'c 30, failed: a,b');
  assert.equal(begun, ['a 0', 'b 10', 'c 20']);
});

test('one that answers in time is alone', async () => {
  const { clock, begun, run } = lab();
  const outcome = run([
    { name: 'a', answersMs: nextAddressMs - 1 },
    { name: 'b', answersMs: 1 },
  ]);
  await clock.advance(1_000);
  assert.is(await outcome, `a ${nextAddressMs - 1}, failed: `);
  assert.equal(begun, ['a 0']);
});

test('the slower one of two that answer is given back', async () => {
  const { clock, discarded, run } = lab();
  const outcome = run([
    { name: 'a', answersMs: 400 },
    { name: 'b', answersMs: 20 },
  ]);
  await clock.advance(1_000);
  assert.is(await outcome, `b ${nextAddressMs + 20}, failed: `);
  assert.equal(discarded, ['a']);
});

test('when all have failed it fails, with the last error; one that is final ends it at once', async () => {
  const all = lab();
  const outcome = all.run([
    { name: 'a', failsMs: 10 },
    { name: 'b', failsMs: 500 },
  ]);
  await all.clock.advance(1_000);
  assert.is(await outcome, 'PEER_UNREACHABLE 510');
  const final = lab();
  const own = { name: 'own', failsMs: 10, failsWith: new LanspreadError('SELF_CONNECT') };
  const ended = final.run([own, { name: 'b', answersMs: 10 }]);
  await final.clock.advance(1_000);
  assert.is(await ended, 'SELF_CONNECT 10');
  assert.equal(final.begun, ['own 0']);
  const none = lab();
  assert.is(await none.run([]), 'PEER_UNREACHABLE 0');
});

test('an abort ends it at once, although no dial listens', async () => {
  const { clock, ending, aborted, run } = lab();
  const outcome = run([{ name: 'a' }, { name: 'b' }]);
  await clock.advance(400);
  ending.abort();
  assert.is(await outcome, 'CANCELLED 400');
  assert.equal(aborted, ['a', 'b']);
  await clock.advance(10_000);
  assert.is(clock.pendingCount, 0);
});

test.run();
