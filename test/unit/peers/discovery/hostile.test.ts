import * as assert from 'uvu/assert';
import { suite } from 'uvu';
import { addressesOf, cacheLimits, PeerCache } from '../../../../app/core/peers/discovery/cache.ts';
import {
  decodeMessage,
  encodeLegacyResponse,
  encodeQuery,
  encodeResponse,
  enumerationRecord,
  ownRecords,
  readGoodbyes,
  readPresentations,
  serviceName,
  type ServiceRecord,
} from '../../../../app/core/peers/discovery/records.ts';
import { answersTo, replyWith } from '../../../../app/core/peers/discovery/responder.ts';
import { SeededRandom } from '../../../support/random.ts';

const announcement = { peerId: 'peerAnn', name: 'Ann', protocolVersion: 1, tcpPort: 4002 };
const own = [...ownRecords(announcement, ['10.0.0.1']), enumerationRecord];

/** Everything that discovery does with a message, without the sockets. */
function swallow(bytes: Buffer, source: string, cache: PeerCache): void {
  const message = decodeMessage(bytes);
  if (!message) return;
  const records = [...message.answers, ...message.additionals];
  const origin = { learntBy: 'mdns', interfaceName: 'eth0', family: 'IPv4', source } as const;
  for (const presentation of readPresentations(records)) {
    assert.ok(Buffer.byteLength(presentation.name) <= 63);
    const addresses = addressesOf({ origin, presented: presentation.addresses, hasIPv6: true });
    cache.see({ ...origin, presentation, addresses }, 0);
  }
  for (const peerId of readGoodbyes(records)) cache.goodbye(peerId, origin);
  const answers = answersTo(message, own);
  if (!answers) return;
  const reply = replyWith(answers, own, announcement.peerId);
  encodeLegacyResponse(message, reply.answers, reply.additionals);
}

function seeds(): Buffer[] {
  const bob = { peerId: 'peerBob', name: 'Bob', protocolVersion: 1, quicPort: 4001 };
  return [
    encodeResponse(ownRecords(bob, ['10.0.0.2', 'fe80::2'])),
    encodeResponse(ownRecords(bob, ['10.0.0.2'], { ttlS: 0 })),
    ...encodeQuery({ questions: [{ type: 'PTR', name: serviceName }], additionals: ownRecords(bob, ['10.0.0.2']) }),
    ...encodeQuery({ questions: [{ type: 'SRV', name: `peerAnn.${serviceName}` }] }),
  ];
}

function mutate(seed: Buffer, random: SeededRandom): Buffer {
  const bytes = Buffer.from(seed);
  const changes = 1 + ((random.word() >>> 0) % 12);
  for (let change = 0; change < changes; change += 1)
    bytes[(random.word() >>> 0) % bytes.length] = (random.word() >>> 0) % 256;
  return (random.word() >>> 0) % 4 === 0 ? bytes.subarray(0, (random.word() >>> 0) % bytes.length) : bytes;
}

const test = suite('hostile discovery messages');

test('4,000 mutated and 4,000 random messages throw nothing', () => {
  const random = new SeededRandom('discovery');
  const cache = new PeerCache();
  const originals = seeds();
  let understood = 0;
  for (let round = 0; round < 4_000; round += 1) {
    const mutated = mutate(originals[round % originals.length] ?? Buffer.alloc(0), random);
    if (decodeMessage(mutated)) understood += 1;
    swallow(mutated, '10.0.0.66', cache);
    const noise = Buffer.alloc((random.word() >>> 0) % 1_400);
    for (let index = 0; index < noise.length; index += 1) noise[index] = (random.word() >>> 0) % 256;
    swallow(noise, '10.0.0.66', cache);
  }
  assert.ok(understood > 400, `${understood} mutated messages got past the decoder`);
  assert.ok(cache.peers().length <= cacheLimits.peersPerSource);
});

test('100,000 invented peers cost no more than the limit', () => {
  const cache = new PeerCache();
  const records = (peerId: string): ServiceRecord[] =>
    ownRecords({ ...announcement, peerId, name: 'n'.repeat(500) }, ['10.0.0.9']);
  for (let index = 0; index < 100_000; index += 1) {
    const origin = {
      learntBy: 'mdns',
      interfaceName: 'eth0',
      family: 'IPv4',
      source: `10.0.${index % 250}.9`,
    } as const;
    for (const presentation of readPresentations(records(`fake${index}`)))
      cache.see({ ...origin, presentation, addresses: [{ family: 'IPv4', address: origin.source }] }, index);
  }
  assert.is(cache.peers().length, cacheLimits.peers);
});

test('a pointer loop in a name ends', () => {
  const bytes = Buffer.alloc(40);
  bytes.writeUInt16BE(0x84_00, 2);
  bytes.writeUInt16BE(1, 6);
  bytes.writeUInt16BE(0xc0_0c, 12);
  assert.is(decodeMessage(bytes), undefined);
});

test.run();
