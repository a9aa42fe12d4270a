import type { Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';
import type { Clock } from '../../../../app/core/base/index.ts';
import { type CacheChange, PeerCache } from '../../../../app/core/peers/discovery/cache.ts';
import type { Link } from '../../../../app/core/peers/discovery/interfaces.ts';
import { type DiscoveryContext, MulticastLink } from '../../../../app/core/peers/discovery/multicast-link.ts';
import { decodeMessage, readGoodbyes, readPresentations } from '../../../../app/core/peers/discovery/records.ts';
import { standardPlace } from '../../../../app/core/peers/discovery/sockets.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

interface Sent {
  readonly from: string;
  readonly atMs: number;
  readonly bytes: Buffer;
}

/** A wire that everyone on it hears, the sender too, as with real multicast. */
class Wire {
  readonly sent: Sent[] = [];
  readonly #sockets = new Set<FakeSocket>();
  readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  add(socket: FakeSocket): void {
    this.#sockets.add(socket);
  }

  carry(bytes: Buffer, from: string): void {
    this.sent.push({ from, atMs: this.clock.monotonicMs(), bytes });
    for (const socket of this.#sockets)
      socket.emit('message', bytes, { address: from, port: standardPlace.port, family: 'IPv4', size: bytes.length });
  }
}

/** What a link uses of a datagram socket. */
class FakeSocket extends EventEmitter {
  readonly #wire: Wire;
  readonly #address: string;

  constructor(wire: Wire, address: string) {
    super();
    this.#wire = wire;
    this.#address = address;
    wire.add(this);
  }

  send(bytes: Buffer, _port: number, _group: string, done: (error: Error | null) => void): void {
    this.#wire.carry(bytes, this.#address);
    done(null);
  }

  close(): void {}
}

interface Host {
  readonly peerId: string;
  readonly link: MulticastLink;
  readonly changes: CacheChange[];
  readonly cache: PeerCache;
}

function hostOn(wire: Wire, index: number): Host {
  const peerId = `peer${index}`;
  const address = `10.0.0.${index + 1}`;
  const cache = new PeerCache();
  const changes: CacheChange[] = [];
  const context: DiscoveryContext = {
    clock: wire.clock,
    cache,
    answersBeyondLinks: true,
    isElsewhere: () => false,
    announcement: () => ({ peerId, name: peerId, protocolVersion: 1, tcpPort: 4002 }),
    received(records, origin) {
      for (const presentation of readPresentations(records)) {
        if (presentation.peerId === peerId) continue;
        const addresses = [{ family: 'IPv4', address: origin.source }] as const;
        const { change } = cache.see({ ...origin, presentation, addresses }, wire.clock.monotonicMs());
        if (change) changes.push(change);
      }
      for (const gone of readGoodbyes(records)) {
        const change = cache.goodbye(gone, origin);
        if (change) changes.push(change);
      }
    },
    failed(_owner, error) {
      throw error;
    },
  };
  const link: Link = {
    key: 'eth0 IPv4',
    interfaceName: 'eth0',
    family: 'IPv4',
    addresses: [address],
    announced: [address],
    networks: [`${address}/24`],
    scope: 'eth0',
  };
  // It has every method that the link calls.
  const socket = new FakeSocket(wire, address) as unknown as Socket;
  const over = { socket, mode: 'full', group: standardPlace.groupV4 } as const;
  return { peerId, changes, cache, link: MulticastLink.over(over, { link, place: standardPlace, context }) };
}

const minuteMs = 60_000;

async function crowd(count: number): Promise<{ clock: VirtualClock; wire: Wire; hosts: Host[]; all: DisposableStack }> {
  const clock = new VirtualClock();
  const wire = new Wire(clock);
  const all = new DisposableStack();
  const hosts = Array.from({ length: count }, (_, index) => hostOn(wire, index));
  for (const { link } of hosts) all.use(link);
  return { clock, wire, hosts, all };
}

const test = suite('discovery traffic');

test('hosts that start together all know each other within a second and a half', async () => {
  const { clock, hosts, all } = await crowd(12);
  using _all = all;
  await clock.advance(1_500);
  assert.equal(
    hosts.map(({ cache }) => cache.peers().length),
    hosts.map(() => 11),
  );
});

test('four idle hosts say less than five messages a minute in one address family, and nobody is lost', async () => {
  const { clock, wire, hosts, all } = await crowd(4);
  using _all = all;
  await clock.advance(2 * minuteMs);
  const before = wire.sent.length;
  for (let minute = 0; minute < 20; minute += 1) {
    await clock.advance(minuteMs);
    for (const { cache, changes } of hosts) changes.push(...cache.expire(clock.monotonicMs()));
  }
  const perMinute = (wire.sent.length - before) / 20;
  assert.ok(perMinute > 0.5 && perMinute < 5, `${perMinute} messages a minute`);
  for (const { changes } of hosts)
    assert.equal(
      changes.map(({ kind }) => kind),
      ['found', 'found', 'found'],
    );
});

test('thirty idle hosts stay below one message a second', async () => {
  const { clock, wire, hosts, all } = await crowd(30);
  using _all = all;
  await clock.advance(5 * minuteMs);
  const before = wire.sent.length;
  await clock.advance(5 * minuteMs);
  const perSecond = (wire.sent.length - before) / 300;
  assert.ok(perSecond < 1, `${perSecond} messages a second`);
  for (const { cache } of hosts) {
    assert.equal(cache.expire(clock.monotonicMs()), []);
    assert.is(cache.peers().length, 29);
  }
});

test('a host alone falls almost silent', async () => {
  const { clock, wire, all } = await crowd(1);
  using _all = all;
  await clock.advance(5 * minuteMs);
  const before = wire.sent.length;
  await clock.advance(10 * minuteMs);
  assert.ok(wire.sent.length - before <= 8, `${wire.sent.length - before} messages in ten minutes`);
});

test('a host never answers itself', async () => {
  const { clock, wire, all } = await crowd(1);
  using _all = all;
  await clock.advance(10_000);
  const kinds = wire.sent.map(({ bytes }) => decodeMessage(bytes)?.kind);
  assert.is(kinds.filter((kind) => kind === 'response').length, 2, 'the second and the third announcement');
});

test('a peer that fell silent is asked for, then forgotten', async () => {
  const { clock, wire, hosts, all } = await crowd(2);
  using _all = all;
  await clock.advance(5_000);
  hosts[1]?.link[Symbol.dispose]();
  const before = wire.sent.length;
  await clock.advance(115_000);
  assert.ok(wire.sent.length - before >= 4, 'asked at 80, 85, 90 and 95 % of its life');
  assert.equal(hosts[0]?.cache.expire(clock.monotonicMs() + 10_000)[0]?.kind, 'lost');
});

test.run();
