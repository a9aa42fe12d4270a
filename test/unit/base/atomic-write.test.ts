import { readdir, readFile, writeFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  nodeFileSystem,
  systemCode,
  writeFileAtomic,
  type FileHandle,
  type FileSystem,
} from '../../../app/core/base/index.ts';
import { tempDir } from '../../support/temp.ts';

const fault = (code: string): Error => Object.assign(new Error(code), { code });

/** The real file system that notes its steps and fails at one of them. */
function observed(failAt?: string): { fileSystem: FileSystem; steps: string[] } {
  const steps: string[] = [];
  const step = (name: string): void => {
    steps.push(name);
    if (name === failAt) throw fault('EIO');
  };
  const watch = (handle: FileHandle): FileHandle => ({
    read: (buffer, position) => handle.read(buffer, position),
    truncate: (sizeBytes) => handle.truncate(sizeBytes),
    close: () => handle.close(),
    [Symbol.asyncDispose]: () => handle[Symbol.asyncDispose](),
    async write(buffer, position) {
      step('write');
      await handle.write(buffer, position);
    },
    async sync() {
      step('sync');
      await handle.sync();
    },
  });
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    async open(path, mode) {
      step('open');
      return watch(await nodeFileSystem.open(path, mode));
    },
    async rename(from, to) {
      step('rename');
      await nodeFileSystem.rename(from, to);
    },
    async syncDirectory(path) {
      step('sync directory');
      await nodeFileSystem.syncDirectory(path);
    },
  };
  return { fileSystem, steps };
}

test('a file is written beside, flushed, renamed over, and its folder flushed, in this order', async () => {
  await using temp = await tempDir('atomic');
  await writeFile(temp.join('x'), 'old and much longer');
  const { fileSystem, steps } = observed();
  await writeFileAtomic(fileSystem, { path: temp.join('x'), data: 'new' });
  assert.equal(steps, ['open', 'write', 'sync', 'rename', 'sync directory']);
  assert.is(await readFile(temp.join('x'), 'utf8'), 'new');
  assert.equal(await readdir(temp.path), ['x']);
});

for (const step of ['open', 'write', 'sync', 'rename']) {
  test(`when the step ${step} fails the old content is there whole and nothing is left beside it`, async () => {
    await using temp = await tempDir('atomic');
    await writeFile(temp.join('x'), 'old');
    const { fileSystem } = observed(step);
    let code: string | undefined;
    try {
      await writeFileAtomic(fileSystem, { path: temp.join('x'), data: 'new' });
    } catch (error) {
      code = systemCode(error);
    }
    assert.is(code, 'EIO');
    assert.is(await readFile(temp.join('x'), 'utf8'), 'old');
    assert.equal(await readdir(temp.path), ['x']);
  });
}

test('bytes and nothing at all can be written; a temporary left by a crash is overwritten', async () => {
  await using temp = await tempDir('atomic');
  await writeFile(temp.join('x.tmp'), 'what a crash left, longer than the new');
  await writeFileAtomic(nodeFileSystem, { path: temp.join('x'), data: Uint8Array.of(1, 0, 255) });
  assert.equal([...(await readFile(temp.join('x')))], [1, 0, 255]);
  await writeFileAtomic(nodeFileSystem, { path: temp.join('x'), data: '' }, { temporaryPath: temp.join('.t') });
  assert.is((await readFile(temp.join('x'))).length, 0);
  assert.equal(await readdir(temp.path), ['x']);
});

test.run();
