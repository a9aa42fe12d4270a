import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Bitmap, LanspreadError, parseGameId } from '../../../../app/core/base/index.ts';
import { blockSizeBytes, type GetBlocks } from '../../../../app/core/protocol/index.ts';
import { planBlocks } from '../../../../app/core/blocks/serve/serve-gate.ts';
import { layoutOfSizes } from '../../../support/manifests.ts';

const layout = layoutOfSizes([2 * blockSizeBytes + 5, 0, 9]);
const gameRoot = join('/', 'g');
const asked: GetBlocks = {
  op: 'blocks',
  id: parseGameId('game'),
  root: 'r',
  file: 'file-000000.bin',
  from: 0,
  count: 1,
};

function answer(changes: Partial<GetBlocks>, verified?: Bitmap): unknown {
  try {
    return planBlocks({ ...asked, ...changes }, { layout, gameRoot, verified });
  } catch (error) {
    return error instanceof LanspreadError ? error.code : error;
  }
}

test('neighbouring blocks of a file are one segment', () => {
  assert.equal(answer({ count: 4 }), {
    totalBytes: 2 * blockSizeBytes + 14,
    segments: [
      { path: join(gameRoot, 'file-000000.bin'), offsetBytes: 0, lengthBytes: 2 * blockSizeBytes + 5 },
      { path: join(gameRoot, 'file-000002.bin'), offsetBytes: 0, lengthBytes: 9 },
    ],
  });
});

test('ranges over the end, of empty files and of files that are not there are not served', () => {
  for (const changes of [
    { count: 5 },
    { from: 3 },
    { from: 2, count: 3 },
    { file: 'file-000001.bin' },
    { file: 'local/x' },
    { file: '../x' },
    { file: 'constructor' },
  ]) {
    assert.is(answer(changes), 'NOT_SERVED', JSON.stringify(changes));
  }
});

test('of a download that runs here only verified blocks are planned', () => {
  const verified = new Bitmap(layout.blockCount);
  verified.add(1);
  assert.is(answer({}, verified), 'BLOCK_NOT_AVAILABLE');
  assert.is(answer({ from: 1, count: 2 }, verified), 'BLOCK_NOT_AVAILABLE');
  assert.equal(answer({ from: 1 }, verified), {
    totalBytes: blockSizeBytes,
    segments: [{ path: join(gameRoot, 'file-000000.bin'), offsetBytes: blockSizeBytes, lengthBytes: blockSizeBytes }],
  });
});

test.run();
