import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeFileSystem, systemCode } from '../../../app/core/base/index.ts';
import { tempDir } from '../../support/temp.ts';
import { windowsRules } from '../../support/windows-rules.ts';

const fileSystem = windowsRules(nodeFileSystem);
const codeOf = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => systemCode(error),
  );

test('what is open is not replaced, and its folder does not move, until it is closed', async () => {
  await using folder = await tempDir('rules');
  await mkdir(folder.join('game'));
  for (const name of ['game/open', 'new']) await writeFile(folder.join(name), name);
  {
    await using _handle = await fileSystem.openToRead(folder.join('game/open'));
    assert.is(await codeOf(fileSystem.rename(folder.join('new'), folder.join('game/open'))), 'EPERM');
    assert.is(await codeOf(fileSystem.rename(folder.join('game'), folder.join('moved'))), 'EPERM');
    assert.is(await codeOf(fileSystem.deleteDirectory(folder.join('game'))), 'EPERM');
  }
  await fileSystem.rename(folder.join('new'), folder.join('game/open'));
  await fileSystem.rename(folder.join('game'), folder.join('moved'));
  assert.is(await readFile(folder.join('moved/open'), 'utf8'), 'new');
});

test('what is read-only is flushed and read, and not opened for writing', async () => {
  await using folder = await tempDir('rules');
  const path = folder.join('file');
  await writeFile(path, 'x');
  await chmod(path, 0o444);
  await fileSystem.flushFile(path);
  await (await fileSystem.openToRead(path)).close();
  assert.is(await codeOf(fileSystem.open(path, 'edit')), 'EPERM');
  assert.is(await codeOf(fileSystem.writeFile(path, 'y')), 'EPERM');
  await chmod(path, 0o644);
});

test.run();
