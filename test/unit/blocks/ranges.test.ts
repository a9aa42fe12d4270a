import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Bitmap } from '../../../app/core/base/index.ts';
import { blockSizeBytes } from '../../../app/core/protocol/index.ts';
import { toFetchRequest } from '../../../app/core/blocks/ranges.ts';
import { planBlocks } from '../../../app/core/blocks/serve/serve-gate.ts';
import { layoutOfSizes } from '../../support/manifests.ts';

const layout = layoutOfSizes([blockSizeBytes + 1, 0, 17, 3 * blockSizeBytes]);
const gameRoot = join('/', 'games', 'game');
const none = new Bitmap(layout.blockCount);
const places = { layout, manifestRoot: 'root', gameRoot, verified: none };

test('a range begins inside a file and runs on over the next ones, past an empty one', () => {
  const { peerId, request, files } = toFetchRequest({ peerId: 'a', firstBlock: 1, count: 3 }, places);
  assert.is(peerId, 'a');
  assert.equal(request, { op: 'blocks', id: 'game', root: 'root', file: 'file-000000.bin', from: 1, count: 3 });
  assert.equal(
    files.map(({ path, sizeBytes, blocks }) => [
      path,
      sizeBytes,
      blocks.map(({ block, offsetBytes, lengthBytes }) => [block, offsetBytes, lengthBytes]),
    ]),
    [
      [join(gameRoot, 'file-000000.bin'), blockSizeBytes + 1, [[1, blockSizeBytes, 1]]],
      [join(gameRoot, 'file-000002.bin'), 17, [[2, 0, 17]]],
      [join(gameRoot, 'file-000003.bin'), 3 * blockSizeBytes, [[3, 0, blockSizeBytes]]],
    ],
  );
});

test('a file of which something is verified is begun, and is never made anew', () => {
  const verified = new Bitmap(layout.blockCount);
  verified.add(3);
  const { files } = toFetchRequest({ peerId: 'a', firstBlock: 1, count: 4 }, { ...places, verified });
  assert.equal(
    files.map(({ isBegun }) => isBegun),
    [false, false, true],
  );
});

test('what one side asks for is what the other side plans, for every range', () => {
  for (let firstBlock = 0; firstBlock < layout.blockCount; firstBlock += 1) {
    for (let count = 1; firstBlock + count <= layout.blockCount; count += 1) {
      const { request, files } = toFetchRequest({ peerId: 'a', firstBlock, count }, places);
      const plan = planBlocks(request, { layout, gameRoot, verified: undefined });
      const asked = files.map(({ path, blocks }) => ({
        path,
        offsetBytes: blocks[0]?.offsetBytes,
        lengthBytes: blocks.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0),
      }));
      assert.equal(plan.segments, asked);
      assert.is(
        plan.totalBytes,
        asked.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0),
      );
    }
  }
});

test('a range over the end of the manifest is a mistake of the caller', () => {
  assert.throws(() => toFetchRequest({ peerId: 'a', firstBlock: 5, count: 2 }, places), RangeError);
});

test.run();
