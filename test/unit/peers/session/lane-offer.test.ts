import { multiaddr } from '@multiformats/multiaddr';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { resolveLane } from '../../../../app/core/peers/session/session.ts';

const fingerprint = 'ab'.repeat(32);

/** Where the lane of a peer is dialled that is seen at `from` and told these hosts. */
function hosts(from: string, told: readonly string[]): string[] {
  const offer = { fingerprint, addresses: told.map((host, index) => ({ host, port: 1_000 + index })) };
  const resolved = resolveLane(offer, { remoteAddr: multiaddr(from) });
  return resolved?.addresses.map(({ host, port }) => `${host} ${port}`) ?? [];
}

const v4 = '/ip4/10.0.0.7/udp/4000/quic-v1';
const v6 = '/ip6/fd00::7/tcp/4000';

test('an empty host is where the control plane talks to; a named one is itself', () => {
  assert.equal(hosts(v4, ['', '192.168.1.2']), ['10.0.0.7 1000', '192.168.1.2 1001']);
  assert.equal(hosts(v6, ['']), ['fd00::7 1000']);
});

test('a wildcard is where the control plane talks to, and only in its family', () => {
  assert.equal(hosts(v4, ['0.0.0.0', '::']), ['10.0.0.7 1000']);
  assert.equal(hosts(v6, ['0.0.0.0', '::']), ['fd00::7 1001']);
  assert.equal(hosts('/ip6zone/eth0/ip6/fe80::7/tcp/4000', ['0.0.0.0', '::']), ['fe80::7%eth0 1001']);
});

test('no offer is none', () => {
  assert.is(resolveLane(undefined, { remoteAddr: multiaddr(v4) }), undefined);
});

test.run();
