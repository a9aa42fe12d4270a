import * as assert from 'uvu/assert';
import { multiaddr } from '@multiformats/multiaddr';
import { test } from 'uvu';
import { LanspreadError, silentLogger } from '../../../../app/core/base/index.ts';
import { Dialler, dialPauseMs, type DialTarget, firstDialDelayMs } from '../../../../app/core/peers/connect/dialler.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const target = (more: Partial<DialTarget> = {}): DialTarget => ({
  key: 'found ann',
  kind: 'found',
  peerId: 'ann',
  addresses: [multiaddr('/ip4/10.0.0.1/tcp/1')],
  ...more,
});

function lab(connect: (target: DialTarget, signal: AbortSignal) => Promise<string>) {
  const clock = new VirtualClock();
  const dials: string[] = [];
  const failed: string[] = [];
  const connected = new Set<string>();
  const dialler = new Dialler({
    async connect(wanted, { signal }) {
      dials.push(`${wanted.key} at ${clock.monotonicMs() / 1000} s`);
      const peerId = await connect(wanted, signal);
      connected.add(peerId);
      return peerId;
    },
    isConnected: (peerId) => connected.has(peerId),
    onFailed: ({ key }, { code }) => failed.push(`${key} ${code}`),
    clock,
    random: () => 0,
    logger: silentLogger,
  });
  return { clock, dials, failed, connected, dialler };
}

const unreachable = async (): Promise<string> => {
  throw new LanspreadError('PEER_UNREACHABLE');
};

test('the pause between dials doubles from 1 s to 30 s, and chance takes up to a quarter off', () => {
  const pauses = [1, 2, 3, 4, 5, 6, 7, 100].map((failures) => dialPauseMs(failures, 0));
  assert.equal(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  assert.is(dialPauseMs(1, 0.999), 750);
});

test('of two that see each other the lower id dials at once and the other waits', () => {
  assert.is(firstDialDelayMs('a', 'b'), 0);
  assert.is(firstDialDelayMs('b', 'a'), 500);
});

test('a target that does not answer is dialled again and again, with growing pauses', async () => {
  const { clock, dials, failed, dialler } = lab(unreachable);
  dialler.put(target());
  await clock.advance(40_000);
  assert.equal(
    dials,
    [0, 1, 3, 7, 15, 31].map((at) => `found ann at ${at} s`),
  );
  assert.is(failed[0], 'found ann PEER_UNREACHABLE');
  dialler[Symbol.dispose]();
  assert.is(clock.pendingCount, 0);
});

test('a dropped target is left alone', async () => {
  const { clock, dials, dialler } = lab(unreachable);
  dialler.put(target());
  await clock.advance(1_500);
  dialler.drop('found ann');
  await clock.advance(100_000);
  assert.is(dials.length, 2);
  assert.is(clock.pendingCount, 0);
});

test('who called us meanwhile is not dialled', async () => {
  const { clock, dials, connected, dialler } = lab(async () => 'ann');
  dialler.put(target(), { delayMs: 500 });
  connected.add('ann');
  await clock.advance(10_000);
  assert.equal(dials, []);
  dialler[Symbol.dispose]();
});

test('a peer that is lost is dialled again, also one whose id nobody had told', async () => {
  const { clock, dials, connected, dialler } = lab(async () => 'ann');
  dialler.put(target({ key: 'static', kind: 'static', peerId: undefined }));
  await clock.advance(0);
  connected.delete('ann');
  dialler.retry('ann', { delayMs: 500 });
  await clock.advance(1_000);
  assert.equal(dials, ['static at 0 s', 'static at 0.5 s']);
  dialler[Symbol.dispose]();
});

test('a peer that hangs up as soon as it was reached is dialled with growing pauses; one that stayed, at once', async () => {
  const { clock, dials, connected, dialler } = lab(async () => 'ann');
  const lose = async (afterMs: number): Promise<void> => {
    await clock.advance(afterMs);
    connected.delete('ann');
    dialler.retry('ann', { delayMs: 0 });
  };
  dialler.put(target());
  for (let round = 0; round < 5; round += 1) {
    const before = dials.length;
    await clock.advance(40_000);
    assert.is(dials.length, before + 1, 'once, and then it is there');
    await lose(40_000);
  }
  dials.length = 0;
  for (let second = 0; second < 60; second += 1) {
    await clock.advance(1_000);
    if (connected.has('ann')) await lose(0);
  }
  assert.ok(dials.length <= 8, dials.join());
  dialler[Symbol.dispose]();
});

test('new addresses are dialled at once, without the old pause; the same ones change nothing', async () => {
  const { clock, dials, dialler } = lab(unreachable);
  dialler.put(target());
  await clock.advance(4_000);
  assert.is(dials.length, 3);
  dialler.put(target());
  await clock.advance(1_000);
  assert.is(dials.length, 3);
  dialler.put(target({ addresses: [multiaddr('/ip4/10.0.0.2/tcp/1')] }));
  await clock.advance(1_000);
  assert.equal(dials.slice(3), ['found ann at 5 s', 'found ann at 6 s']);
  dialler[Symbol.dispose]();
});

test('addresses that change during a dial are dialled when it has failed', async () => {
  const first = Promise.withResolvers<string>();
  const seen: string[] = [];
  const { clock, dialler } = lab(async ({ addresses }) => {
    seen.push(String(addresses[0]));
    return await (seen.length === 1 ? first.promise : Promise.resolve('ann'));
  });
  dialler.put(target());
  await clock.advance(0);
  dialler.put(target({ addresses: [multiaddr('/ip4/10.0.0.2/tcp/1')] }));
  first.reject(new LanspreadError('PEER_UNREACHABLE'));
  await clock.advance(0);
  assert.equal(seen, ['/ip4/10.0.0.1/tcp/1', '/ip4/10.0.0.2/tcp/1']);
  dialler[Symbol.dispose]();
});

const at = (host: number): Partial<DialTarget> => ({
  key: `found ${host}`,
  peerId: `peer ${host}`,
  addresses: [multiaddr(`/ip4/10.0.${Math.floor(host / 250)}.${(host % 250) + 1}/tcp/1`)],
});

test('at most 40 dials run at a time', async () => {
  const waiting: ((peerId: string) => void)[] = [];
  const { clock, dials, dialler } = lab(async () => await new Promise<string>((resolve) => waiting.push(resolve)));
  for (let host = 0; host < 60; host += 1) dialler.put(target(at(host)));
  await clock.advance(0);
  assert.is(dials.length, 40);
  waiting[0]?.('peer 0');
  await clock.advance(0);
  assert.is(dials.length, 41);
  dialler[Symbol.dispose]();
});

test('peers that somebody invents by the thousand delay nobody', async () => {
  const { clock, dials, dialler } = lab(async ({ peerId = '' }, signal) => {
    if (peerId === 'ann') return peerId;
    return await new Promise<string>((_, reject) => {
      const limit = clock.timeout(() => reject(new LanspreadError('PEER_UNREACHABLE')), 5_000);
      signal.addEventListener('abort', () => limit[Symbol.dispose]());
    });
  });
  // 2,000 false ids from 32 addresses.
  for (let id = 0; id < 2_000; id += 1)
    dialler.put(target({ ...at(id % 32), key: `found false ${id}`, peerId: `false ${id}` }));
  await clock.advance(60_000);
  dials.length = 0;
  dialler.put(target({ ...at(100), key: 'found ann', peerId: 'ann' }));
  await clock.advance(10);
  assert.ok(dials.includes('found ann at 60 s'), dials.join());
  dialler[Symbol.dispose]();
});

test('remembered peers that are gone leave the places of those that were found free', async () => {
  const { clock, dials, dialler } = lab(async ({ kind }) =>
    kind === 'known' ? await new Promise<string>(() => {}) : 'ann',
  );
  for (let host = 0; host < 150; host += 1)
    dialler.put(target({ ...at(host), key: `known ${host}`, kind: 'known', peerId: `gone ${host}` }));
  await clock.advance(0);
  assert.is(dials.length, 8, 'few of them at a time');
  dialler.put(target());
  await clock.advance(0);
  assert.is(dials.at(-1), 'found ann at 0 s');
  dialler[Symbol.dispose]();
});

test('a dial whose addresses are all given up is broken off, and the new ones are dialled at once', async () => {
  const seen: string[] = [];
  const { clock, failed, dialler } = lab(async ({ addresses }, signal) => {
    seen.push(`${String(addresses[0])} at ${clock.monotonicMs()} ms`);
    if (seen.length > 1) return 'ann';
    return await new Promise<string>((_, reject) =>
      signal.addEventListener('abort', () => reject(new LanspreadError('CANCELLED'))),
    );
  });
  dialler.put(target());
  await clock.advance(100);
  dialler.put(target({ addresses: [multiaddr('/ip4/10.0.0.2/tcp/1')] }));
  await clock.advance(0);
  assert.equal(seen, ['/ip4/10.0.0.1/tcp/1 at 0 ms', '/ip4/10.0.0.2/tcp/1 at 100 ms']);
  assert.equal(failed, [], 'nobody failed');
  dialler[Symbol.dispose]();
});

test('dropping a target breaks its dial off', async () => {
  let signal: AbortSignal | undefined;
  const { clock, failed, dialler } = lab(async (_, given) => {
    signal = given;
    return await new Promise<string>((_resolve, reject) => given.addEventListener('abort', () => reject(given.reason)));
  });
  dialler.put(target());
  await clock.advance(0);
  dialler.drop('found ann');
  await clock.advance(100_000);
  assert.ok(signal?.aborted);
  assert.equal(failed, []);
  assert.is(clock.pendingCount, 0);
});

test('disposing aborts what is being dialled and starts nothing more', async () => {
  let signal: AbortSignal | undefined;
  const { clock, dials, dialler } = lab(async (_, given) => {
    signal = given;
    return await new Promise<string>((_resolve, reject) => given.addEventListener('abort', () => reject(given.reason)));
  });
  dialler.put(target());
  await clock.advance(0);
  dialler[Symbol.dispose]();
  await clock.advance(100_000);
  assert.ok(signal?.aborted);
  assert.is(dials.length, 1);
  assert.is(clock.pendingCount, 0);
});

test.run();
