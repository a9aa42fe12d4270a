import { Duplex } from 'node:stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Message } from 'vscode-jsonrpc/node';
import { TrafficCount } from '../../../app/core/extensions/host/open-link.ts';
import {
  encodeLinkFrame,
  LinkFrameReader,
  maxJsonBytes,
  maxOpenRequests,
  maxPieceBytes,
  maxRequestsPerSecond,
  maxUnaskedPerSecond,
} from '../../../app/core/extensions/wire/index.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** A pipe of which only the reading end is used. */
function pipe(): Duplex {
  return new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
}

interface Reading {
  readonly stream: Duplex;
  readonly reader: LinkFrameReader;
  readonly messages: Message[];
  readonly violations: string[];
}

function read(): Reading {
  const stream = pipe();
  const messages: Message[] = [];
  const violations: string[] = [];
  const reader = new LinkFrameReader(stream, { onViolation: ({ message }) => violations.push(message) });
  reader.listen((message) => messages.push(message));
  return { stream, reader, messages, violations };
}

const turn = (): Promise<void> => new Promise(setImmediate);
const frameOf = (message: object): Buffer => Buffer.concat(encodeLinkFrame(message));

test('messages arrive whole, with their bytes, however the pipe cuts them', async () => {
  const sent = [
    { jsonrpc: '2.0', id: 1, method: 'a', params: { x: 'ä€😀' } },
    { jsonrpc: '2.0', id: 2, result: { more: true, bytes: Buffer.from('piece') } },
    { jsonrpc: '2.0', method: 'b', params: { bytes: Buffer.alloc(0) } },
  ];
  const all = Buffer.concat(sent.map(frameOf));
  for (const step of [1, 2, 7, 9, all.length]) {
    const { stream, messages, violations } = read();
    for (let from = 0; from < all.length; from += step) stream.push(all.subarray(from, from + step));
    await turn();
    assert.equal(violations, []);
    assert.equal(JSON.parse(JSON.stringify(messages)), JSON.parse(JSON.stringify(sent)), `in steps of ${step}`);
    const [, , empty] = messages as unknown as { params: { bytes: Uint8Array } }[];
    assert.instance(empty?.params.bytes, Uint8Array);
  }
});

test('what is too long, no JSON or no JSON-RPC ends the reading at once', async () => {
  const header = (json: number, piece: number): Buffer => {
    const buffer = Buffer.alloc(8);
    buffer.writeUInt32LE(json, 0);
    buffer.writeUInt32LE(piece, 4);
    return buffer;
  };
  const text = (json: string): Buffer => Buffer.concat([header(Buffer.byteLength(json), 0), Buffer.from(json)]);
  const bad: [Buffer, RegExp][] = [
    [header(maxJsonBytes + 1, 0), /too long/],
    [header(2, maxPieceBytes + 2), /too long/],
    [header(0xffff_ffff, 0xffff_ffff), /too long/],
    [text('{'), /not JSON/],
    [text('[]'), /not JSON-RPC/],
    [text('{"jsonrpc":"1.0"}'), /not JSON-RPC/],
    [Buffer.concat([header(17, 2), Buffer.from('{"jsonrpc":"2.0"}x')]), /no place/],
  ];
  for (const [bytes, reason] of bad) {
    const { stream, messages, violations } = read();
    stream.push(bytes);
    stream.push(frameOf({ jsonrpc: '2.0', method: 'after' }));
    await turn();
    assert.is(violations.length, 1, String(reason));
    assert.match(violations[0] ?? '', reason);
    assert.equal(messages, [], 'nothing behind it is listened to');
  }
});

test('nobody sends what the other end would refuse', () => {
  assert.throws(() => encodeLinkFrame({ jsonrpc: '2.0', params: { text: 'x'.repeat(maxJsonBytes) } }), /too long/);
  assert.throws(
    () => encodeLinkFrame({ jsonrpc: '2.0', params: { bytes: Buffer.alloc(maxPieceBytes + 1) } }),
    /too long/,
  );
});

test('a reader that holds takes no further message until it is released', async () => {
  const { stream, reader, messages } = read();
  stream.push(frameOf({ jsonrpc: '2.0', method: 'first' }));
  await turn();
  reader.hold();
  stream.push(frameOf({ jsonrpc: '2.0', method: 'second' }));
  await turn();
  assert.is(messages.length, 1);
  reader.release();
  await turn();
  assert.is(messages.length, 2);
});

// The outline is what is counted; the rest does not matter here.
const message = (fields: object): Message => ({ jsonrpc: '2.0', ...fields }) as Message;

test('floods are counted by the second: of notices and answers they end it, of requests they slow it down', async () => {
  const clock = new VirtualClock();
  const notices = new TrafficCount(clock);
  for (let count = 0; count < maxUnaskedPerSecond; count += 1) notices.received(message({ method: 'log' }));
  assert.throws(() => notices.received(message({ method: 'log' })), /nobody asked for/);

  const answers = new TrafficCount(clock);
  for (let count = 0; count < maxUnaskedPerSecond; count += 1) answers.received(message({ id: count, result: {} }));
  await clock.advance(1_000);
  assert.is(answers.received(message({ id: 1, result: {} })), 'pass', 'a new second');

  const requests = new TrafficCount(clock);
  for (let id = 1; id < maxRequestsPerSecond; id += 1) {
    assert.is(requests.received(message({ id, method: 'x' })), 'pass');
    requests.sent(message({ id, result: {} }));
  }
  assert.is(requests.received(message({ id: maxRequestsPerSecond, method: 'x' })), 'wait');
});

test('requests that are not answered yet have a limit, ids a form, and no two are the same', () => {
  const traffic = new TrafficCount(new VirtualClock());
  for (let id = 0; id < maxOpenRequests; id += 1) traffic.received(message({ id, method: 'x' }));
  assert.throws(() => traffic.received(message({ id: maxOpenRequests, method: 'x' })), /at a time/);
  assert.throws(() => new TrafficCount(new VirtualClock()).received(message({ id: 'x', method: 'x' })), /proper id/);
  assert.throws(() => new TrafficCount(new VirtualClock()).received(message({ method: 7 })), /no method/);
  assert.throws(
    () => new TrafficCount(new VirtualClock()).received(message({ method: '$/cancelRequest', params: null })),
    /proper id/,
  );
  const twice = new TrafficCount(new VirtualClock());
  twice.received(message({ id: 1, method: 'x' }));
  assert.throws(() => twice.received(message({ id: 1, method: 'x' })), /one id/);
});

test.run();
