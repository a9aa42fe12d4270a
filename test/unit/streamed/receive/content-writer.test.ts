import { readFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  blake3Hex,
  nodeFileSystem,
  parsePath,
  type FileHandle,
  type FileSystem,
} from '../../../../app/core/base/index.ts';
import { ContentWriter } from '../../../../app/core/streamed/receive/content-writer.ts';
import { tempDir } from '../../../support/temp.ts';

const files = Array.from({ length: 20 }, (_, index) => ({
  path: parsePath(`${index}.cfg`, { atGameRoot: false }),
  sizeBytes: 5,
  executable: false,
}));
const textOf = (index: number): string => `${index}`.padEnd(5, '.');
const content = (): Buffer => Buffer.from(files.map((_, index) => textOf(index)).join(''));

/** A disk that flushes only once it is told to, well or badly. */
function slowDisk(): { fileSystem: FileSystem; flush: PromiseWithResolvers<void>; closed: () => number } {
  const flush = Promise.withResolvers<void>();
  flush.promise.catch(() => {});
  let closed = 0;
  const held = (handle: FileHandle): FileHandle => {
    const close = async (): Promise<void> => {
      closed += 1;
      await handle.close();
    };
    return {
      read: (buffer, position) => handle.read(buffer, position),
      write: (buffer, position) => handle.write(buffer, position),
      truncate: (sizeBytes) => handle.truncate(sizeBytes),
      sync: () => flush.promise,
      close,
      [Symbol.asyncDispose]: close,
    };
  };
  const open: FileSystem['open'] = async (path, mode) => held(await nodeFileSystem.open(path, mode));
  return { fileSystem: { ...nodeFileSystem, open }, flush, closed: () => closed };
}

test('small files are written while those before them are flushed, and all are flushed and closed in the end', async () => {
  await using folder = await tempDir('content');
  const { fileSystem, flush, closed } = slowDisk();
  await using writer = new ContentWriter(fileSystem, { folder: folder.path, files });
  const piece = content();
  await writer.write(piece);
  // The caller's again: what is still being flushed does not need them.
  piece.fill(0);
  for (const [index, { path }] of files.entries())
    assert.is(await readFile(folder.join(path), 'utf8'), textOf(index), path);
  let isFinished = false;
  const finishing = writer.finish().then((hashes) => {
    isFinished = true;
    return hashes;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.not(isFinished, 'nothing is finished before it is flushed');
  assert.is(closed(), 0);
  flush.resolve();
  assert.equal(
    await finishing,
    files.map((_, index) => blake3Hex(textOf(index))),
  );
  assert.is(closed(), files.length);
});

test('a file that cannot be flushed fails the whole, and every file is closed', async () => {
  await using folder = await tempDir('content');
  const { fileSystem, flush, closed } = slowDisk();
  {
    await using writer = new ContentWriter(fileSystem, { folder: folder.path, files });
    await writer.write(content());
    flush.reject(new Error('the disk is gone'));
    await writer.finish().then(
      () => assert.unreachable('it is not whole'),
      (error: unknown) => assert.match(String(error), 'the disk is gone'),
    );
  }
  assert.is(closed(), files.length);
});

test('a small file that cannot be made while the large one after it is opened fails the piece, and nothing else', async () => {
  await using folder = await tempDir('content');
  const opened = Promise.withResolvers<void>();
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    async open(path, mode) {
      if (path.endsWith('small')) throw new Error('the disk is gone');
      await opened.promise;
      return await nodeFileSystem.open(path, mode);
    },
  };
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', onUnhandled);
  try {
    await using writer = new ContentWriter(fileSystem, {
      folder: folder.path,
      files: [
        { path: parsePath('small', { atGameRoot: false }), sizeBytes: 5, executable: false },
        { path: parsePath('large', { atGameRoot: false }), sizeBytes: 50, executable: false },
      ],
    });
    const writing = writer.write(Buffer.alloc(20)).then(
      () => 'written',
      (error: unknown) => String(error),
    );
    // Node looks for rejections that nobody heard at the end of a turn.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    opened.resolve();
    assert.match(await writing, 'the disk is gone');
  } finally {
    process.off('unhandledRejection', onUnhandled);
  }
  assert.equal(unhandled, []);
});

test.run();
