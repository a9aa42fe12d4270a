import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { basename } from 'node:path';
import { silentLogger, type FileSystem } from '../../../app/core/base/index.ts';
import { FlushAhead } from '../../../app/core/blocks/flush-ahead.ts';
import { until } from '../../support/eventually.ts';
import { layoutOfSizes } from '../../support/manifests.ts';

const test = suite('flushing ahead');

const mib = 1024 * 1024;
/** A small file, then two large ones. */
const layout = layoutOfSizes([4 * mib, 100 * mib, 100 * mib]);
const [, second, third] = layout.manifest.files.map(({ path }) => path as string);

/** Notes what is flushed; a flush lasts until it is let go, or fails. */
class Disk {
  readonly synced: string[] = [];
  open = 0;
  syncing: PromiseWithResolvers<void> | undefined;
  failsToOpen = false;

  readonly fileSystem: Pick<FileSystem, 'flushFile'> = {
    flushFile: async (path) => {
      if (this.failsToOpen) throw Object.assign(new Error('gone'), { code: 'ENOENT' });
      this.open += 1;
      try {
        this.synced.push(basename(path));
        this.syncing = Promise.withResolvers();
        await this.syncing.promise;
      } finally {
        this.open -= 1;
      }
    },
  };

  flusher(): FlushAhead {
    return new FlushAhead({ fileSystem: this.fileSystem, root: '/games/game', layout, logger: silentLogger });
  }
}

function arrive(flusher: FlushAhead, fileIndex: number, count: number): void {
  const first = layout.firstBlockOf(fileIndex);
  const blocks = layout.manifest.files[fileIndex]?.blocks.length ?? 0;
  for (let index = 0; index < count; index += 1) flusher.onWritten(first + (index % blocks));
}

const blocksOf64Mib = 64 / (layout.place(layout.firstBlockOf(1)).lengthBytes / mib);

test('a large file is flushed each time that 64 MiB came, one flush at a time', async () => {
  const disk = new Disk();
  using flusher = disk.flusher();
  arrive(flusher, 1, blocksOf64Mib - 1);
  assert.is(disk.open, 0);
  arrive(flusher, 1, 1);
  await until('the flush has begun', () => disk.synced.length === 1);
  arrive(flusher, 1, blocksOf64Mib / 2);
  arrive(flusher, 2, blocksOf64Mib / 2);
  assert.equal(disk.synced, [second]);
  disk.syncing?.resolve();
  await until('the next flush has begun', () => disk.synced.length === 2);
  disk.syncing?.resolve();
  await until('and the third', () => disk.synced.length === 3);
  disk.syncing?.resolve();
  await flusher.finish();
  assert.equal(disk.synced, [second, second, third]);
  assert.is(disk.open, 0);
});

test('small files are left to the end', async () => {
  const disk = new Disk();
  using flusher = disk.flusher();
  arrive(flusher, 0, 100 * blocksOf64Mib);
  await flusher.finish();
  assert.is(disk.open, 0);
  assert.equal(disk.synced, []);
});

test('what a flush failed with is heard at the end, whatever came after it', async () => {
  const disk = new Disk();
  using flusher = disk.flusher();
  arrive(flusher, 1, blocksOf64Mib);
  await until('the flush has begun', () => disk.synced.length === 1);
  disk.syncing?.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));
  await until('it was heard', () => flusher.hasFailed);
  arrive(flusher, 2, blocksOf64Mib);
  await until('the next flush has begun', () => disk.synced.length === 2);
  disk.syncing?.resolve();
  const thrown = await flusher.finish().catch(({ code }: { code: string }) => code);
  assert.is(thrown, 'EIO');
  assert.is(disk.open, 0);
});

test('a file that cannot be opened is left to the last flush, and nothing is begun after the end', async () => {
  const disk = new Disk();
  const flusher = disk.flusher();
  disk.failsToOpen = true;
  arrive(flusher, 1, blocksOf64Mib);
  await flusher.finish();
  assert.not.ok(flusher.hasFailed);
  disk.failsToOpen = false;
  flusher[Symbol.dispose]();
  arrive(flusher, 2, 2 * blocksOf64Mib);
  assert.is(disk.open, 0);
});

test.run();
