import { readdir } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { test } from 'uvu';
import { LanspreadError, nodeFileSystem, parseGameId, parsePath } from '../../../app/core/base/index.ts';
import type { ServeStream } from '../../../app/core/streamed/index.ts';
import type { TlsLane } from '../../../app/core/lanes/index.ts';
import { until } from '../../support/eventually.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';
import { tlsStreamPair } from '../../support/tls-pair.ts';
import type { IncomingContent } from '../../../app/core/content/index.ts';

const ask = { op: 'stream-install', id: parseGameId('quake'), version: '1.0', root: 'ab'.repeat(32) } as const;
const sent = [
  { path: 'first.bin', bytes: Buffer.alloc(70_000, 1) },
  { path: 'second.bin', bytes: Buffer.alloc(70_000, 2) },
];
const wholeBytes = sent.reduce((sum, { bytes }) => sum + bytes.length, 0);

/** Tells the plan and so much of the content, and then nothing any more. */
function stalling(contentBytes: number): ServeStream {
  return async (_request, { outlet, signal }) => {
    const entries = sent.map(({ path, bytes }) => ({ path, size: bytes.length, kind: 'file' as const }));
    await outlet.say({ ok: true });
    await outlet.say({ kind: 'plan', entries: entries.length, totalBytes: wholeBytes });
    await outlet.say({ kind: 'entries', entries });
    outlet.expect([entries.map(({ size }) => size)]);
    await outlet.content(0, Buffer.concat(sent.map(({ bytes }) => bytes)).subarray(0, contentBytes));
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  };
}

async function withStream(
  serveStream: ServeStream,
  story: (parts: { client: TlsLane; stream: IncomingContent; folder: TempDir; stop: AbortController }) => Promise<void>,
): Promise<void> {
  await using folder = await tempDir('poured');
  await using pair = await tlsStreamPair(serveStream);
  const { client } = pair;
  const stop = new AbortController();
  const stream = await client.openStream('server', ask, { signal: stop.signal });
  await story({ client, stream, folder, stop });
}

const files = sent.map(({ path, bytes }) => ({
  path: parsePath(path, { atGameRoot: false }),
  sizeBytes: bytes.length,
  executable: false,
}));

function pour(stream: IncomingContent, folder: TempDir): Promise<string> {
  return stream.pour({ fileSystem: nodeFileSystem, folder: folder.path, files }, { onBytes() {} }).then(
    () => 'poured',
    (error: unknown) => (error instanceof LanspreadError ? error.code : String(error)),
  );
}

test('a thread that dies while it receives ends the stream, and nobody waits for it', () =>
  withStream(stalling(100_000), async ({ client, stream, folder }) => {
    const poured = pour(stream, folder);
    await until('it writes', async () => (await readdir(folder.path)).length > 0);
    // No type lets a length that is no number through; it throws where nothing catches, as a bug would.
    const block = { block: 0, offsetBytes: 0, lengthBytes: 1n as never, hash: '' };
    const request = { op: 'blocks', game: 'game', root: '0'.repeat(64), file: 0, first: 0, count: 1 } as never;
    const poisoned = { peerId: 'server', request, files: [{ path: '/nowhere', sizeBytes: 1, blocks: [block] }] };
    const signal = new AbortController().signal;
    await client.fetch(poisoned, { onBytes() {}, onBlock() {} }, { signal }).catch(() => {});
    assert.is(await poured, 'PEER_GONE');
    await stream[Symbol.asyncDispose]();
  }));

test('a stream that is given up before it is poured, or in the middle, is given up at once', async () => {
  await withStream(stalling(0), async ({ stream, folder }) => {
    await stream[Symbol.asyncDispose]();
    assert.is(await pour(stream, folder), 'CANCELLED');
    assert.equal(await readdir(folder.path), []);
  });
  await withStream(stalling(100_000), async ({ stream, folder, stop }) => {
    const poured = pour(stream, folder);
    await until('it writes', async () => (await readdir(folder.path)).length > 0);
    stop.abort(new LanspreadError('CANCELLED'));
    assert.is(await poured, 'CANCELLED');
    await stream[Symbol.asyncDispose]();
  });
});

test('a disk that refuses a file is the receiver’s own failure, with its code', () =>
  withStream(stalling(wholeBytes), async ({ stream, folder }) => {
    const code = await stream
      .pour({ fileSystem: nodeFileSystem, folder: folder.join('not there'), files }, { onBytes() {} })
      .then(
        () => 'poured',
        (error: unknown) => (error instanceof LanspreadError ? error.code : String(error)),
      );
    assert.is(code, 'IO_ERROR');
    await stream[Symbol.asyncDispose]();
  }));

test.run();
