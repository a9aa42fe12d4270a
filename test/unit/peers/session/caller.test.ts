import { multiaddr } from '@multiformats/multiaddr';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inTurns } from '../../../../app/core/peers/session/caller.ts';

test('UDP and TCP addresses take turns', () => {
  const named = (texts: string[]): string[] => inTurns(texts.map((text) => multiaddr(text))).map(String);
  const [quic1, quic2] = ['/ip4/10.0.0.1/udp/1/quic-v1', '/ip4/10.0.0.2/udp/1/quic-v1'];
  const [tcp1, tcp2, tcp3] = ['/ip4/10.0.0.1/tcp/1', '/ip4/10.0.0.2/tcp/1', '/ip4/10.0.0.3/tcp/1'];
  assert.equal(named([quic1, quic2, tcp1, tcp2, tcp3]), [quic1, tcp1, quic2, tcp2, tcp3]);
  assert.equal(named([tcp1, tcp2]), [tcp1, tcp2]);
  assert.equal(named([]), []);
});

test.run();
