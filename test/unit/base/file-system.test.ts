import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeFileSystem, systemCode } from '../../../app/core/base/index.ts';
import { faultFileSystem } from '../../support/fault-file-system.ts';
import { tempDir } from '../../support/temp.ts';

const codeOf = (work: Promise<void>): Promise<string | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => systemCode(error),
  );

/** The real one, and one that tests break: both keep the contract. */
const fileSystems = { real: nodeFileSystem, 'fault-injecting': faultFileSystem(nodeFileSystem, () => undefined) };

for (const [name, fileSystem] of Object.entries(fileSystems)) {
  test(`the ${name} file system makes folders with their parents, and again`, async () => {
    await using folder = await tempDir('file-system');
    await fileSystem.makeDirectory(folder.join('a/b/c'));
    await fileSystem.makeDirectory(folder.join('a/b/c'));
    await fileSystem.makeDirectory(folder.join('a/d/e'), { within: folder.join('a') });
    await fileSystem.makeDirectory(folder.join('a/d/e'), { within: folder.join('a') });
    assert.ok(existsSync(folder.join('a/d/e')));
  });

  test(`the ${name} file system makes nothing in the place of a folder that went`, async () => {
    await using folder = await tempDir('file-system');
    const games = folder.join('games');
    await mkdir(games);
    await rename(games, folder.join('away'));
    assert.is(await codeOf(fileSystem.makeDirectory(`${games}/quake`, { within: games })), 'ENOENT');
    assert.is(
      await codeOf(fileSystem.makeDirectory(`${games}/quake/data/maps`, { within: `${games}/quake` })),
      'ENOENT',
    );
    assert.not(existsSync(games));
  });

  test(`the ${name} file system makes no folder where a file is`, async () => {
    await using folder = await tempDir('file-system');
    await writeFile(folder.join('file'), 'x');
    assert.is(await codeOf(fileSystem.makeDirectory(folder.join('file'), { within: folder.path })), 'EEXIST');
    assert.is(await codeOf(fileSystem.makeDirectory(folder.join('file/below'), { within: folder.path })), 'ENOTDIR');
  });
}

test.run();
