import { decode, encode, type Question } from 'dns-packet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  decodeMessage,
  encodeLegacyResponse,
  enumerationName,
  enumerationRecord,
  ownRecords,
  pointerRecord,
  serviceName,
  type DecodedMessage,
  type ServiceRecord,
} from '../../../../app/core/peers/discovery/records.ts';
import { answersTo, replyWith } from '../../../../app/core/peers/discovery/responder.ts';

const announcement = { peerId: 'peerBob', name: 'Bob', protocolVersion: 1, tcpPort: 4002 };
const own = [...ownRecords(announcement, ['10.0.0.1', 'fe80::1']), enumerationRecord];
const instance = `peerBob.${serviceName}`;

function asked(type: string, name: string, known: ServiceRecord[] = []): DecodedMessage {
  // `ANY` is a question type that the library's types leave out.
  const question = { type: type as Question['type'], name };
  const message = decodeMessage(encode({ type: 'query', id: 77, questions: [question], answers: known }));
  if (!message) throw new Error('not a message');
  return message;
}

const kinds = (records: readonly ServiceRecord[] | undefined): string[] | undefined => records?.map(({ type }) => type);

const test = suite('discovery responder');

test('every kind of question gets its records', () => {
  assert.equal(kinds(answersTo(asked('PTR', serviceName), own)), ['PTR']);
  assert.equal(kinds(answersTo(asked('SRV', instance), own)), ['SRV']);
  assert.equal(kinds(answersTo(asked('TXT', instance), own)), ['TXT']);
  assert.equal(kinds(answersTo(asked('ANY', instance), own)), ['SRV', 'TXT']);
  assert.equal(kinds(answersTo(asked('A', 'peerBob.local'), own)), ['A']);
  assert.equal(kinds(answersTo(asked('AAAA', 'PEERBOB.LOCAL'), own)), ['AAAA']);
  assert.equal(answersTo(asked('PTR', enumerationName), own), [enumerationRecord]);
});

test('questions about others get no answer', () => {
  assert.is(answersTo(asked('PTR', '_ipp._tcp.local'), own), undefined);
  assert.is(answersTo(asked('ANY', `peerAnn.${serviceName}`), own), undefined);
  assert.is(answersTo(asked('MX', instance), own), undefined);
});

test('who knows the answer well enough gets none', () => {
  const knowing = (ttlS: number): string[] | undefined =>
    kinds(answersTo(asked('PTR', serviceName, [pointerRecord('peerBob', ttlS)]), own));
  assert.is(knowing(120), undefined);
  assert.is(knowing(60), undefined);
  assert.equal(knowing(59), ['PTR'], 'less than half of its life is left');
  assert.equal(kinds(answersTo(asked('PTR', serviceName, [pointerRecord('peerAnn', 120)]), own)), ['PTR']);
});

test('a known but outdated record is answered anew', () => {
  const old = ownRecords({ ...announcement, name: 'Robert' }, []).filter(({ type }) => type === 'TXT');
  const current = ownRecords(announcement, []).filter(({ type }) => type === 'TXT');
  assert.equal(kinds(answersTo(asked('TXT', instance, old), own)), ['TXT']);
  assert.is(answersTo(asked('TXT', instance, current), own), undefined);
});

test('an answer brings along what its reader would ask next', () => {
  const extras = (type: string, name: string): string[] | undefined => {
    const answers = answersTo(asked(type, name), own) ?? [];
    return kinds(replyWith(answers, own, 'peerBob').additionals);
  };
  assert.equal(extras('PTR', serviceName), ['SRV', 'TXT', 'A', 'AAAA']);
  assert.equal(extras('SRV', instance), ['TXT', 'A', 'AAAA']);
  assert.equal(extras('A', 'peerBob.local'), ['AAAA']);
  assert.equal(extras('PTR', enumerationName), []);
});

test('a resolver without multicast gets its id and question back, short lives and no flush bit', () => {
  const query = asked('PTR', serviceName);
  const reply = replyWith(answersTo(query, own) ?? [], own, 'peerBob');
  const packet = decode(encodeLegacyResponse(query, reply.answers, reply.additionals));
  assert.is(packet.id, 77);
  assert.is(packet.questions?.[0]?.name, serviceName);
  const records = [...(packet.answers ?? []), ...(packet.additionals ?? [])];
  assert.is(records.length, 5);
  for (const record of records) {
    assert.ok('ttl' in record && (record.ttl ?? 0) <= 10);
    assert.not('flush' in record && record.flush);
  }
});

test.run();
