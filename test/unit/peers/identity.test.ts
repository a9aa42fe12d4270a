import { stat, writeFile, readdir, readFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, nodeFileSystem } from '../../../app/core/base/index.ts';
import { loadIdentity } from '../../../app/core/peers/identity.ts';
import { tempDir } from '../../support/temp.ts';

const fileSystem = nodeFileSystem;

test('the identity is made at the first start and stays', async () => {
  await using directory = await tempDir('identity');
  const first = await loadIdentity({ stateDir: directory.path, fileSystem });
  const second = await loadIdentity({ stateDir: directory.path, fileSystem });
  assert.is(second.peerId, first.peerId);
  assert.match(first.peerId, /^12D3KooW/);
  assert.equal(await readdir(directory.path), ['identity.key']);
});

test('only the owner may read the key', async () => {
  if (process.platform === 'win32') return;
  await using directory = await tempDir('identity');
  const stateDir = directory.join('new', 'state');
  await loadIdentity({ stateDir, fileSystem });
  assert.is((await stat(directory.join('new', 'state', 'identity.key'))).mode & 0o777, 0o600);
});

test('a damaged key is named and left as it is', async () => {
  for (const content of ['', 'not a key', '\u0008\u0001\u0012\u0002xx']) {
    await using directory = await tempDir('identity');
    const path = directory.join('identity.key');
    await writeFile(path, content);
    try {
      await loadIdentity({ stateDir: directory.path, fileSystem });
      assert.unreachable('it was accepted');
    } catch (error) {
      assert.instance(error, LanspreadError);
      if (!(error instanceof LanspreadError)) return;
      assert.is(error.code, 'IO_ERROR');
      assert.ok(error.message.includes(path), 'says which file');
      assert.match(error.message, /delete it/i);
    }
    assert.is(await readFile(path, 'utf8'), content);
  }
});

test.run();
