import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PeerAccounts } from '../../../../../app/core/lanes/tls/main/peer-accounts.ts';
import { VirtualClock } from '../../../../support/virtual-clock.ts';

const offer = (
  fingerprint: string,
  port?: number,
): { addresses: { host: string; port: number }[]; fingerprint: string } => ({
  addresses: port === undefined ? [] : [{ host: '10.0.0.2', port }],
  fingerprint,
});

function accounts(): { peers: PeerAccounts; clock: VirtualClock; told: number[] } {
  const clock = new VirtualClock();
  const told: number[] = [];
  return { peers: new PeerAccounts({ clock, onBytes: ({ bytes }) => told.push(bytes) }), clock, told };
}

test('bytes are told at most twice a second, and none is forgotten', async () => {
  const { peers, clock, told } = accounts();
  peers.set('a', offer('f', 1));
  for (const bytesIn of [10, 20, 30]) peers.count({ peerId: 'a', bytesIn, bytesOut: 1 });
  assert.equal(told, [11]);
  await clock.advance(500);
  peers.count({ peerId: 'a', bytesIn: 0, bytesOut: 5 });
  assert.equal(told, [11, 57]);
  assert.equal(peers.traffic(), [{ peerId: 'a', bytesIn: 60, bytesOut: 8 }]);
});

test('bytes of a stranger count nowhere', () => {
  const { peers, told } = accounts();
  peers.count({ peerId: 'stranger', bytesIn: 10, bytesOut: 10 });
  assert.equal(told, []);
  assert.equal(peers.traffic(), []);
});

test('an offer without addresses leaves those that are known; another certificate begins anew', () => {
  const { peers } = accounts();
  peers.set('a', offer('f', 1));
  peers.count({ peerId: 'a', bytesIn: 10, bytesOut: 0 });
  peers.set('a', offer('f'));
  assert.equal([...peers.offers()], [['a', offer('f', 1)]]);
  peers.set('a', offer('g'));
  assert.equal([...peers.offers()], [['a', offer('g')]]);
  assert.equal(peers.traffic(), [{ peerId: 'a', bytesIn: 0, bytesOut: 0 }]);
});

test('who is let in no longer while the offers are read does not come any more', () => {
  const { peers } = accounts();
  for (const peerId of ['a', 'b', 'c']) peers.set(peerId, offer('f', 1));
  const read: string[] = [];
  for (const [peerId] of peers.offers()) {
    read.push(peerId);
    if (peerId === 'a') peers.set('b', undefined);
  }
  assert.equal(read, ['a', 'c']);
});

test.run();
