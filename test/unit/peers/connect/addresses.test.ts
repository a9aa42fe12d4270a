import type { NetworkInterfaceInfo } from 'node:os';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError } from '../../../../app/core/base/index.ts';
import {
  addressesOfPeer,
  concreteHosts,
  dialAddresses,
  endpointOf,
  ownAddresses,
  parseAddress,
} from '../../../../app/core/peers/connect/addresses.ts';
import { isOwnAddress } from '../../../../app/core/peers/session/caller.ts';
import type { DiscoveredAddress } from '../../../../app/core/peers/discovery/types.ts';

const ann = '12D3KooWHq8SCL8xaNuJ6ey1SwJhdDibdCfiNfk5UrVCP4qkGKXv';
const bob = '12D3KooWD8e777zrtHwmww5RVTctm7QAsvHzmWdSwYiJZhD8eedx';

const entry = (address: string, internal = false): NetworkInterfaceInfo => {
  const common = { address, mac: '', internal, cidr: null, netmask: '' };
  return address.includes(':') ? { ...common, family: 'IPv6', scopeid: 0 } : { ...common, family: 'IPv4' };
};
const loopback = [entry('127.0.0.1', true), entry('::1', true)];

test('a wildcard stands for the addresses of every interface, without loopback and link-local ones', () => {
  const table = {
    lo: loopback,
    eth0: [entry('192.168.1.5'), entry('fe80::1'), entry('fd00::5')],
    eth1: [entry('10.0.0.5')],
  };
  assert.equal(concreteHosts(['0.0.0.0'], table), ['192.168.1.5', '10.0.0.5']);
  assert.equal(concreteHosts(['0.0.0.0', '::'], table), ['192.168.1.5', '10.0.0.5', 'fd00::5']);
});

test('loopback stands alone when there is nothing else, or when it is asked for', () => {
  assert.equal(concreteHosts(['0.0.0.0', '::'], { lo: loopback }), ['127.0.0.1']);
  assert.equal(concreteHosts(['127.0.0.1'], { lo: loopback, eth0: [entry('192.168.1.5')] }), ['127.0.0.1']);
});

test('own addresses name the identity, and the better transport comes first', () => {
  const listening = { hosts: ['10.0.0.5', 'fd00::5'], port: 4001, transports: ['quic', 'tcp'] as const };
  assert.equal(ownAddresses(ann, listening), [
    `/ip4/10.0.0.5/udp/4001/quic-v1/p2p/${ann}`,
    `/ip6/fd00::5/udp/4001/quic-v1/p2p/${ann}`,
    `/ip4/10.0.0.5/tcp/4001/p2p/${ann}`,
    `/ip6/fd00::5/tcp/4001/p2p/${ann}`,
  ]);
});

test('what is no IP address with a port is no address', () => {
  for (const text of [
    '',
    'nonsense',
    '10.0.0.1:80',
    `/p2p/${ann}`,
    '/ip4/10.0.0.1',
    '/ip4/999.0.0.1/tcp/1',
    '/dns/host/tcp/1',
    '/ip4/10.0.0.1/tcp/1/p2p/nobody',
  ])
    assert.throws(
      () => parseAddress(text),
      (error: unknown) => error instanceof LanspreadError && error.code === 'INVALID_ADDRESS',
      text,
    );
});

test('of the addresses a peer tells, only those of its own identity are kept', () => {
  assert.equal(
    addressesOfPeer(ann, [
      '/ip4/10.0.0.1/tcp/1',
      `/ip4/10.0.0.2/tcp/1/p2p/${bob}`,
      'nonsense',
      `/ip4/10.0.0.3/tcp/1/p2p/${ann}`,
    ]),
    [`/ip4/10.0.0.1/tcp/1/p2p/${ann}`, `/ip4/10.0.0.3/tcp/1/p2p/${ann}`],
  );
});

const found = (address: string, more: Partial<DiscoveredAddress> = {}): DiscoveredAddress => ({
  interfaceName: 'eth0',
  family: address.includes(':') ? 'IPv6' : 'IPv4',
  address,
  udpPort: 1,
  tcpPort: 2,
  learntBy: 'mdns',
  ...more,
});

test('a discovered peer is dialled over QUIC on every LAN first, then over TCP', () => {
  const texts = dialAddresses(ann, [found('10.0.0.1'), found('10.1.0.1')], { hasQuic: true }).map(String);
  assert.equal(texts, [
    `/ip4/10.0.0.1/udp/1/quic-v1/p2p/${ann}`,
    `/ip4/10.1.0.1/udp/1/quic-v1/p2p/${ann}`,
    `/ip4/10.0.0.1/tcp/2/p2p/${ann}`,
    `/ip4/10.1.0.1/tcp/2/p2p/${ann}`,
  ]);
});

test('without QUIC on either side TCP is dialled, and nothing where there is no common transport', () => {
  const tcp = [`/ip4/10.0.0.1/tcp/2/p2p/${ann}`];
  assert.equal(dialAddresses(ann, [found('10.0.0.1')], { hasQuic: false }).map(String), tcp);
  assert.equal(dialAddresses(ann, [found('10.0.0.1', { udpPort: undefined })], { hasQuic: true }).map(String), tcp);
  assert.equal(dialAddresses(ann, [found('10.0.0.1', { tcpPort: undefined })], { hasQuic: false }), []);
});

test('a link-local address is dialled with its zone, over TCP', () => {
  const [only, ...others] = dialAddresses(ann, [found('fe80::1%eth0')], { hasQuic: true });
  assert.equal(others, []);
  assert.is(only?.toString(), `/ip6zone/eth0/ip6/fe80::1/tcp/2/p2p/${ann}`);
  assert.equal(only && endpointOf(only), { host: 'fe80::1%eth0', port: 2, protocol: 'tcp' });
});

test('nonsense from the network is no address to dial', () => {
  assert.equal(dialAddresses('not an id', [found('10.0.0.1')], { hasQuic: true }), []);
  assert.equal(dialAddresses(ann, [found('somewhere')], { hasQuic: true }), []);
});

test('a node knows itself by identity and by address', () => {
  const own = { peerId: ann, hosts: ['10.0.0.5'], port: 4001, listensOnAll: true };
  const isOwn = (text: string): boolean => isOwnAddress(parseAddress(text), own);
  assert.ok(isOwn(`/ip4/10.9.9.9/tcp/1/p2p/${ann}`), 'whatever the address');
  assert.ok(isOwn('/ip4/10.0.0.5/tcp/4001'));
  assert.ok(isOwn('/ip4/127.0.0.1/udp/4001/quic-v1'), 'all interfaces include loopback');
  assert.not.ok(isOwn('/ip4/10.0.0.5/tcp/4002'));
  assert.not.ok(isOwn('/ip4/10.0.0.6/tcp/4001'));
  assert.not.ok(isOwn(`/ip4/10.0.0.5/tcp/4001/p2p/${bob}`), 'somebody else may have the port now');
});

test.run();
