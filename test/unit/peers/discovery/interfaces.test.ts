import type { NetworkInterfaceInfo } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  broadcastAddresses,
  selectLinks,
  sourceFilter,
  type Link,
} from '../../../../app/core/peers/discovery/interfaces.ts';
import { parseStaticHost } from '../../../../app/core/peers/discovery/prober.ts';
import { addressesOf } from '../../../../app/core/peers/discovery/cache.ts';

const four = (cidr: string, internal = false): NetworkInterfaceInfo => ({
  family: 'IPv4',
  address: cidr.split('/')[0] ?? '',
  cidr,
  netmask: '',
  mac: '',
  internal,
});
const six = (cidr: string, scopeid = 0, internal = false): NetworkInterfaceInfo => ({
  family: 'IPv6',
  address: cidr.split('/')[0] ?? '',
  cidr,
  netmask: '',
  mac: '',
  internal,
  scopeid,
});

const table = {
  lo: [four('127.0.0.1/8', true), six('::1/128', 0, true)],
  eth0: [four('192.168.1.5/24'), six('fe80::5/64', 2), six('fd00::5/64')],
  wifi: [four('10.0.0.5/16')],
};

const keys = (links: readonly Link[]): string[] => links.map(({ key }) => key);

function linkOf(cidr: string): Link {
  const [link] = selectLinks({ eth0: [cidr.includes(':') ? six(cidr, 2) : four(cidr)] }, {}, 'linux');
  if (!link) throw new Error('no link');
  return link;
}

const test = suite('discovery interfaces');

test('every interface but loopback is a link in each family it has', () => {
  assert.equal(keys(selectLinks(table)), ['eth0 IPv4', 'eth0 IPv6', 'wifi IPv4']);
  assert.equal(selectLinks({ lo: table.lo }), []);
  assert.equal(keys(selectLinks({ lo: table.lo }, { includeLoopback: true })), ['lo IPv4']);
});

test('each link announces the addresses of its own interface in both families', () => {
  const [eth0, , wifi] = selectLinks(table);
  assert.equal(eth0?.announced, ['192.168.1.5', 'fe80::5', 'fd00::5']);
  assert.equal(wifi?.announced, ['10.0.0.5']);
});

test('a listen address picks its interface and announces nothing else', () => {
  const links = selectLinks(table, { listen: ['192.168.1.5'] });
  assert.equal(keys(links), ['eth0 IPv4']);
  assert.equal(links[0]?.announced, ['192.168.1.5']);
  assert.equal(selectLinks(table, { listen: ['127.0.0.1'] }), [], 'loopback: nothing to discover');
  assert.equal(keys(selectLinks(table, { listen: ['0.0.0.0'] })), ['eth0 IPv4', 'wifi IPv4']);
  assert.is(selectLinks(table, { listen: ['0.0.0.0', '::'] }).length, 3);
  assert.equal(keys(selectLinks(table, { interfaces: ['wifi'] })), ['wifi IPv4']);
});

test('a link-local scope is the name of the interface, on Windows its number', () => {
  assert.is(selectLinks(table, {}, 'linux')[1]?.scope, 'eth0');
  assert.is(selectLinks(table, {}, 'win32')[1]?.scope, '2');
});

test('packets from outside the interface’s networks are not its own', () => {
  const isOnLink = sourceFilter(linkOf('192.168.1.5/24'));
  assert.ok(isOnLink('192.168.1.200'));
  assert.not(isOnLink('192.168.2.1'));
  assert.not(isOnLink('8.8.8.8'));
  const isOnSix = sourceFilter(linkOf('fe80::5/64'));
  assert.ok(isOnSix('fe80::77%eth0'));
  assert.not(isOnSix('fe80::77%eth1'));
  assert.not(isOnSix('fd00::77'));
});

test('the broadcast address is the last of the network, where it has one', () => {
  assert.equal(broadcastAddresses(linkOf('192.168.1.5/24')), ['192.168.1.255']);
  assert.equal(broadcastAddresses(linkOf('10.20.30.40/9')), ['10.127.255.255']);
  assert.equal(broadcastAddresses(linkOf('172.16.5.9/30')), ['172.16.5.11']);
  assert.equal(broadcastAddresses(linkOf('200.1.2.3/32')), []);
  assert.equal(broadcastAddresses(linkOf('fe80::5/64')), []);
});

test('the source of a packet is dialled first, a relay’s never', () => {
  const offered = (source: string, presented: string[], hasIPv6 = true): string[] =>
    addressesOf({ origin: { source, interfaceName: 'eth0' }, presented, hasIPv6 }).map(({ address }) => address);
  assert.equal(offered('10.0.0.2', ['fe80::2', '10.0.0.3', '10.0.0.2']), ['10.0.0.2', 'fe80::2', '10.0.0.3']);
  assert.equal(offered('10.0.0.2', ['10.0.0.2', 'fd00::2'], false), ['10.0.0.2']);
  assert.equal(offered('10.0.0.254', ['10.5.0.2', 'fe80::2']), ['10.5.0.2'], 'a reflector between two LANs');
  assert.equal(offered('10.0.0.2', []), ['10.0.0.2']);
  assert.equal(offered('fe80::2%eth0', ['fe80::2']), ['fe80::2']);
});

test('static hosts are read with and without a port', () => {
  assert.equal(parseStaticHost(' 10.0.3.7 '), { host: '10.0.3.7', port: 47_624 });
  assert.equal(parseStaticHost('10.0.3.7:9000'), { host: '10.0.3.7', port: 9_000 });
  assert.equal(parseStaticHost('seed.example'), { host: 'seed.example', port: 47_624 });
  assert.equal(parseStaticHost('fd00::7'), { host: 'fd00::7', port: 47_624 });
  assert.equal(parseStaticHost('[fd00::7]:9000'), { host: 'fd00::7', port: 9_000 });
  for (const text of ['', ':9000', 'host:', 'host:0', 'host:65536', '[10.0.0.1]:9', 'a b', '/ip4/10.0.0.1/tcp/1'])
    assert.is(parseStaticHost(text), undefined, text);
});

test.run();
