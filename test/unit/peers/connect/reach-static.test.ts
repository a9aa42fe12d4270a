import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { planStaticPeers } from '../../../../app/core/peers/connect/reach.ts';

const peerId = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA';

function plan(texts: readonly string[]) {
  const unfit: string[] = [];
  const { addresses, hosts } = planStaticPeers(texts, (text) => unfit.push(text));
  return { addresses: addresses.map(({ text, peerId: named }) => [text, named]), hosts, unfit };
}

test('multiaddrs are dialled, hosts are asked', () => {
  const known = `/ip4/10.0.0.1/tcp/4000/p2p/${peerId}`;
  assert.equal(plan([known, '/ip4/10.0.0.2/udp/4000/quic-v1', '10.0.3.7', 'seed.example:9000', '[fd00::7]:9000']), {
    addresses: [
      [known, peerId],
      ['/ip4/10.0.0.2/udp/4000/quic-v1', undefined],
    ],
    hosts: [
      { host: '10.0.3.7', port: 47_624 },
      { host: 'seed.example', port: 9_000 },
      { host: 'fd00::7', port: 9_000 },
    ],
    unfit: [],
  });
});

test('what is named twice counts once, and blanks around it not at all', () => {
  const { addresses, hosts } = plan(['10.0.3.7', ' 10.0.3.7 ', '/ip4/10.0.0.1/tcp/1', '/ip4/10.0.0.1/tcp/1 ']);
  assert.is(addresses.length, 1);
  assert.is(hosts.length, 1);
});

test('what is neither keeps nothing of the rest from being reached', () => {
  const odd = [
    '',
    '/ip4/300.1.1.1/tcp/1',
    '/ip4/10.0.0.1',
    'http://seed.example/',
    '10.0.0.1:99999',
    '/ip4/1.1.1.1/tcp/1/p2p/x',
  ];
  assert.equal(plan([...odd, '10.0.3.7']), { addresses: [], hosts: [{ host: '10.0.3.7', port: 47_624 }], unfit: odd });
});

test.run();
