import { link, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeFileSystem, toLanspreadError, type FileSystem } from '../../../app/core/base/index.ts';
import { assertFilesFit } from '../../../app/core/blocks/preflight.ts';
import { deleteStrayPayload } from '../../../app/core/blocks/prepare.ts';
import { KnownPayload } from '../../../app/core/game-folder/index.ts';
import { blockSizeBytes } from '../../../app/core/protocol/index.ts';
import { downloadLab, fakeGame } from '../../support/fake-swarm.ts';
import { seededBytes } from '../../support/random.ts';
import { tempDir } from '../../support/temp.ts';

const test = suite('a download onto an odd disk');

test('changes nothing under the other name of a hard-linked file, and uses what it has of it', async () => {
  await using lab = await downloadLab();
  const fresh = seededBytes('game', 3 * blockSizeBytes);
  const former = Buffer.from(fresh);
  former.fill(7, blockSizeBytes, 2 * blockSizeBytes);
  const game = fakeGame({ 'game.eti': fresh, 'same.bin': Buffer.from('same') });
  await mkdir(lab.root);
  const elsewhere = join(dirname(lab.root), 'elsewhere.eti');
  await writeFile(elsewhere, former);
  await link(elsewhere, join(lab.root, 'game.eti'));
  await writeFile(join(lab.root, 'same.bin'), 'same');
  await writeFile(join(lab.root, 'version.ini'), 'version = 1');
  lab.swarm.add('a', game);
  assert.is((await lab.run()).kind, 'finished');
  assert.ok((await readFile(join(lab.root, 'game.eti'))).equals(fresh));
  assert.ok((await readFile(elsewhere)).equals(former), 'the other name was rewritten');
  assert.equal(lab.swarm.sent, ['a:1']);
});

test('is refused where a file is too large for FAT32, by name and with the limit', async () => {
  const { manifest } = fakeGame({ 'small.bin': Buffer.alloc(10), 'zlarge.bin': Buffer.alloc(5_000) }).hashed;
  const disk = (largestFileBytes?: number): FileSystem => ({
    ...nodeFileSystem,
    space: async () => ({ freeBytes: 1e12, totalBytes: 1e12, ...(largestFileBytes && { largestFileBytes }) }),
  });
  await assertFilesFit(disk(), '/games', manifest);
  await assertFilesFit(disk(5_000), '/games', manifest);
  try {
    await assertFilesFit(disk(4_999), '/games', manifest);
    assert.unreachable();
  } catch (error) {
    const { code, details } = toLanspreadError(error);
    assert.equal([code, details], ['FILE_TOO_LARGE', { path: 'zlarge.bin', sizeBytes: 5_000, limitBytes: 4_999 }]);
  }
  const tooBig = Object.assign(new Error('EFBIG: file too large'), { code: 'EFBIG' });
  assert.is(toLanspreadError(tooBig).code, 'FILE_TOO_LARGE');
});

test('keeps a file whose name only changed its case, where the disk has no file numbers to tell', async () => {
  await using temp = await tempDir('blind');
  await mkdir(temp.join('Data'));
  await writeFile(temp.join('Data', 'Map.bin'), 'x');
  const { manifest } = fakeGame({ 'data/map.bin': Buffer.from('x') }).hashed;
  const known = new KnownPayload(['Data/', 'Data/Map.bin']);
  // Finds a file by any spelling and lists the one it has.
  const real = (path: string): string => path.replace(/data(?=\/|$)/i, 'Data').replace(/map\.bin$/i, 'Map.bin');
  const blind: FileSystem = {
    ...nodeFileSystem,
    lstat: async (path) => ({ ...(await nodeFileSystem.lstat(real(path))), inode: 0n }),
    list: (path) => nodeFileSystem.list(real(path)),
    deleteFile: (path) => nodeFileSystem.deleteFile(real(path)),
    deleteDirectory: (path) => nodeFileSystem.deleteDirectory(real(path)),
    makeDirectory: (path, options) => nodeFileSystem.makeDirectory(real(path), options),
  };
  await deleteStrayPayload(blind, temp.path, { manifest, known });
  assert.is(await readFile(temp.join('Data', 'Map.bin'), 'utf8'), 'x');
});

test.run();
