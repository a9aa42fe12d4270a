import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { blake3Hex, LanspreadError } from '../../../../../app/core/base/index.ts';
import { BlockSink } from '../../../../../app/core/lanes/tls/worker/block-sink.ts';
import type { FileWrite } from '../../../../../app/core/lanes/types.ts';
import { seededBytes } from '../../../../support/random.ts';
import { shortWrites } from '../../../../support/short-writes.ts';
import { tempDir } from '../../../../support/temp.ts';

const blockBytes = 1_000;

function fileOf(path: string, bytes: Buffer, firstBlock = 0): FileWrite {
  const blocks: FileWrite['blocks'][number][] = [];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const part = bytes.subarray(at, at + blockBytes);
    const block = firstBlock + blocks.length;
    blocks.push({ block, offsetBytes: at, lengthBytes: part.length, hash: blake3Hex(part) });
  }
  return { path, sizeBytes: bytes.length, blocks };
}

function feed(sink: BlockSink, bytes: Buffer, pieceBytes: number): void {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const end = Math.min(at + pieceBytes, bytes.length);
    assert.is(sink.take(bytes, at, end), end - at);
  }
}

test('blocks arrive in any pieces and across files', async () => {
  await using folder = await tempDir('sink');
  const [one, two] = [seededBytes('one', 2_500), seededBytes('two', 1_001)];
  for (const pieceBytes of [1, 7, 999, 1_000, 1_001, 10_000]) {
    const reports: [number, boolean][] = [];
    const paths = [folder.join(`one-${pieceBytes}`), folder.join(`two-${pieceBytes}`)] as const;
    const sink = new BlockSink([fileOf(paths[0], one), fileOf(paths[1], two, 3)], {
      isCareful: false,
      onBlock: (...report) => reports.push(report),
    });
    feed(sink, Buffer.concat([one, two]), pieceBytes);
    sink.finish();
    assert.equal(
      reports,
      [0, 1, 2, 3, 4].map((block) => [block, true]),
    );
    assert.ok(readFileSync(paths[0]).equals(one));
    assert.ok(readFileSync(paths[1]).equals(two));
  }
});

test('it takes no byte beyond the last block', async () => {
  await using folder = await tempDir('sink');
  const bytes = seededBytes('x', 100);
  const sink = new BlockSink([fileOf(folder.join('x'), bytes)], { isCareful: false, onBlock() {} });
  assert.is(sink.take(Buffer.concat([bytes, Buffer.alloc(50)]), 0, 150), 100);
  assert.ok(sink.isComplete);
  sink.finish();
});

test('a careful sink writes no byte of a wrong block', async () => {
  await using folder = await tempDir('sink');
  const path = folder.join('x');
  const bytes = seededBytes('x', 3_000);
  writeFileSync(path, bytes);
  const reports: [number, boolean][] = [];
  const sink = new BlockSink([fileOf(path, bytes)], { isCareful: true, onBlock: (...report) => reports.push(report) });
  const wrong = Buffer.from(bytes);
  wrong.fill(0, 1_000, 2_000);
  feed(sink, wrong, 300);
  sink.finish();
  assert.equal(reports, [
    [0, true],
    [1, false],
    [2, true],
  ]);
  assert.ok(readFileSync(path).equals(bytes));
});

test('told mid-block to be careful, it writes the rest only when the block is sound', async () => {
  await using folder = await tempDir('sink');
  const bytes = seededBytes('x', 1_000);
  for (const isSound of [true, false]) {
    const path = folder.join(`x-${isSound}`);
    const sent = Buffer.from(bytes);
    if (!isSound) sent.fill(0, 900);
    const sink = new BlockSink([fileOf(path, bytes)], { isCareful: false, onBlock() {} });
    sink.take(sent, 0, 400);
    sink.beCareful();
    // The other copy, sound, is written meanwhile.
    writeFileSync(path, bytes);
    sink.take(sent, 400, 1_000);
    sink.finish();
    assert.ok(readFileSync(path).equals(bytes), `sound: ${isSound}`);
  }
});

test('a new file gets its full size, one that has it keeps its other bytes', async () => {
  await using folder = await tempDir('sink');
  const bytes = seededBytes('x', 2_000);
  const file = fileOf(folder.join('x'), bytes);
  const onlyFirst = { ...file, blocks: file.blocks.slice(0, 1) };
  const onlySecond = { ...file, blocks: file.blocks.slice(1) };
  for (const [part, from] of [
    [onlyFirst, 0],
    [onlySecond, 1_000],
  ] as const) {
    const sink = new BlockSink([part], { isCareful: false, onBlock() {} });
    sink.take(bytes, from, from + 1_000);
    sink.finish();
    assert.is(readFileSync(file.path).length, 2_000);
  }
  assert.ok(readFileSync(file.path).equals(bytes));
});

test('a file longer than it should be is cut', async () => {
  await using folder = await tempDir('sink');
  const bytes = seededBytes('x', 100);
  const file = fileOf(folder.join('x'), bytes);
  writeFileSync(file.path, '');
  truncateSync(file.path, 5_000);
  const sink = new BlockSink([file], { isCareful: false, onBlock() {} });
  sink.take(bytes, 0, 100);
  sink.finish();
  assert.ok(readFileSync(file.path).equals(bytes));
});

test('it does not follow a symbolic link', async () => {
  if (process.platform === 'win32') return;
  await using folder = await tempDir('sink');
  const bytes = seededBytes('x', 100);
  writeFileSync(folder.join('victim'), 'untouched');
  symlinkSync(folder.join('victim'), folder.join('x'));
  const sink = new BlockSink([fileOf(folder.join('x'), bytes)], { isCareful: false, onBlock() {} });
  assert.throws(
    () => sink.take(bytes, 0, 100),
    (error: unknown) =>
      error instanceof LanspreadError && error.code === 'IO_ERROR' && error.details.path === folder.join('x'),
  );
  assert.is(readFileSync(folder.join('victim'), 'utf8'), 'untouched');
});

test('all bytes are written where the system takes a few at a time, and one that takes none is an error', async () => {
  await using folder = await tempDir('sink');
  const bytes = seededBytes('x', 2_500);
  const file = fileOf(folder.join('x'), bytes);
  {
    using _short = await shortWrites(7);
    const sink = new BlockSink([file], { isCareful: false, onBlock: (_block, isSound) => assert.ok(isSound) });
    feed(sink, bytes, 1_001);
    sink.finish();
  }
  assert.ok(readFileSync(file.path).equals(bytes));
  using _stuck = await shortWrites(0);
  const sink = new BlockSink([file], { isCareful: false, onBlock() {} });
  assert.throws(
    () => sink.take(bytes, 0, 100),
    (error: unknown) => error instanceof LanspreadError && error.code === 'IO_ERROR',
  );
  sink.close();
});

test.run();
