import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DiscoveredPeer, DiscoveryInterface } from '../../../../app/core/peers/discovery/types.ts';
import { whyNoLan } from '../../../support/lan.ts';
import { NamespaceNode, Networks, type NodeEvent } from './networks.ts';

type Options = ConstructorParameters<typeof NamespaceNode>[1];

const ids = { ann: 'peerAnn', bob: 'peerBob', carl: 'peerCarl' } as const;
type Name = keyof typeof ids;

function node(networks: Networks, host: Name, more: Partial<Options> = {}): NamespaceNode {
  const announcement = { peerId: ids[host], name: host, protocolVersion: 1, quicPort: 4001, tcpPort: 4002 };
  return new NamespaceNode(networks.namespace(host), { announcement, ...more });
}

const addressesOf = (peer: DiscoveredPeer): string[] => peer.addresses.map(({ address }) => address);
const ipv4Of = (peer: DiscoveredPeer): string[] => addressesOf(peer).filter((address) => !address.includes(':'));
const by = (way: string) => (peer: DiscoveredPeer) => peer.addresses.some(({ learntBy }) => learntBy === way);

const test = suite('discovery between hosts');

test('two hosts find each other within 2 s of their start, at the right address', async () => {
  using networks = new Networks();
  networks.connect({ host: 'ann', lan: 'one', address: '10.9.0.1/24' });
  networks.connect({ host: 'bob', lan: 'one', address: '10.9.0.2/24' });
  await using ann = node(networks, 'ann');
  await using bob = node(networks, 'bob');
  const starts = await Promise.all([ann.started(), bob.started()]);
  const [seenBob, seenAnn] = await Promise.all([ann.knows(ids.bob, by('mdns')), bob.knows(ids.ann, by('mdns'))]);
  const ready = Math.max(...starts.map(({ at }) => at));
  assert.ok(seenBob.at - ready < 2_000 && seenAnn.at - ready < 2_000, 'in time');
  assert.equal(ipv4Of(seenBob.peer), ['10.9.0.2']);
  assert.equal(ipv4Of(seenAnn.peer), ['10.9.0.1']);
  assert.is(seenBob.peer.addresses[0]?.udpPort, 4001);
});

test('a PC on two LANs is seen on each with its address there', async () => {
  using networks = new Networks();
  networks.connect({ host: 'ann', lan: 'one', address: '10.9.1.1/24' });
  networks.connect({ host: 'bob', lan: 'two', address: '10.9.2.1/24' });
  networks.connect({ host: 'carl', lan: 'one', address: '10.9.1.9/24', interfaceName: 'eth0' });
  networks.connect({ host: 'carl', lan: 'two', address: '10.9.2.9/24', interfaceName: 'eth1' });
  await using ann = node(networks, 'ann');
  await using bob = node(networks, 'bob');
  await using carl = node(networks, 'carl');
  const [byAnn, byBob] = await Promise.all([ann.knows(ids.carl, by('mdns')), bob.knows(ids.carl, by('mdns'))]);
  assert.equal(ipv4Of(byAnn.peer), ['10.9.1.9']);
  assert.equal(ipv4Of(byBob.peer), ['10.9.2.9']);
  const [annByCarl, bobByCarl] = await Promise.all([carl.knows(ids.ann), carl.knows(ids.bob)]);
  assert.ok(annByCarl.peer.addresses.every(({ interfaceName }) => interfaceName === 'eth0'));
  assert.ok(bobByCarl.peer.addresses.every(({ interfaceName }) => interfaceName === 'eth1'));
  assert.not(carl.events.some(({ event }) => event === 'warning'));
  assert.not(
    ann.events.some(({ value }) => JSON.stringify(value ?? '').includes('10.9.2.')),
    'nothing of the other LAN',
  );
});

test('a host in another subnet on the same wire is heard, not ignored', async () => {
  using networks = new Networks();
  networks.connect({ host: 'ann', lan: 'one', address: '192.168.7.1/24' });
  networks.connect({ host: 'bob', lan: 'one', address: '169.254.9.9/16' });
  await using ann = node(networks, 'ann');
  await using bob = node(networks, 'bob');
  await Promise.all([ann.started(), bob.started()]);
  const [seenBob, seenAnn] = await Promise.all([ann.knows(ids.bob), bob.knows(ids.ann)]);
  assert.ok(ipv4Of(seenBob.peer).includes('169.254.9.9'), JSON.stringify(seenBob.peer));
  assert.ok(ipv4Of(seenAnn.peer).includes('192.168.7.1'), JSON.stringify(seenAnn.peer));
});

test('hosts with nothing but link-local IPv6 find each other, scope included', async () => {
  using networks = new Networks();
  networks.connect({ host: 'ann', lan: 'one' });
  networks.connect({ host: 'bob', lan: 'one' });
  await using ann = node(networks, 'ann');
  await using bob = node(networks, 'bob');
  const [{ peer }] = await Promise.all([ann.knows(ids.bob), bob.knows(ids.ann)]);
  assert.ok(addressesOf(peer).length > 0);
  for (const address of addressesOf(peer)) assert.match(address, /^fe80::.*%eth0$/);
});

test('a clean stop is noticed in less than 200 ms', async () => {
  using networks = new Networks();
  networks.connect({ host: 'ann', lan: 'one', address: '10.9.0.1/24' });
  networks.connect({ host: 'bob', lan: 'one', address: '10.9.0.2/24' });
  await using ann = node(networks, 'ann');
  await using bob = node(networks, 'bob');
  await Promise.all([ann.knows(ids.bob), bob.knows(ids.ann)]);
  const stopping = performance.timeOrigin + performance.now();
  const [{ at, reason }] = await Promise.all([ann.loses(ids.bob), bob.stop()]);
  assert.is(reason, 'goodbye');
  assert.ok(at - stopping < 200, `${at - stopping} ms`);
});

test('a killed host is lost about 4 s after it was doubted', async () => {
  using networks = new Networks();
  networks.connect({ host: 'ann', lan: 'one', address: '10.9.0.1/24' });
  networks.connect({ host: 'bob', lan: 'one', address: '10.9.0.2/24' });
  await using ann = node(networks, 'ann');
  await using bob = node(networks, 'bob');
  await ann.knows(ids.bob);
  bob.kill();
  await bob.stop();
  const doubted = performance.timeOrigin + performance.now();
  ann.reconfirm(ids.bob);
  const { at, reason } = await ann.loses(ids.bob);
  assert.is(reason, 'expired');
  assert.ok(at - doubted < 6_000, `${at - doubted} ms`);
});

test('a NIC that appears after the start is used', async () => {
  using networks = new Networks();
  networks.connect({ host: 'ann', lan: 'one', address: '10.9.0.1/24' });
  await using ann = node(networks, 'ann');
  await using bob = node(networks, 'bob');
  const { value } = await bob.started();
  assert.equal(value, [], 'idle without an interface');
  assert.not(bob.events.some(({ event }) => event === 'warning'));
  const appeared = performance.timeOrigin + performance.now();
  networks.connect({ host: 'bob', lan: 'one', address: '10.9.0.2/24' });
  const [found] = await Promise.all([bob.knows(ids.ann), ann.knows(ids.bob)]);
  assert.ok(found.at - appeared < 6_000, `${found.at - appeared} ms`);
});

test('an unplugged host loses the others at once and finds them again when it is plugged in', async () => {
  using networks = new Networks();
  networks.connect({ host: 'ann', lan: 'one', address: '10.9.0.1/24' });
  const port = networks.connect({ host: 'bob', lan: 'one', address: '10.9.0.2/24' });
  await using ann = node(networks, 'ann');
  await using bob = node(networks, 'bob');
  await Promise.all([ann.knows(ids.bob), bob.knows(ids.ann)]);
  networks.plug('one', port, 'out');
  const lost = await bob.loses(ids.ann);
  assert.is(lost.reason, 'interface-down');
  ann.reconfirm(ids.bob);
  const lostByAnn = await ann.loses(ids.bob);
  networks.plug('one', port, 'in');
  await Promise.all([
    bob.knows(ids.ann, by('mdns'), { after: lost.at }),
    ann.knows(ids.bob, by('mdns'), { after: lostByAnn.at }),
  ]);
});

test('a new address of a host replaces the old one within seconds', async () => {
  using networks = new Networks();
  networks.connect({ host: 'ann', lan: 'one', address: '10.9.0.1/24' });
  networks.connect({ host: 'bob', lan: 'one', address: '10.9.0.2/24' });
  await using ann = node(networks, 'ann');
  await using _bob = node(networks, 'bob');
  await ann.knows(ids.bob, (peer) => ipv4Of(peer).includes('10.9.0.2'));
  networks.run('bob', 'ip', 'address', 'del', '10.9.0.2/24', 'dev', 'eth0');
  networks.run('bob', 'ip', 'address', 'add', '10.9.0.77/24', 'brd', '+', 'dev', 'eth0');
  const isMoved = (peer: DiscoveredPeer): boolean => ipv4Of(peer).join() === '10.9.0.77';
  const { peer } = await ann.knows(ids.bob, isMoved);
  assert.equal(ipv4Of(peer), ['10.9.0.77']);
});

test('where multicast is dropped the broadcast probe finds everyone, and goodbyes arrive', async () => {
  using networks = new Networks();
  networks.connect({ host: 'ann', lan: 'one', address: '10.9.0.1/24' });
  networks.connect({ host: 'bob', lan: 'one', address: '10.9.0.2/24' });
  // Where no packet filter is at hand, the option stands in for it.
  const isFiltered = networks.dropMulticast('ann') && networks.dropMulticast('bob');
  const more = isFiltered ? {} : ({ multicast: false } as const);
  await using ann = node(networks, 'ann', more);
  await using bob = node(networks, 'bob', more);
  const [{ peer }] = await Promise.all([ann.knows(ids.bob), bob.knows(ids.ann)]);
  assert.equal(peer.addresses.map(({ address, learntBy }) => [address, learntBy])[0], ['10.9.0.2', 'broadcast']);
  const [{ reason }] = await Promise.all([ann.loses(ids.bob), bob.stop()]);
  assert.is(reason, 'goodbye');
});

test('a static host beyond a router is found, at the address that answers', async () => {
  using networks = new Networks();
  networks.connect({ host: 'ann', lan: 'one', address: '10.9.1.1/24' });
  networks.connect({ host: 'router', lan: 'one', address: '10.9.1.254/24', interfaceName: 'eth0' });
  networks.connect({ host: 'router', lan: 'two', address: '10.9.2.254/24', interfaceName: 'eth1' });
  networks.connect({ host: 'bob', lan: 'two', address: '10.9.2.1/24' });
  networks.run('router', 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
  networks.run('ann', 'ip', 'route', 'add', 'default', 'via', '10.9.1.254');
  networks.run('bob', 'ip', 'route', 'add', 'default', 'via', '10.9.2.254');
  await using _bob = node(networks, 'bob');
  await using ann = node(networks, 'ann', { staticHosts: [{ host: '10.9.2.1', port: 47_624 }] });
  const { peer } = await ann.knows(ids.bob);
  assert.equal(
    peer.addresses.map(({ address, learntBy, interfaceName }) => ({ address, learntBy, interfaceName })),
    [{ address: '10.9.2.1', learntBy: 'static', interfaceName: '' }],
  );
});

test('with the multicast port taken by another program a host still finds and is found', async () => {
  using networks = new Networks();
  networks.connect({ host: 'ann', lan: 'one', address: '10.9.0.1/24' });
  networks.connect({ host: 'bob', lan: 'one', address: '10.9.0.2/24' });
  const script = `const s=require('node:dgram').createSocket('udp4');s.bind(5353,()=>console.log('held'));process.stdin.resume().on('end',()=>s.close())`;
  await using holder = networks.start('ann', process.execPath, '-e', script);
  await holder.line('held');
  await using ann = node(networks, 'ann', { families: ['IPv4'], broadcast: false });
  await using _bob = node(networks, 'bob');
  const isPoor = ({ event, value }: NodeEvent): boolean =>
    event === 'interfaces' && (value as DiscoveryInterface[])[0]?.mode === 'browse-only';
  await ann.seen('browsing only', isPoor);
  const { peer } = await ann.knows(ids.bob);
  assert.equal(ipv4Of(peer), ['10.9.0.2']);
});

test('a cloned PC, with the identity of another, is told so and is not found as a peer', async () => {
  using networks = new Networks();
  networks.connect({ host: 'ann', lan: 'one', address: '10.9.0.1/24' });
  networks.connect({ host: 'bob', lan: 'one', address: '10.9.0.2/24' });
  const announcement = { peerId: 'peerSame', name: 'clone', protocolVersion: 1, tcpPort: 4002 };
  await using ann = node(networks, 'ann', { announcement });
  await using _bob = node(networks, 'bob', { announcement });
  const { value } = await ann.seen('a warning', ({ event }) => event === 'warning');
  assert.match((value as { message: string }).message, /PC at (10\.9\.0\.2|fe80::\S+) has the same identity/);
  assert.not(ann.events.some(({ event }) => event === 'found'));
});

test('a machine with nothing but loopback idles without a warning', async () => {
  using networks = new Networks();
  await using ann = node(networks, 'ann');
  assert.equal((await ann.started()).value, []);
  await ann.stop();
  assert.equal(
    ann.events.map(({ event }) => event),
    ['started', 'stopped'],
  );
});

test('asked to listen on one address, a host is seen on that LAN alone', async () => {
  using networks = new Networks();
  networks.connect({ host: 'ann', lan: 'one', address: '10.9.1.1/24' });
  networks.connect({ host: 'bob', lan: 'two', address: '10.9.2.1/24' });
  networks.connect({ host: 'carl', lan: 'one', address: '10.9.1.9/24', interfaceName: 'eth0' });
  networks.connect({ host: 'carl', lan: 'two', address: '10.9.2.9/24', interfaceName: 'eth1' });
  await using ann = node(networks, 'ann');
  await using bob = node(networks, 'bob');
  await using carl = node(networks, 'carl', { listen: ['10.9.2.9'] });
  const { peer } = await bob.knows(ids.carl);
  assert.equal(addressesOf(peer), ['10.9.2.9']);
  // Whatever ann could have heard of carl left before carl's goodbye reached bob.
  await Promise.all([bob.loses(ids.carl), carl.stop()]);
  assert.equal(
    ann.events.filter(({ event }) => event === 'found'),
    [],
  );
});

test('any bytes at all on its ports leave a host working', async () => {
  using networks = new Networks();
  networks.connect({ host: 'ann', lan: 'one', address: '10.9.0.1/24' });
  await using ann = node(networks, 'ann');
  await ann.started();
  const script = `const s=require('node:dgram').createSocket('udp4');const c=require('node:crypto');s.bind(0,async()=>{
    for(let i=0;i<4000;i++){await new Promise(r=>s.send(c.randomBytes(i%1200),i%2?5353:47624,'10.9.0.1',r))}console.log('sent');s.close()})`;
  networks.connect({ host: 'bob', lan: 'one', address: '10.9.0.2/24' });
  await using sender = networks.start('bob', process.execPath, '-e', script);
  await sender.line('sent');
  await using _bob = node(networks, 'bob');
  await ann.knows(ids.bob);
  assert.equal(
    ann.events.filter(({ event }) => event === 'found').map(({ value }) => (value as DiscoveredPeer).peerId),
    [ids.bob],
  );
});

const why = whyNoLan();
if (why === undefined) test.run();
else console.log(`SKIP discovery between hosts: ${why}`);
