import { EventEmitter } from 'node:events';
import type { Connection, MultiaddrConnection } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { HandshakeGate } from '../../../../app/core/peers/connect/handshake-gate.ts';
import { recordingLogger, type LogLine } from '../../../support/network-lab.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

function lab() {
  const clock = new VirtualClock();
  const log: LogLine[] = [];
  const gate = new HandshakeGate({ clock, logger: recordingLogger(log), perAddress: 3, strangerLimitMs: 20_000 });
  const incoming = (address: string) => {
    const emitter = new EventEmitter();
    const facts = {
      remoteAddr: multiaddr(address),
      remotePeer: 'somebody',
      direction: 'inbound',
      aborted: false,
      addEventListener: (name: string, listener: () => void) => void emitter.once(name, listener),
      abort() {
        facts.aborted = true;
        emitter.emit('close');
      },
    };
    // Only what the gate uses.
    return {
      facts,
      raw: facts as unknown as MultiaddrConnection,
      connection: facts as unknown as Connection,
      close: () => emitter.emit('close'),
    };
  };
  return { clock, log, gate, incoming };
}

test('only so many strangers of one address are let in, whatever others do', () => {
  const { gate, incoming } = lab();
  const places = [1, 2, 3].map((port) => incoming(`/ip4/10.0.0.1/tcp/${port}`));
  assert.equal(
    places.map(({ raw }) => gate.refuses(raw)),
    [false, false, false],
  );
  assert.ok(gate.refuses(incoming('/ip4/10.0.0.1/tcp/4').raw));
  assert.not.ok(gate.refuses(incoming('/ip4/10.0.0.2/tcp/4').raw), 'another address');
  places[0]?.close();
  assert.not.ok(gate.refuses(incoming('/ip4/10.0.0.1/tcp/5').raw), 'a place is free again');
});

test('who has a session is no stranger any more', async () => {
  const { clock, gate, incoming } = lab();
  const places = [1, 2, 3].map((port) => incoming(`/ip4/10.0.0.1/tcp/${port}`));
  for (const { raw, connection } of places) {
    gate.refuses(raw);
    gate.opened(connection);
    gate.settled(connection);
  }
  assert.not.ok(gate.refuses(incoming('/ip4/10.0.0.1/tcp/4').raw));
  await clock.advance(100_000);
  assert.equal(
    places.map(({ facts }) => facts.aborted),
    [false, false, false],
  );
});

test('a connection that never says Hello is closed, and the log says so', async () => {
  const { clock, log, gate, incoming } = lab();
  const stranger = incoming('/ip4/10.0.0.1/tcp/1');
  gate.refuses(stranger.raw);
  gate.opened(stranger.connection);
  await clock.advance(19_999);
  assert.not.ok(stranger.facts.aborted);
  await clock.advance(1);
  assert.ok(stranger.facts.aborted);
  assert.is(log[0]?.facts['code'], 'PEER_TIMEOUT');
  assert.is(clock.pendingCount, 0);
});

test('the same port over TCP and over QUIC are two strangers', () => {
  const { gate, incoming } = lab();
  gate.refuses(incoming('/ip4/10.0.0.1/tcp/1').raw);
  gate.refuses(incoming('/ip4/10.0.0.1/udp/1/quic-v1').raw);
  gate.refuses(incoming('/ip4/10.0.0.1/tcp/2').raw);
  assert.ok(gate.refuses(incoming('/ip4/10.0.0.1/tcp/3').raw));
});

test('disposing leaves no timer', () => {
  const { clock, gate, incoming } = lab();
  const stranger = incoming('/ip4/10.0.0.1/tcp/1');
  gate.refuses(stranger.raw);
  gate.opened(stranger.connection);
  gate[Symbol.dispose]();
  assert.is(clock.pendingCount, 0);
});

test.run();
