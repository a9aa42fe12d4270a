import * as assert from 'uvu/assert';
import { type Answer, decode, encode } from 'dns-packet';
import { suite } from 'uvu';
import {
  decodeMessage,
  encodeQuery,
  encodeResponse,
  ownRecords,
  pointedPeerId,
  pointerRecord,
  readGoodbyes,
  readPresentations,
  serviceName,
  type ServiceRecord,
} from '../../../../app/core/peers/discovery/records.ts';

const announcement = { peerId: 'peerBob', name: 'Bob', protocolVersion: 3, quicPort: 4001, tcpPort: 4002 };

/** Over the wire and back. */
function travel(records: readonly ServiceRecord[]): readonly ServiceRecord[] {
  return decodeMessage(encodeResponse(records))?.answers ?? [];
}

function textRecord(lines: readonly string[], name = `peerBob.${serviceName}`): ServiceRecord {
  return { type: 'TXT', name, ttl: 120, class: 'IN', data: lines.map((line) => Buffer.from(line)) };
}

const test = suite('discovery records');

test('what a node announces is what another reads', () => {
  const records = travel(ownRecords(announcement, ['192.168.1.5', 'fe80::5', 'fd00::5']));
  assert.equal(readPresentations(records), [
    {
      peerId: 'peerBob',
      name: 'Bob',
      protocol: 3,
      udpPort: 4001,
      tcpPort: 4002,
      ttlMs: 120_000,
      addresses: ['192.168.1.5', 'fe80::5', 'fd00::5'],
    },
  ]);
  assert.equal(readGoodbyes(records), []);
});

test('a goodbye is no presentation, and names its peer', () => {
  const records = travel(ownRecords(announcement, ['192.168.1.5'], { ttlS: 0 }));
  assert.equal(readPresentations(records), []);
  assert.equal(readGoodbyes(records), ['peerBob']);
});

test('the service record points to an own host name and carries the dialled port', () => {
  const { answers } = decode(encodeResponse(ownRecords(announcement, ['10.0.0.1'])));
  const service = answers?.find((record): record is Answer & { type: 'SRV' } => record.type === 'SRV');
  assert.is(service?.data.port, 4001);
  assert.is(service?.data.target, 'peerBob.local');
});

test('only what one node owns alone has the cache-flush bit', () => {
  const flushed = ownRecords(announcement, ['10.0.0.1']).filter((record) => record.flush);
  assert.equal(
    flushed.map(({ type }) => type),
    ['SRV', 'TXT', 'A'],
  );
});

test('a full announcement fits in one frame', () => {
  const long = { ...announcement, peerId: 'P'.repeat(52), name: '🎮'.repeat(200) };
  const bytes = encodeResponse(ownRecords(long, ['10.0.0.1', '10.0.0.2', 'fe80::1234:5678:9abc:def0', 'fd00::1']));
  assert.ok(bytes.length < 1_200, `${bytes.length} bytes`);
});

test('a long name is cut between characters, and what could forge a list is taken out', () => {
  const nameAfter = (name: string): string | undefined =>
    readPresentations(travel(ownRecords({ ...announcement, name }, [])))[0]?.name;
  assert.is(nameAfter('🎮'.repeat(40)), '🎮'.repeat(15));
  assert.is(nameAfter('evil\nlog line\u0007'), 'evillog line');
  assert.is(nameAfter('\u202egnp.exe'), 'gnp.exe');
  assert.is(nameAfter('  '), '');
});

test('records that lie about their shape are no presentation', () => {
  const good = ['id=peerBob', 'proto=1', 'name=Bob', 'tcp=4002'];
  assert.is(readPresentations(travel([textRecord(good)])).length, 1);
  const bad: string[][] = [
    [],
    ['proto=1'],
    ['id=peerAnn', 'proto=1'],
    ['id=peerBob', 'proto=one'],
    ['id=peerBob', 'proto=-1'],
    ['id=peerBob', 'proto=99999999999999999999'],
    ['id=peerBob', 'proto=1', 'tcp=0'],
    ['id=peerBob', 'proto=1', 'tcp=65536'],
    ['id=peerBob', 'proto=1', 'quic=0x10'],
    ['id=../../etc', 'proto=1'],
  ];
  for (const lines of bad) assert.equal(readPresentations(travel([textRecord(lines)])), [], lines.join());
  assert.equal(readPresentations(travel([textRecord(good, 'peerBob._other._udp.local')])), []);
});

test('the first of equal keys counts, unknown keys are skipped, and no key reaches the prototype', () => {
  const lines = ['id=peerBob', 'proto=1', 'proto=2', 'novelty=x', '__proto__=y', 'constructor=z', '=', 'flag'];
  assert.is(readPresentations(travel([textRecord(lines)]))[0]?.protocol, 1);
});

test('addresses nobody can dial are left out, and of many only eight stay', () => {
  const presented = (addresses: readonly string[]): readonly string[] | undefined =>
    readPresentations(travel(ownRecords(announcement, addresses)))[0]?.addresses;
  const useless = ['0.0.0.0', '127.0.0.1', '224.0.0.251', '255.255.255.255', '::1', '::', 'ff02::fb'];
  assert.equal(presented([...useless, '10.0.0.1']), ['10.0.0.1']);
  assert.is(presented(Array.from({ length: 40 }, (_, index) => `10.0.0.${index + 1}`))?.length, 8);
});

test('another host’s addresses are not the peer’s', () => {
  const foreign: ServiceRecord = { type: 'A', name: 'peerAnn.local', ttl: 120, class: 'IN', data: '10.0.0.66' };
  const records = travel([...ownRecords(announcement, ['10.0.0.1']), foreign]);
  assert.equal(readPresentations(records)[0]?.addresses, ['10.0.0.1']);
});

test('lifetimes stay within bounds', () => {
  const life = (ttlS: number): number | undefined =>
    readPresentations(travel(ownRecords(announcement, [], { ttlS })))[0]?.ttlMs;
  assert.is(life(1), 10_000);
  assert.is(life(4_294_967_295), 600_000);
});

test('a long list of known answers is split, every part but the last marked as followed', () => {
  const knownAnswers = Array.from({ length: 60 }, (_, index) => pointerRecord(`peer${'x'.repeat(40)}${index}`, 100));
  const messages = encodeQuery({ questions: [{ type: 'PTR', name: serviceName }], knownAnswers });
  const read = messages.map(decodeMessage);
  assert.ok(messages.length > 1 && messages.every(({ length }) => length < 1_500));
  assert.equal(
    read.map((message) => message?.questions.length),
    messages.map((_, index) => (index === 0 ? 1 : 0)),
  );
  assert.equal(
    read.map((message) => message?.truncated),
    messages.map((_, index) => index < messages.length - 1),
  );
  assert.is(read.flatMap((message) => message?.answers ?? []).length, 60);
});

test('a pointer of another service leads nowhere', () => {
  const pointer = (name: string, data: string): ServiceRecord => ({ type: 'PTR', name, ttl: 1, data });
  assert.is(pointedPeerId(pointer(serviceName, `peerBob.${serviceName}`)), 'peerBob');
  assert.is(pointedPeerId(pointer(serviceName.toUpperCase(), `peerBob.${serviceName}`)), 'peerBob');
  assert.is(pointedPeerId(pointer('_ipp._tcp.local', `peerBob.${serviceName}`)), undefined);
  assert.is(pointedPeerId(pointer(serviceName, 'peerBob._ipp._tcp.local')), undefined);
  assert.is(pointedPeerId(pointer(serviceName, '.')), undefined);
});

test('messages with an error, another opcode or absurd counts are ignored', () => {
  const good = encodeResponse(ownRecords(announcement, []));
  assert.ok(decodeMessage(good));
  const withWord = (offset: number, value: number): Buffer => {
    const copy = Buffer.from(good);
    copy.writeUInt16BE(value, offset);
    return copy;
  };
  assert.is(decodeMessage(withWord(2, 0x84_03)), undefined);
  assert.is(decodeMessage(withWord(2, 0xa4_00)), undefined);
  assert.is(decodeMessage(withWord(4, 65_535)), undefined);
  assert.is(decodeMessage(good.subarray(0, 11)), undefined);
  assert.is(decodeMessage(Buffer.alloc(0)), undefined);
  assert.ok(decodeMessage(encode({ type: 'query', questions: [] })));
});

test.run();
