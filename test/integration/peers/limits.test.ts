import type { Stream } from '@libp2p/interface';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { encodeFrame, limits, protocols } from '../../../app/core/protocol/index.ts';
import { until } from '../../support/eventually.ts';
import { codeOf, FakeLibrary, gameOf, labNode } from '../../support/network-lab.ts';
import { SeededRandom } from '../../support/random.ts';
import { rawPeer, validHello } from '../../support/raw-peer.ts';
import { transports } from '../../support/transports.ts';

for (const transport of transports) {
  test(`a message of exactly 8 MiB passes, one byte more does not leave the sender (${transport})`, async () => {
    await using ann = await labNode();
    await using bob = await labNode();
    ann.network.handle('/test/large', async (stream) => {
      const text = await stream.readMessage(z.string(), 'text');
      await stream.writeMessage(text.length);
    });
    const peerId = await bob.network.connect(ann.address(transport));
    const stream = await bob.network.open(peerId, '/test/large');
    // Two bytes are the quotes.
    await stream.writeMessage('x'.repeat(limits.messageBytes - 2));
    assert.is(await stream.readMessage(z.number(), 'length'), limits.messageBytes - 2);
    const another = await bob.network.open(peerId, '/test/large');
    assert.is(await codeOf(another.writeMessage('x'.repeat(limits.messageBytes - 1))), 'FRAME_TOO_LARGE');
    another.abort(new Error('done'));
  });

  test(`the 32 streams of a peer are counted over all its protocols and connections (${transport})`, async () => {
    await using ann = await labNode();
    await using mallory = await rawPeer();
    let serving = 0;
    let most = 0;
    for (const protocol of ['/test/a', '/test/b'])
      ann.network.handle(protocol, async (stream) => {
        serving += 1;
        most = Math.max(most, serving);
        try {
          await stream.readSome(1);
        } finally {
          serving -= 1;
        }
      });
    const connection = await mallory.dial(ann.address(transport));
    const answer = await mallory.hello(connection);
    await answer.readFrame();
    await answer.close();
    await until('there is a session', () => ann.network.peers().length === 1);
    const second = await mallory.dial(ann.address(transport));
    const opened: Stream[] = [];
    for (let at = 0; at < 48; at += 1)
      try {
        opened.push(await mallory.stream(at % 2 === 0 ? connection : second, at % 3 === 0 ? '/test/a' : '/test/b'));
      } catch (error) {
        // A refused stream may be torn before it is open here; how many are refused is looked at below.
        assert.is(error instanceof Error && error.name, 'StreamResetError');
      }
    assert.ok(opened.length >= limits.streamsPerPeer, `${opened.length} were opened`);
    const refused = () => ann.log.filter(({ facts }) => facts['code'] === 'TOO_MANY_REQUESTS').length;
    await until('the others are refused', () => refused() === 48 - limits.streamsPerPeer);
    assert.is(most, limits.streamsPerPeer);
    for (const stream of opened) stream.abort(new Error('done'));
    await until('they are all over', () => serving === 0);
    await mallory.stream(connection, '/test/a');
    await until('there is room again', () => serving === 1);
  });
}

test('a thousand mutated Hellos, changes, goodbyes and pings do not bring a node down', async () => {
  await using ann = await labNode();
  await using mallory = await rawPeer();
  const random = new SeededRandom('mutants');
  const sound = [
    encodeFrame(validHello({ library: new FakeLibrary([gameOf('one'), gameOf('two')]).snapshot() })),
    encodeFrame(new FakeLibrary().change({ put: [gameOf('x')] })),
    encodeFrame({ reason: 'bye' }),
  ];
  const targets = [protocols.hello, protocols.library, protocols.goodbye, '/ipfs/ping/1.0.0'];
  let connection = await mallory.dial(ann.address('tcp'));
  let sent = 0;
  for (let round = 0; round < 1_000; round += 1) {
    const bytes = Buffer.from(random.pick(sound));
    for (let change = 1 + random.below(6); change > 0; change -= 1)
      bytes[random.below(bytes.length)] = random.below(256);
    const cut = random.below(4) === 0 ? random.below(bytes.length) : bytes.length;
    if (connection.status !== 'open') connection = await mallory.dial(ann.address('tcp'));
    try {
      const stream = await mallory.stream(connection, random.pick(targets));
      stream.send(bytes.subarray(0, cut));
      sent += 1;
      if (random.below(2) === 0) await stream.close();
      else stream.abort(new Error('cut off'));
    } catch {
      // The node may refuse what comes too fast; that is what is wanted of it.
    }
  }
  assert.ok(sent > 300, `${sent} were sent`);
  await using honest = await labNode();
  await honest.network.connect(ann.address());
  await until('an honest peer is there', () => ann.network.get(honest.network.peerId) !== undefined);
  assert.equal(
    ann.log.filter(({ level }) => level === 'error'),
    [],
  );
});

test.run();
