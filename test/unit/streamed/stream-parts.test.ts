import { rm, utimes, writeFile } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { test } from 'uvu';
import { blake3Hex, LanspreadError, nodeFileSystem, parseGameId } from '../../../app/core/base/index.ts';
import type { FileIdentity } from '../../../app/core/state/index.ts';
import { pouring } from '../../../app/core/streamed/receive/content-writer.ts';
import { receiveStream } from '../../../app/core/streamed/receive/receive-stream.ts';
import { assertPayloadUnchanged } from '../../../app/core/blocks/serve/serve-gate.ts';
import { FileHashes } from '../../../app/core/streamed/frames.ts';
import { findSenders } from '../../../app/core/streamed/receive/senders.ts';
import type { StreamLane } from '../../../app/core/streamed/index.ts';
import { fakeGame, FakeSwarm } from '../../support/fake-swarm.ts';
import { honest, roadOf } from '../../support/stream-frames.ts';
import { tempDir } from '../../support/temp.ts';

test('hashes are of the files whatever the pieces, empty files included', () => {
  const sizes = [0, 3, 0, 0, 5, 1, 0];
  const bytes = Buffer.from('abcdefghi');
  const wanted = ['', 'abc', '', '', 'defgh', 'i', ''].map((text) => blake3Hex(text));
  for (const piece of [1, 2, 4, 9]) {
    const files = new FileHashes(sizes);
    const hashes: string[] = [];
    for (let at = 0; at < bytes.length; at += piece) {
      files.add(bytes.subarray(at, at + piece));
      hashes.push(...files.take());
    }
    hashes.push(...Array.from(files.end()).flat());
    assert.equal(hashes, wanted, `pieces of ${piece}`);
  }
  const short = new FileHashes(sizes);
  short.add(bytes.subarray(0, 4));
  assert.throws(() => Array.from(short.end()), /missing/);
  assert.throws(() => new FileHashes(sizes).add(Buffer.alloc(10)), /more bytes/);
});

const reached = (road: string[], name: string): StreamLane => ({
  async openStream(peerId, _request, { signal }) {
    road.push(name);
    const { ok, plan, entries, content, hashes, verdict } = honest([{ path: 'a', bytes: Buffer.from('a') }]);
    const bytes = roadOf([ok, plan, entries, content, hashes, verdict]);
    return pouring(await receiveStream(bytes, { peerId, signal }), { signal });
  },
});
const unreachable = (road: string[], name: string): StreamLane => ({
  async openStream() {
    road.push(name);
    throw new LanspreadError('PEER_UNREACHABLE');
  },
});

test('senders are those of the winning manifest; where the byte lane does not reach one, the other road is taken', async () => {
  const swarm = new FakeSwarm();
  const game = fakeGame({ 'game.eti': Buffer.from('payload') });
  for (const peerId of ['anna', 'bela', 'cora']) swarm.add(peerId, game);
  swarm.add('mallory', fakeGame({ 'game.eti': Buffer.from('another') }));
  const road: string[] = [];
  const [tls, libp2p] = [unreachable(road, 'tls'), reached(road, 'libp2p')];
  let lane = tls;
  const lanes = {
    of: () => lane,
    onFailed: (_peerId: string, failed: StreamLane) => {
      if (failed !== tls) return false;
      lane = libp2p;
      return true;
    },
  };
  const { signal } = new AbortController();
  const request = { gameId: parseGameId('game'), version: '2' };
  const found = await findSenders({ peers: swarm.network, lanes }, request, { signal });
  assert.equal(found.senders.map(({ peerId }) => peerId).toSorted(), ['anna', 'bela', 'cora']);
  assert.equal([found.manifestRoot, found.payloadBytes], [game.hashed.root, 7]);
  await using stream = await found.senders[0]?.open({ signal });
  assert.equal([stream?.entries.length, road], [1, ['tls', 'libp2p']]);
});

test('a payload that is not what it was when it was hashed is not given as a whole', async () => {
  await using temp = await tempDir('payload');
  const { hashed } = fakeGame({ 'game.eti': Buffer.from('payload'), 'empty.cfg': Buffer.alloc(0) });
  const { manifest } = hashed;
  const path = temp.join('game.eti');
  await writeFile(path, 'payload');
  await writeFile(temp.join('version.ini'), manifest.sentinel);
  const { mtimeNs, inode } = await nodeFileSystem.lstat(path);
  const stale: string[] = [];
  const look = async (): Promise<string> => {
    const options = {
      fileSystem: nodeFileSystem,
      blocks: {
        get: (file: FileIdentity) => (file.mtimeNs === mtimeNs && file.inode === inode ? ['hash'] : undefined),
      },
      onStale: (id: string) => void stale.push(id),
    };
    return await assertPayloadUnchanged({ gameRoot: temp.path, manifest }, options).then(
      () => 'given',
      (error: unknown) => (error instanceof LanspreadError ? error.code : String(error)),
    );
  };
  assert.is(await look(), 'given');
  await utimes(path, 1, 1);
  assert.is(await look(), 'NOT_SERVED');
  await rm(path);
  assert.is(await look(), 'NOT_SERVED');
  await writeFile(temp.join('version.ini'), 'version = another\n');
  assert.is(await look(), 'MANIFEST_MISMATCH');
  await rm(temp.join('version.ini'));
  assert.is(await look(), 'GAME_NOT_FOUND');
  assert.equal(stale, ['game', 'game', 'game', 'game'], 'the library is told to look again');
});

test.run();
