import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeFileSystem, systemCode, type FileSystem } from '../../../app/core/base/index.ts';
import { tempDir } from '../../support/temp.ts';
import { steppedFileSystem } from '../../support/stepped-file-system.ts';

const halving = steppedFileSystem(nodeFileSystem, { before: () => 'half' });

const writes: Record<string, (fileSystem: FileSystem, path: string) => Promise<void>> = {
  'a whole file': (fileSystem, path) => fileSystem.writeFile(path, 'eightyes'),
  'a copy': async (fileSystem, path) => {
    await writeFile(`${path}.source`, 'eightyes');
    await fileSystem.copyFile(`${path}.source`, path);
  },
  'a write into an open file': async (fileSystem, path) => {
    await using handle = await fileSystem.open(path, 'create');
    await handle.write(Buffer.from('eightyes'), 0);
  },
};
for (const [what, write] of Object.entries(writes))
  test(`a disk that fills up in the middle of ${what} has half of it, and says so`, async () => {
    await using folder = await tempDir('stepped');
    const path = folder.join('a');
    const error: unknown = await write(halving, path).catch((thrown: unknown) => thrown);
    assert.is(systemCode(error), 'ENOSPC');
    assert.is(await readFile(path, 'utf8'), 'eigh');
  });

test('a read may give half of what was asked for', async () => {
  await using folder = await tempDir('stepped');
  await writeFile(folder.join('a'), 'eightyes');
  await using handle = await halving.openToRead(folder.join('a'));
  const buffer = Buffer.alloc(8);
  assert.equal([await handle.read(buffer, 0), buffer.toString('latin1', 0, 4)], [4, 'eigh']);
});

test('every step is told before and after, one that is refused is never done', async () => {
  await using folder = await tempDir('stepped');
  const told: string[] = [];
  let isRefused = false;
  const fileSystem = steppedFileSystem(nodeFileSystem, {
    before({ name, changes }) {
      told.push(`${name}${changes ? '!' : ''}`);
      if (isRefused) throw Object.assign(new Error('EIO'), { code: 'EIO' });
    },
    after: ({ name }) => void told.push(`${name} done`),
  });
  await fileSystem.writeFile(folder.join('a'), '1');
  await fileSystem.readFile(folder.join('a'));
  isRefused = true;
  assert.is(systemCode(await fileSystem.deleteFile(folder.join('a')).catch((thrown: unknown) => thrown)), 'EIO');
  assert.is(await readFile(folder.join('a'), 'utf8'), '1');
  assert.equal(told, ['writeFile!', 'writeFile done', 'readFile', 'readFile done', 'deleteFile!']);
});

test.run();
