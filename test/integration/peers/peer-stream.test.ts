import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { until } from '../../support/eventually.ts';
import { codeOf, labNode, type LabNode } from '../../support/network-lab.ts';
import type { PeerStream } from '../../../app/core/peers/index.ts';
import { transports } from '../../support/transports.ts';

const protocol = '/test/bytes';
const mib = 1024 * 1024;

interface StreamPair extends AsyncDisposable {
  readonly ann: LabNode;
  readonly bob: LabNode;
  /** Bob's end. */
  readonly caller: PeerStream;
  /** Ann's end; her handler ends when `done` is called. */
  readonly called: PeerStream;
  done(): void;
}

/** Two ends of one stream between two nodes. */
async function streamPair(transport: 'quic' | 'tcp'): Promise<StreamPair> {
  await using starting = new AsyncDisposableStack();
  const ann = starting.use(await labNode());
  const bob = starting.use(await labNode());
  const arrived = Promise.withResolvers<PeerStream>();
  const done = Promise.withResolvers<void>();
  ann.network.handle(protocol, async (stream) => {
    arrived.resolve(stream);
    await done.promise;
  });
  const peerId = await bob.network.connect(ann.address(transport));
  const caller = await bob.network.open(peerId, protocol);
  // A stream comes to be at the other side with its first byte.
  await caller.writeMessage('begin');
  const called = await arrived.promise;
  assert.is(await called.readMessage(z.string(), 'begin'), 'begin');
  const running = starting.move();
  running.defer(() => done.resolve());
  return { ann, bob, caller, called, done: done.resolve, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Bytes that tell their place, so that a lost, doubled or swapped piece is seen. */
function pieceAt(index: number): Buffer {
  const piece = Buffer.alloc(mib);
  for (let at = 0; at < mib; at += 4) piece.writeUInt32LE((index * mib + at) >>> 0, at);
  return piece;
}

for (const transport of transports) {
  test(`whoever does not read makes the sender wait, and nothing is lost once it reads (${transport})`, async () => {
    await using pair = await streamPair(transport);
    const pieces = 24;
    let written = 0;
    const sending = (async () => {
      for (let index = 0; index < pieces; index += 1) {
        await pair.caller.write(pieceAt(index));
        written += 1;
      }
      await pair.caller.close();
    })();
    // Awaited at the end; a test that fails before shall say why by itself.
    sending.catch(() => undefined);
    let before = -1;
    let steadySinceMs = performance.now();
    await until('the sender waits', () => {
      if (written !== before) steadySinceMs = performance.now();
      before = written;
      return performance.now() - steadySinceMs > 1_000;
    });
    assert.ok(written < pieces, `${written} of ${pieces} MiB were taken though nobody read`);
    for (let index = 0; index < pieces; index += 1) {
      const piece = await pair.called.readBytes(mib);
      assert.ok(pieceAt(index).equals(piece), `piece ${index}`);
    }
    await sending;
    assert.is(await pair.called.readSome(1), undefined);
  });

  test(`a buffer may be used again as soon as its write is done (${transport})`, async () => {
    await using pair = await streamPair(transport);
    const buffer = Buffer.alloc(64 * 1024);
    const sending = (async () => {
      for (let value = 1; value <= 100; value += 1) await pair.caller.write(buffer.fill(value));
      await pair.caller.close();
    })();
    for (let value = 1; value <= 100; value += 1) {
      const piece = await pair.called.readBytes(buffer.length);
      assert.ok(
        piece.every((byte) => byte === value),
        `piece ${value}`,
      );
    }
    await sending;
  });

  test(`each side ends its own half and can go on reading (${transport})`, async () => {
    await using pair = await streamPair(transport);
    await pair.caller.writeMessage('question');
    await pair.caller.close();
    assert.is(await pair.called.readMessage(z.string(), 'question'), 'question');
    assert.is(await pair.called.readSome(10), undefined, 'the question is over');
    await pair.called.writeMessage('answer');
    await pair.called.close();
    assert.is(await pair.caller.readMessage(z.string(), 'answer'), 'answer');
    assert.is(await pair.caller.readSome(10), undefined);
  });

  test(`an abort of one side ends the waits of the other with PEER_GONE (${transport})`, async () => {
    await using pair = await streamPair(transport);
    const reading = codeOf(pair.called.readBytes(10));
    pair.caller.abort(new Error('enough'));
    assert.is(await reading, 'PEER_GONE');
    assert.is(await codeOf(pair.called.writeMessage('too late')), 'PEER_GONE');
    assert.is.not(await codeOf(pair.caller.readBytes(1)), 'no error');
  });

  test(`a stream ends with the signal it was opened with (${transport})`, async () => {
    await using pair = await streamPair(transport);
    const giveUp = new AbortController();
    const stream = await pair.bob.network.open(pair.ann.network.peerId, protocol, { signal: giveUp.signal });
    const reading = codeOf(stream.readBytes(1));
    giveUp.abort();
    assert.is(await reading, 'CANCELLED');
    assert.is(pair.bob.network.peers().length, 1, 'the session goes on');
  });

  test(`a message cut short is BAD_MESSAGE (${transport})`, async () => {
    await using pair = await streamPair(transport);
    await pair.caller.write(Buffer.from([0, 0, 0, 100, 1, 2, 3]));
    await pair.caller.close();
    assert.is(await codeOf(pair.called.readMessage(z.string(), 'message')), 'BAD_MESSAGE');
  });

  test(`a session carries many streams one after another, and a crowd waits for its turn (${transport})`, async () => {
    await using ann = await labNode();
    await using bob = await labNode();
    let most = 0;
    let now = 0;
    ann.network.handle('/test/echo', async (stream) => {
      now += 1;
      most = Math.max(most, now);
      const question = await stream.readMessage(z.int(), 'question');
      await stream.writeMessage(question);
      now -= 1;
    });
    const peerId = await bob.network.connect(ann.address(transport));
    const ask = async (question: number): Promise<number> => {
      const stream = await bob.network.open(peerId, '/test/echo');
      await stream.writeMessage(question);
      const answer = await stream.readMessage(z.int(), 'answer');
      await stream.close();
      return answer;
    };
    const questions = Array.from({ length: 300 }, (_, at) => at);
    assert.equal(await Promise.all(questions.map(ask)), questions);
    assert.ok(most <= 32, `${most} at a time`);
  });
}

test.run();
