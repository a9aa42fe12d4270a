import { stat, writeFile, readdir, readFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, nodeFileSystem } from '../../../app/core/base/index.ts';
import { isAnotherMachine, loadIdentity, machineMarks } from '../../../app/core/peers/identity.ts';
import { tempDir } from '../../support/temp.ts';

const fileSystem = nodeFileSystem;

test('the identity is made at the first start and stays', async () => {
  await using directory = await tempDir('identity');
  const first = await loadIdentity({ stateDir: directory.path, fileSystem });
  const second = await loadIdentity({ stateDir: directory.path, fileSystem });
  assert.is(second.peerId, first.peerId);
  assert.match(first.peerId, /^12D3KooW/);
  assert.ok((await readdir(directory.path)).every((name) => ['identity.key', 'identity.machine'].includes(name)));
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

const card = (mac: string) =>
  ({ mac, address: '10.0.0.1', netmask: '', family: 'IPv4', internal: false, cidr: null }) as const;

test("a copied state folder gives this PC an identity of its own, and keeps the stranger's key aside", async () => {
  await using directory = await tempDir('identity');
  const stateDir = directory.path;
  const original = await loadIdentity({ stateDir, fileSystem, marks: ['old card', 'other card'] });
  assert.is((await loadIdentity({ stateDir, fileSystem, marks: ['other card', 'new card'] })).peerId, original.peerId);
  assert.is(
    (await loadIdentity({ stateDir, fileSystem, marks: ['new card'] })).peerId,
    original.peerId,
    'one card stays',
  );
  assert.is((await loadIdentity({ stateDir, fileSystem, marks: [] })).peerId, original.peerId, 'no card tells nothing');
  const clone = await loadIdentity({ stateDir, fileSystem, marks: ['card of the clone'] });
  assert.is.not(clone.peerId, original.peerId);
  assert.is((await loadIdentity({ stateDir, fileSystem, marks: ['card of the clone'] })).peerId, clone.peerId);
  assert.ok((await readdir(stateDir)).includes('identity.key.of-another-pc'));
});

test('an identity of an earlier version is bound to the PC that it is on', async () => {
  await using directory = await tempDir('identity');
  const stateDir = directory.path;
  const first = await loadIdentity({ stateDir, fileSystem, marks: [] });
  assert.is((await loadIdentity({ stateDir, fileSystem, marks: ['a'] })).peerId, first.peerId);
  assert.is.not((await loadIdentity({ stateDir, fileSystem, marks: ['b'] })).peerId, first.peerId);
});

test('network cards tell PCs apart, and virtual ones only where there is no other', () => {
  const real = machineMarks({ eth0: [card('00:1b:21:00:00:01')], docker0: [card('02:42:ac:11:00:02')] });
  assert.equal(real, machineMarks({ eth1: [card('00:1B:21:00:00:01')], veth9: [card('0a:00:00:00:00:09')] }));
  assert.is(machineMarks({ eth0: [card('02:42:ac:11:00:02')], lo: [card('00:00:00:00:00:00')] }).length, 1);
  assert.not(JSON.stringify(real).includes('1b:21'), 'the address itself is not kept');
  assert.ok(isAnotherMachine(['a'], ['b']));
  assert.not(isAnotherMachine([], ['b']));
});

test.run();
