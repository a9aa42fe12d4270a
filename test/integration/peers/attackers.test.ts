import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeFrame, limits, protocols, libraryDigest } from '../../../app/core/protocol/index.ts';
import { until } from '../../support/eventually.ts';
import { gameOf, labNode, type LabNode } from '../../support/network-lab.ts';
import { rawPeer, validHello, type RawPeer } from '../../support/raw-peer.ts';
import { transports } from '../../support/transports.ts';

/** The node took no harm: it has no session with the attacker, and an honest peer is welcome. */
async function assertWell(node: LabNode, transport: 'quic' | 'tcp'): Promise<void> {
  await using honest = await labNode({ games: [gameOf('honest')] });
  const peerId = await honest.network.connect(node.address(transport));
  assert.is(peerId, node.network.peerId);
  await until('an honest peer is there', () => node.network.get(honest.network.peerId)?.games.size === 1);
  assert.equal(
    node.log.filter(({ level }) => level === 'error'),
    [],
  );
}

/** Waits until the other side ends the stream, by an end or an error; what comes before is thrown away. */
async function closed(work: { readSome(most: number): Promise<Uint8Array | undefined> }): Promise<void> {
  try {
    while (await work.readSome(64 * 1024)) continue;
  } catch {
    // A torn stream is closed as well.
  }
}

/** Sends bytes as the first thing on a Hello stream and waits until the node hangs up on it. */
async function sendRaw(mallory: RawPeer, node: LabNode, { bytes, over }: { bytes: Uint8Array; over: 'quic' | 'tcp' }) {
  const connection = await mallory.dial(node.address(over));
  const stream = await mallory.open(connection, protocols.hello);
  // The node may hang up before it has taken everything.
  await stream.write(bytes).catch(() => undefined);
  await closed(stream);
  return connection;
}

const prefix = (length: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
};
const oversizedLibrary = () => {
  const games = Array.from({ length: limits.helloGames + 1 }, (_, at) => gameOf(`g${at}`));
  return { revision: 1, digest: libraryDigest(games), games };
};

const spoiltHellos: Record<string, () => Uint8Array> = {
  'a prefix beyond the limit': () => Buffer.concat([prefix(limits.messageBytes + 1), Buffer.alloc(1_000)]),
  'the largest prefix there is': () => Buffer.concat([prefix(0xffff_ffff), Buffer.alloc(1_000)]),
  'an empty body': () => prefix(0),
  'what is no JSON': () => Buffer.concat([prefix(5), Buffer.from('{"a":')]),
  'what is no UTF-8': () => Buffer.concat([prefix(2), Buffer.from([0xc3, 0x28])]),
  'an array': () => encodeFrame([]),
  null: () => encodeFrame(null),
  'deep nesting': () => encodeFrame(JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`)),
  'a wrong type': () => encodeFrame({ ...validHello(), name: 7 }),
  'a name beyond the limit': () => encodeFrame(validHello({ name: 'x'.repeat(limits.textLength + 1) })),
  'a port that is none': () =>
    encodeFrame(validHello({ lane: { addresses: [{ host: '', port: 70_000 }], fingerprint: 'ab'.repeat(32) } })),
  'a game id that climbs': () =>
    encodeFrame({
      ...validHello(),
      library: { revision: 1, digest: '0'.repeat(64), games: [{ ...gameOf('x'), id: '../x' }] },
    }),
  '20,001 games': () => encodeFrame(validHello({ library: oversizedLibrary() })),
  'a digest that lies': () =>
    encodeFrame(validHello({ library: { revision: 1, digest: '0'.repeat(64), games: [gameOf('x')] } })),
};

for (const over of transports) {
  test(`a Hello that breaks the rules ends its stream and nothing else (${over})`, async () => {
    await using ann = await labNode();
    for (const [what, make] of Object.entries(spoiltHellos)) {
      await using mallory = await rawPeer();
      const lines = ann.log.length;
      const connection = await sendRaw(mallory, ann, { bytes: make(), over });
      await until(`${what} is in the log`, () =>
        ann.log.slice(lines).some(({ facts }) => ['BAD_MESSAGE', 'FRAME_TOO_LARGE'].includes(String(facts['code']))),
      );
      assert.equal(ann.network.peers(), [], what);
      connection.abort(new Error('done'));
    }
    await assertWell(ann, over);
  });

  test(`a peer that is called and answers nonsense gets no session (${over})`, async () => {
    await using ann = await labNode();
    for (const [what, make] of Object.entries(spoiltHellos)) {
      await using mallory = await rawPeer();
      await mallory.serve(protocols.hello, async (stream) => {
        await stream.write(make());
        await stream.close();
      });
      let code = 'no error';
      await ann.network.connect(mallory.address(over)).catch((error: { code: string }) => void (code = error.code));
      assert.ok(['BAD_MESSAGE', 'FRAME_TOO_LARGE', 'PEER_GONE'].includes(code), `${what}: ${code}`);
      assert.equal(ann.network.peers(), [], what);
    }
    await assertWell(ann, over);
  });

  test(`a peer that never answers Hello is given up in time, and is no session (${over})`, async () => {
    await using ann = await labNode();
    await using mallory = await rawPeer();
    const hung = Promise.withResolvers<void>();
    await mallory.serve(protocols.hello, async () => await hung.promise);
    const startedMs = performance.now();
    let code = 'no error';
    await ann.network.connect(mallory.address(over)).catch((error: { code: string }) => void (code = error.code));
    assert.is(code, 'PEER_TIMEOUT');
    assert.ok(performance.now() - startedMs < 9_000);
    await until('the connection is closed', () => mallory.node.getConnections().length === 0);
    hung.resolve();
    await assertWell(ann, over);
  });

  test(`a Hello that drips in byte by byte does not hold the stream for ever (${over})`, async () => {
    await using ann = await labNode();
    await using mallory = await rawPeer();
    const stream = await mallory.open(await mallory.dial(ann.address(over)), protocols.hello);
    let isOver = false;
    const ending = closed(stream).then(() => void (isOver = true));
    const frame = encodeFrame(validHello());
    const startedMs = performance.now();
    for (let at = 0; at < frame.length && !isOver && performance.now() - startedMs < 20_000; at += 1) {
      await stream.write(frame.subarray(at, at + 1)).catch(() => undefined);
      await Promise.race([ending, new Promise((resolve) => setTimeout(resolve, 200))]);
    }
    assert.ok(isOver, 'the node hung up');
    assert.ok(performance.now() - startedMs < 13_000);
    assert.equal(ann.network.peers(), []);
    await assertWell(ann, over);
  });

  test(`with a session, nonsense on any protocol ends its stream and the session goes on (${over})`, async () => {
    await using ann = await labNode();
    await using mallory = await rawPeer();
    const connection = await mallory.dial(ann.address(over));
    await (await mallory.hello(connection)).readBytes(4);
    await until('the session is there', () => ann.network.peers().length === 1);
    const nonsense = [
      Buffer.concat([prefix(0xffff_ffff), Buffer.alloc(100)]),
      Buffer.concat([prefix(3), Buffer.from('{{{')]),
      encodeFrame({ from: -1, to: 'x', upserts: {}, removed: 7 }),
    ];
    for (const protocol of [protocols.library, protocols.goodbye, protocols.hello])
      for (const bytes of nonsense) {
        // A goodbye has no field that must be there.
        if (protocol === protocols.goodbye && bytes === nonsense[2]) continue;
        const stream = await mallory.open(connection, protocol);
        await stream.write(bytes).catch(() => undefined);
        await closed(stream);
        assert.is(ann.network.peers().length, 1, protocol);
      }
    await (await mallory.hello(connection, validHello({ name: 'still here' }))).readBytes(4);
    await until('it can still talk', () => ann.network.peers()[0]?.name === 'still here');
  });

  test(`a peer holds at most 32 streams, and gets new ones when it ends some (${over})`, async () => {
    await using ann = await labNode();
    await using mallory = await rawPeer();
    let held = 0;
    let most = 0;
    const release = Promise.withResolvers<void>();
    ann.network.handle('/test/hold', async (stream) => {
      held += 1;
      most = Math.max(most, held);
      await stream.writeMessage('held');
      await release.promise;
      held -= 1;
    });
    const connection = await mallory.dial(ann.address(over));
    await (await mallory.hello(connection)).readBytes(4);
    await until('the session is there', () => ann.network.peers().length === 1);
    const streams: Disposable[] = [];
    const one = async (): Promise<boolean> => {
      // A refusal is a reset: it may overtake the answer to the stream's opening, or come after it.
      try {
        const stream = await mallory.open(connection, '/test/hold');
        streams.push(stream);
        await stream.readBytes(4);
        return true;
      } catch {
        return false;
      }
    };
    const results = await Promise.all(Array.from({ length: 48 }, one));
    assert.ok(most <= limits.streamsPerPeer, `${most} at a time`);
    assert.ok(results.includes(false), 'some were refused');
    assert.is(ann.network.peers().length, 1);
    release.resolve();
    await until('all are over', () => held === 0);
    for (const stream of streams) stream[Symbol.dispose]();
    await until('there is room again', one);
  });
}

test('strangers of one address get only so many connections, and a node full of strangers still takes honest ones', async () => {
  await using ann = await labNode();
  await using mallory = await rawPeer();
  const results = await Promise.allSettled(Array.from({ length: 40 }, () => mallory.dial(ann.address('tcp'))));
  const open = (): number => mallory.node.getConnections().filter(({ status }) => status === 'open').length;
  await until('the rest was refused', () => open() <= limits.handshakesPerAddress);
  assert.ok(results.length === 40);
  for (const connection of mallory.node.getConnections()) connection.abort(new Error('done'));
  await until('the places are free', () => open() === 0);
  await until('an honest peer is welcome', async () => {
    await using honest = await labNode();
    return await honest.network.connect(ann.address('tcp')).then(
      () => true,
      () => false,
    );
  });
});

test.run();
