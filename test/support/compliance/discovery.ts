/** What every discovery must do; run against each adapter by its own test file. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { once, systemClock, type Event } from '../../../app/core/base/index.ts';
import type { Announcement, DiscoveredPeer, Discovery } from '../../../app/core/peers/discovery/types.ts';

/** One network between discoveries of this process. */
export interface DiscoveryNetwork extends AsyncDisposable {
  join(announcement: Announcement): Discovery;
  /** The node vanishes without a goodbye, as when its PC loses power. */
  vanish(discovery: Discovery): Promise<void>;
}

const waitMs = 8_000;

const announcementOf = (peerId: string, more: Partial<Announcement> = {}): Announcement => ({
  peerId,
  name: `PC of ${peerId}`,
  protocolVersion: 1,
  quicPort: 4001,
  tcpPort: 4002,
  ...more,
});

/** Waits for an event with a limit. Listening starts with the call. */
export function nextEvent<T>(event: Event<T>, accept: (value: T) => boolean = () => true): Promise<T> {
  return once(event, accept, { signal: AbortSignal.timeout(waitMs) });
}

/** The peer as `discovery` knows it, once it fits. */
export async function known(
  discovery: Discovery,
  peerId: string,
  accept: (peer: DiscoveredPeer) => boolean = () => true,
): Promise<DiscoveredPeer> {
  const fits = (peer: DiscoveredPeer): boolean => peer.peerId === peerId && accept(peer);
  const now = discovery.peers().find(fits);
  if (now) return now;
  const given = new AbortController();
  const options = { signal: AbortSignal.any([AbortSignal.timeout(waitMs), given.signal]) };
  try {
    return await Promise.any([
      once(discovery.onPeerFound, fits, options),
      once(discovery.onPeerChanged, fits, options),
    ]);
  } catch {
    throw new Error(`${peerId} was not found as expected; known: ${JSON.stringify(discovery.peers())}`);
  } finally {
    given.abort();
  }
}

export function discoveryCompliance(name: string, createNetwork: () => Promise<DiscoveryNetwork>): void {
  const test = suite(name);

  test('two nodes find each other, with name, protocol, ports and an address', async () => {
    await using network = await createNetwork();
    await using ann = network.join(announcementOf('peerAnn'));
    await using bob = network.join(announcementOf('peerBob', { protocolVersion: 7, tcpPort: undefined }));
    await Promise.all([ann.start(), bob.start()]);
    const [seenBob, seenAnn] = await Promise.all([known(ann, 'peerBob'), known(bob, 'peerAnn')]);
    assert.is(seenBob.name, 'PC of peerBob');
    assert.is(seenBob.protocol, 7);
    assert.is(seenAnn.protocol, 1);
    const [atBob] = seenBob.addresses;
    const [atAnn] = seenAnn.addresses;
    assert.is(atBob?.udpPort, 4001);
    assert.is(atBob?.tcpPort, undefined);
    assert.is(atAnn?.tcpPort, 4002);
    assert.ok(atBob?.interfaceName);
    assert.match(atBob?.address ?? '', /^[0-9a-f.:]+(%.+)?$/);
  });

  test('a node does not find itself', async () => {
    await using network = await createNetwork();
    await using ann = network.join(announcementOf('peerAnn'));
    await using bob = network.join(announcementOf('peerBob'));
    const ownSightings: DiscoveredPeer[] = [];
    ann.onPeerFound((peer) => ownSightings.push(peer));
    await Promise.all([ann.start(), bob.start()]);
    await Promise.all([known(ann, 'peerBob'), known(bob, 'peerAnn')]);
    assert.equal(
      ownSightings.map(({ peerId }) => peerId),
      ['peerBob'],
    );
  });

  test('a late node finds those that are there already, and they find it', async () => {
    await using network = await createNetwork();
    await using ann = network.join(announcementOf('peerAnn'));
    await using bob = network.join(announcementOf('peerBob'));
    await Promise.all([ann.start(), bob.start()]);
    await known(ann, 'peerBob');
    await using late = network.join(announcementOf('peerLate'));
    await late.start();
    await Promise.all([known(late, 'peerAnn'), known(late, 'peerBob'), known(ann, 'peerLate'), known(bob, 'peerLate')]);
    assert.is(late.peers().length, 2);
  });

  test('a new name and a new port arrive as one changed peer', async () => {
    await using network = await createNetwork();
    await using ann = network.join(announcementOf('peerAnn'));
    await using bob = network.join(announcementOf('peerBob'));
    await Promise.all([ann.start(), bob.start()]);
    await known(ann, 'peerBob');
    const changed = nextEvent(ann.onPeerChanged, ({ name: now }) => now === 'Bob’s new name 🎮');
    bob.update({ name: 'Bob’s new name 🎮', tcpPort: 5005 });
    const peer = await changed;
    assert.is(peer.peerId, 'peerBob');
    assert.is(peer.addresses[0]?.tcpPort, 5005);
    assert.is(peer.addresses[0]?.udpPort, 4001);
  });

  test('a clean stop is noticed as a goodbye within 200 ms', async () => {
    await using network = await createNetwork();
    await using ann = network.join(announcementOf('peerAnn'));
    const bob = network.join(announcementOf('peerBob'));
    await Promise.all([ann.start(), bob.start()]);
    await Promise.all([known(ann, 'peerBob'), known(bob, 'peerAnn')]);
    const lost = nextEvent(ann.onPeerLost);
    const started = systemClock.monotonicMs();
    await bob.stop();
    assert.equal(await lost, { peerId: 'peerBob', reason: 'goodbye' });
    assert.ok(systemClock.monotonicMs() - started < 200, 'in time');
    assert.equal(ann.peers(), []);
  });

  test('stopping loses every known peer as stopped, and says nothing afterwards', async () => {
    await using network = await createNetwork();
    await using ann = network.join(announcementOf('peerAnn'));
    await using bob = network.join(announcementOf('peerBob'));
    await Promise.all([ann.start(), bob.start()]);
    await Promise.all([known(ann, 'peerBob'), known(bob, 'peerAnn')]);
    const events: unknown[] = [];
    ann.onPeerLost((lost) => events.push(lost));
    await ann.stop();
    await ann.stop();
    assert.equal(events, [{ peerId: 'peerBob', reason: 'stopped' }]);
    bob.update({ name: 'nobody hears this' });
    await using carl = network.join(announcementOf('peerCarl'));
    await carl.start();
    await known(carl, 'peerBob', ({ name: now }) => now === 'nobody hears this');
    assert.equal(ann.peers(), []);
    assert.equal(ann.interfaces(), []);
    assert.is(events.length, 1);
  });

  test('a vanished peer is lost soon after it was doubted', async () => {
    await using network = await createNetwork();
    await using ann = network.join(announcementOf('peerAnn'));
    await using bob = network.join(announcementOf('peerBob'));
    await Promise.all([ann.start(), bob.start()]);
    await known(ann, 'peerBob');
    await network.vanish(bob);
    assert.is(ann.peers().length, 1, 'still known: nobody said anything');
    const lost = nextEvent(ann.onPeerLost);
    const started = systemClock.monotonicMs();
    ann.reconfirm('peerBob');
    assert.equal(await lost, { peerId: 'peerBob', reason: 'expired' });
    assert.ok(systemClock.monotonicMs() - started < 6_000, 'within about 4 s');
  });

  test('a living peer survives doubt, and an unknown one is no matter', async () => {
    await using network = await createNetwork();
    await using ann = network.join(announcementOf('peerAnn'));
    await using bob = network.join(announcementOf('peerBob'));
    await Promise.all([ann.start(), bob.start()]);
    await known(ann, 'peerBob');
    const lost: unknown[] = [];
    ann.onPeerLost((event) => lost.push(event));
    ann.reconfirm('peerBob');
    ann.reconfirm('peerNobody');
    // Longer than a doubted peer has: what would be lost is lost by then.
    const { promise, resolve } = Promise.withResolvers<void>();
    using _timer = systemClock.timeout(resolve, 4_500);
    await promise;
    assert.equal(lost, []);
    assert.is(ann.peers().length, 1);
  });

  test('stopping before the start, and starting after the stop, do nothing', async () => {
    await using network = await createNetwork();
    const ann = network.join(announcementOf('peerAnn'));
    await ann.stop();
    await ann.start();
    assert.equal(ann.interfaces(), []);
  });

  test.run();
}
