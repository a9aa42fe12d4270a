import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, silentLogger } from '../../../../app/core/base/index.ts';

import { Reach, worthTrying } from '../../../../app/core/peers/connect/reach.ts';
import type { KnownPeer } from '../../../../app/core/state/index.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { MemoryLan } from '../../../support/memory-discovery.ts';

const own = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA';
const ann = '12D3KooWGTDsFJk6wiWQdcqU6ofQQ7WnwTMahuNXzygTAA6dAZSR';
const bob = '12D3KooWJTUhax7PVBSvtPj5uWJghVezZfLMutsBPVv5JVzrZ8CR';
const dayMs = 24 * 60 * 60 * 1000;

const known = (peerId: string, more: Partial<KnownPeer> = {}): KnownPeer => ({
  peerId,
  name: 'a PC',
  addresses: [`/ip4/10.0.0.9/tcp/9/p2p/${peerId}`],
  lastSeenAt: Date.UTC(2026, 0, 1),
  ...more,
});

function lab() {
  const clock = new VirtualClock();
  const dials: string[] = [];
  const reach = new Reach({
    ownPeerId: own,
    hasQuic: false,
    connect({ addresses }, { signal }) {
      dials.push(`${addresses.map(String).join()} at ${clock.monotonicMs()} ms`);
      const { promise, reject } = Promise.withResolvers<string>();
      signal.addEventListener('abort', () => {
        dials.push(`broken off at ${clock.monotonicMs()} ms`);
        reject(new LanspreadError('CANCELLED'));
      });
      return promise;
    },
    isConnected: () => false,
    clock,
    random: () => 0,
    logger: silentLogger,
  });
  const lan = new MemoryLan({ clock });
  const announcement = (peerId: string) => ({ peerId, name: 'a PC', protocolVersion: 1, tcpPort: 4001 });
  return { clock, dials, reach, lan, announcement };
}

test('a remembered peer that discovery finds is dialled where it is now, and not where it was', async () => {
  const { clock, dials, reach, lan, announcement } = lab();
  reach.addKnown([known(ann), known(bob)], { isDiscovering: true });
  const ending = new AbortController();
  const running = reach.discover(lan.join(announcement(own)), { onInterfacesChanged() {}, signal: ending.signal });
  await lan.join(announcement(ann), { address: '10.0.0.1' }).start();
  await clock.advance(999);
  assert.equal(dials, [`/ip4/10.0.0.1/tcp/4001/p2p/${ann} at 0 ms`]);
  await clock.advance(1_000);
  assert.equal(dials.slice(1), [`/ip4/10.0.0.9/tcp/9/p2p/${bob} at 1000 ms`], 'nobody else told where bob is');
  ending.abort();
  await running;
  await reach.stop();
});

test('an announcement breaks the dial of the old addresses off', async () => {
  const { clock, dials, reach, lan, announcement } = lab();
  reach.addKnown([known(ann)], { isDiscovering: false });
  await clock.advance(100);
  const ending = new AbortController();
  const running = reach.discover(lan.join(announcement(own)), { onInterfacesChanged() {}, signal: ending.signal });
  await lan.join(announcement(ann), { address: '10.0.0.1' }).start();
  await clock.advance(0);
  assert.equal(dials, [
    `/ip4/10.0.0.9/tcp/9/p2p/${ann} at 0 ms`,
    'broken off at 100 ms',
    `/ip4/10.0.0.1/tcp/4001/p2p/${ann} at 100 ms`,
  ]);
  ending.abort();
  await running;
  await reach.stop();
});

test('a peer that is heard again and again and takes no connection is told of, until it calls', async () => {
  const clock = new VirtualClock();
  const found: string[] = [];
  const reach = new Reach({
    ownPeerId: own,
    hasQuic: false,
    connect: () => Promise.reject(new LanspreadError('PEER_UNREACHABLE')),
    isConnected: () => false,
    clock,
    random: () => 0,
    logger: silentLogger,
  });
  reach.onDidFindUnreachable(({ peerId, name, addresses }) => found.push(`${name} ${peerId} ${addresses.join()}`));
  const lan = new MemoryLan({ clock });
  const announcement = (peerId: string, name: string) => ({ peerId, name, protocolVersion: 1, tcpPort: 4001 });
  const ending = new AbortController();
  const running = reach.discover(lan.join(announcement(own, 'own')), {
    onInterfacesChanged() {},
    signal: ending.signal,
  });
  await lan.join(announcement(ann, 'Ann'), { address: '10.0.0.1' }).start();
  await clock.advance(2_000);
  assert.equal(found, [], 'two dials may fail by chance');
  await clock.advance(60_000);
  assert.equal(found, [`Ann ${ann} 10.0.0.1`], 'told once');
  assert.is(reach.unreachable().length, 1);
  reach.reached(ann);
  assert.equal(reach.unreachable(), []);
  ending.abort();
  await running;
  await reach.stop();
});

test('remembered peers age out: 60 days, and no more than 128 of them, the newest first', () => {
  const nowMs = Date.UTC(2026, 0, 1);
  const seen = (peerId: string, daysAgo: number): KnownPeer => known(peerId, { lastSeenAt: nowMs - daysAgo * dayMs });
  const tried = worthTrying(
    [seen('old', 61), seen('last month', 30), seen('yesterday', 1), seen('tomorrow', -1)],
    nowMs,
  );
  assert.equal(
    tried.map(({ peerId }) => peerId),
    ['tomorrow', 'yesterday', 'last month'],
  );
  const crowd = Array.from({ length: 500 }, (_, at) => seen(`peer ${at}`, at / 100));
  const few = worthTrying(crowd, nowMs);
  assert.is(few.length, 128);
  assert.is(few[0]?.peerId, 'peer 0');
});

test.run();
