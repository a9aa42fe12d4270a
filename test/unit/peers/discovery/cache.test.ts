import * as assert from 'uvu/assert';
import { suite } from 'uvu';
import { doubtMs, PeerCache, type Sighting } from '../../../../app/core/peers/discovery/cache.ts';

interface Seen extends Partial<Omit<Sighting, 'presentation' | 'addresses'>> {
  peerId?: string;
  name?: string;
  ttlMs?: number;
}

function sighting({
  peerId = 'peerBob',
  name = 'Bob',
  ttlMs = 120_000,
  source = '10.0.0.2',
  ...more
}: Seen = {}): Sighting {
  return {
    learntBy: 'mdns',
    interfaceName: 'eth0',
    family: 'IPv4',
    source,
    presentation: { peerId, name, protocol: 1, udpPort: 4001, ttlMs, addresses: [source] },
    addresses: [{ family: 'IPv4', address: source }],
    ...more,
  };
}

const cacheOf = (limits?: { peers: number; peersPerSource: number; originsPerPeer: number }): PeerCache =>
  new PeerCache({ random: () => 0, ...(limits && { limits }) });

const addressesOf = (cache: PeerCache): string[] | undefined =>
  cache.peers()[0]?.addresses.map(({ address }) => address);

const test = suite('discovery cache');

test('a peer is found once, changes when what it shows changes, and is otherwise quiet', () => {
  const cache = cacheOf();
  assert.is(cache.see(sighting(), 0).change?.kind, 'found');
  assert.is(cache.see(sighting(), 10).change, undefined);
  assert.is(cache.see(sighting({ name: 'Robert' }), 20).change?.kind, 'changed');
  assert.is(cache.peers()[0]?.name, 'Robert');
});

test('one peer on two interfaces keeps both addresses, and loses one with its interface', () => {
  const cache = cacheOf();
  cache.see(sighting(), 0);
  cache.see(sighting({ interfaceName: 'eth1', source: '10.1.0.2' }), 0);
  assert.equal(addressesOf(cache), ['10.0.0.2', '10.1.0.2']);
  const [change] = cache.dropInterface('eth0', 'IPv4');
  assert.is(change?.kind, 'changed');
  assert.equal(addressesOf(cache), ['10.1.0.2']);
  assert.equal(cache.dropInterface('eth1', 'IPv4'), [{ kind: 'lost', peerId: 'peerBob', reason: 'interface-down' }]);
});

test('an address heard by several ways is shown once, by the best of them', () => {
  const cache = cacheOf();
  cache.see(sighting({ learntBy: 'static', interfaceName: '' }), 0);
  cache.see(sighting({ learntBy: 'broadcast' }), 0);
  cache.see(sighting(), 0);
  assert.equal(
    cache.peers()[0]?.addresses.map(({ learntBy }) => learntBy),
    ['mdns'],
  );
});

test('multicast stands before broadcast before static, and IPv4 before IPv6', () => {
  const cache = cacheOf();
  cache.see(sighting({ learntBy: 'static', interfaceName: '', source: '10.0.0.5' }), 0);
  cache.see(sighting({ learntBy: 'broadcast', source: '10.0.0.4' }), 0);
  const six = {
    ...sighting({ source: 'fe80::3', family: 'IPv6' }),
    addresses: [{ family: 'IPv6', address: 'fe80::3%eth0' }],
  } as const;
  cache.see(six, 0);
  cache.see(sighting(), 0);
  assert.equal(addressesOf(cache), ['10.0.0.2', 'fe80::3%eth0', '10.0.0.4', '10.0.0.5']);
});

test('a peer expires with its last sighting, and not before', () => {
  const cache = cacheOf();
  cache.see(sighting(), 0);
  cache.see(sighting({ interfaceName: 'eth1', source: '10.1.0.2' }), 60_000);
  assert.is(cache.nextExpiryMs(), 120_000);
  assert.equal(cache.expire(119_999), []);
  assert.is(cache.expire(120_000)[0]?.kind, 'changed');
  assert.equal(cache.expire(180_000), [{ kind: 'lost', peerId: 'peerBob', reason: 'expired' }]);
  assert.is(cache.nextExpiryMs(), undefined);
});

test('a goodbye counts only from where the peer was heard', () => {
  const cache = cacheOf();
  cache.see(sighting(), 0);
  const from = (source: string, interfaceName = 'eth0') =>
    cache.goodbye('peerBob', { learntBy: 'mdns', family: 'IPv4', interfaceName, source });
  assert.is(from('10.0.0.66'), undefined);
  assert.is(from('10.0.0.2', 'eth1'), undefined);
  assert.equal(from('10.0.0.2'), { kind: 'lost', peerId: 'peerBob', reason: 'goodbye' });
});

test('a goodbye heard in one way ends what was heard from that source in every way', () => {
  const cache = cacheOf();
  cache.see(sighting(), 0);
  cache.see(sighting({ learntBy: 'broadcast' }), 0);
  const change = cache.goodbye('peerBob', {
    learntBy: 'mdns',
    family: 'IPv4',
    interfaceName: 'eth0',
    source: '10.0.0.2',
  });
  assert.is(change?.kind, 'lost');
});

test('a doubted peer has four seconds, and a new sighting ends the doubt', () => {
  const cache = cacheOf();
  cache.see(sighting(), 0);
  cache.see(sighting({ peerId: 'peerCarl', source: '10.0.0.3' }), 0);
  cache.doubt(1_000, () => true);
  cache.see(sighting(), 2_000);
  assert.equal(cache.expire(1_000 + doubtMs), [{ kind: 'lost', peerId: 'peerCarl', reason: 'expired' }]);
  assert.ok(cache.has('peerBob'));
});

test('doubt does not prolong a life', () => {
  const cache = cacheOf();
  cache.see(sighting({ ttlMs: 10_000 }), 0);
  cache.doubt(9_000, () => true);
  assert.is(cache.expire(10_000)[0]?.kind, 'lost');
});

test('a peer heard from a new source on the same interface may have moved', () => {
  const cache = cacheOf();
  assert.not(cache.see(sighting(), 0).moved);
  assert.not(cache.see(sighting(), 1).moved);
  assert.not(cache.see(sighting({ interfaceName: 'eth1', source: '10.1.0.2' }), 2).moved, 'another interface');
  assert.ok(cache.see(sighting({ source: '10.0.0.9' }), 3).moved);
});

test('known answers are those with half their life left, undoubted, of that interface', () => {
  const cache = cacheOf();
  cache.see(sighting(), 0);
  cache.see(sighting({ peerId: 'peerCarl', source: '10.0.0.3' }), 30_000);
  cache.see(sighting({ peerId: 'peerDora', interfaceName: 'eth1', source: '10.1.0.4' }), 30_000);
  const known = (nowMs: number) => cache.knownAnswers({ ways: ['mdns'], interfaceName: 'eth0', family: 'IPv4' }, nowMs);
  assert.equal(known(60_000), [
    { peerId: 'peerCarl', ttlS: 90 },
    { peerId: 'peerBob', ttlS: 60 },
  ]);
  assert.equal(
    known(61_000).map(({ peerId }) => peerId),
    ['peerCarl'],
  );
  cache.doubt(61_000, (_origin, peerId) => peerId === 'peerCarl');
  assert.equal(known(61_000), []);
});

test('who was heard by broadcast lately still has to answer by multicast', () => {
  const cache = cacheOf();
  cache.see(sighting(), 0);
  cache.see(sighting({ learntBy: 'broadcast' }), 90_000);
  const known = (ways: ('mdns' | 'broadcast')[]) =>
    cache.knownAnswers({ ways, interfaceName: 'eth0', family: 'IPv4' }, 96_000).length;
  assert.is(known(['mdns']), 0);
  assert.is(known(['mdns', 'broadcast']), 1);
});

test('records are asked for again at 80, 85, 90 and 95 % of their life', () => {
  const cache = cacheOf();
  cache.see(sighting(), 0);
  const where = { learntBy: 'mdns', interfaceName: 'eth0', family: 'IPv4' } as const;
  const asked: (number | undefined)[] = [];
  for (let time: number | undefined = 0; time !== undefined; asked.push(time)) time = cache.nextRefreshMs(where, time);
  assert.equal(asked, [96_000, 102_000, 108_000, 114_000, undefined]);
  assert.is(cache.nextRefreshMs({ ...where, interfaceName: 'eth1' }, 0), undefined);
});

test('whom multicast brings is not asked for by broadcast', () => {
  const cache = cacheOf();
  const where = { learntBy: 'broadcast', interfaceName: 'eth0', family: 'IPv4' } as const;
  assert.not(cache.isMulticastEnough('eth0'), 'nobody is known');
  cache.see(sighting({ learntBy: 'broadcast' }), 0);
  assert.not(cache.isMulticastEnough('eth0'));
  assert.is(cache.nextRefreshMs(where, 0), 96_000);
  cache.see(sighting(), 0);
  assert.ok(cache.isMulticastEnough('eth0'));
  assert.is(cache.nextRefreshMs(where, 0), undefined);
  cache.see(sighting({ peerId: 'peerDeaf', learntBy: 'broadcast', source: '10.0.0.8' }), 0);
  assert.not(cache.isMulticastEnough('eth0'), 'one comes by broadcast alone');
});

test('invented peers fill neither the cache nor push known ones out', () => {
  const cache = cacheOf({ peers: 10, peersPerSource: 4, originsPerPeer: 3 });
  cache.see(sighting(), 0);
  for (let index = 0; index < 50; index += 1)
    cache.see(sighting({ peerId: `fake${index}`, source: '10.0.0.66' }), index);
  assert.is(cache.peers().length, 5, 'four of one source');
  for (let index = 0; index < 50; index += 1)
    cache.see(sighting({ peerId: `more${index}`, source: `10.0.1.${index}` }), index);
  assert.is(cache.peers().length, 10);
  for (let index = 0; index < 50; index += 1) cache.see(sighting({ source: `10.0.2.${index}` }), index);
  assert.is(cache.peers().find(({ peerId }) => peerId === 'peerBob')?.addresses.length, 3);
  assert.is(cache.see(sighting({ name: 'still heard' }), 100).change?.kind, 'changed');
});

test('clearing loses everyone as stopped', () => {
  const cache = cacheOf();
  cache.see(sighting(), 0);
  cache.see(sighting({ peerId: 'peerCarl', source: '10.0.0.3' }), 0);
  assert.equal(
    cache.clear().map((change) => change.kind === 'lost' && change.reason),
    ['stopped', 'stopped'],
  );
  assert.equal(cache.peers(), []);
});

test.run();
