import { readFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  blake3Hex,
  nodeFileSystem,
  parsePath,
  type FileHandle,
  type FileSystem,
} from '../../../app/core/base/index.ts';
import { ContentWriter } from '../../../app/core/install/content-writer.ts';
import { tempDir } from '../../support/temp.ts';

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

test.run();
