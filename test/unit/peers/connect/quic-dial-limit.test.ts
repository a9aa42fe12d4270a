import type { Connection, MultiaddrConnection, Transport, Upgrader } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withDialLimit } from '../../../../app/core/peers/connect/quic.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { codeOf } from '../../../support/network-lab.ts';

const address = multiaddr('/ip4/10.0.0.1/udp/1/quic-v1');

/** A transport whose native part answers when the test says, and listens to no signal. */
function lab() {
  const clock = new VirtualClock();
  const native = Promise.withResolvers<MultiaddrConnection>();
  const upgraded: MultiaddrConnection[] = [];
  const closed: unknown[] = [];
  const connection = {} as Connection;
  const dial: Transport['dial'] = async (_, { upgrader, ...options }) => {
    const raw = await native.promise;
    try {
      return await upgrader.upgradeOutbound(raw, options);
    } catch (error) {
      closed.push(raw);
      throw error;
    }
  };
  const upgrader = {
    upgradeOutbound: (raw: MultiaddrConnection) => Promise.resolve(upgraded.push(raw)).then(() => connection),
  } as unknown as Upgrader;
  const transport = withDialLimit({ dial } as Transport, { limitMs: 2_500, clock });
  const ending = new AbortController();
  const dialled = transport.dial(address, { upgrader, signal: ending.signal });
  const outcome = codeOf(dialled);
  return { clock, native, upgraded, closed, connection, ending, dialled, outcome };
}

test('a QUIC dial without an answer rejects after its limit, whatever the native part does', async () => {
  const { clock, outcome, native, upgraded, closed } = lab();
  await clock.advance(2_499);
  assert.is(await Promise.race([outcome, 'still waiting']), 'still waiting');
  await clock.advance(1);
  assert.is(await outcome, 'PEER_UNREACHABLE');
  native.resolve({} as MultiaddrConnection);
  await clock.advance(0);
  assert.is(upgraded.length, 0, 'what comes too late is no connection');
  assert.is(closed.length, 1, 'and it is closed');
  assert.is(clock.pendingCount, 0);
});

test('a QUIC dial rejects at once when its signal aborts', async () => {
  const { ending, outcome } = lab();
  ending.abort();
  assert.is(await outcome, 'CANCELLED');
});

test('a QUIC dial that is answered gives the connection', async () => {
  const { clock, native, dialled, connection, upgraded } = lab();
  native.resolve({} as MultiaddrConnection);
  assert.is(await dialled, connection);
  assert.is(upgraded.length, 1);
  assert.is(clock.pendingCount, 0);
});

test.run();
