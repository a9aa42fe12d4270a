import { mkdir } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { silentLogger } from '../../../app/core/base/index.ts';
import { startCore } from '../../../app/core/core.ts';
import { connectRpc, readEndpoint } from '../../../app/core/rpc/index.ts';
import { codeOf } from '../../support/network-lab.ts';
import { tempDir } from '../../support/temp.ts';

test('looking for a folder is for whoever has the token, and not at a locked PC', async () => {
  await using temp = await tempDir('folders-core');
  await mkdir(temp.join('disk/LAN games'), { recursive: true });
  const stateDir = temp.join('state');
  const core = await startCore({ stateDir, listen: ['127.0.0.1'], discovery: false, logger: silentLogger });
  try {
    const endpoint = await readEndpoint(stateDir);
    assert.ok(endpoint);
    if (!endpoint) return;
    assert.is(await codeOf(connectRpc({ ...endpoint, token: 'f'.repeat(64) })), 'PEER_UNREACHABLE');
    using client = await connectRpc(endpoint);
    const { folders } = await client.invoke('folder.list', { path: temp.join('disk') });
    assert.equal(folders, [{ name: 'LAN games', path: temp.join('disk/LAN games') }]);
    const { path } = await client.invoke('folder.create', { path: temp.join('disk'), name: 'more' });
    assert.is(path, temp.join('disk/more'));
    assert.ok((await client.invoke('folder.places', {})).places.length > 0);
    assert.is(await codeOf(client.invoke('folder.list', { path: temp.join('gone') })), 'FOLDER_NOT_FOUND');

    await client.invoke('kiosk.setPin', { pin: '1234' });
    await client.invoke('settings.set', { name: 'kiosk', value: true });
    const locked = [
      client.invoke('folder.places', {}),
      client.invoke('folder.list', { path: temp.path }),
      client.invoke('folder.create', { path: temp.path, name: 'new' }),
    ];
    assert.equal(await Promise.all(locked.map(codeOf)), ['KIOSK_LOCKED', 'KIOSK_LOCKED', 'KIOSK_LOCKED']);
    await client.invoke('kiosk.unlock', { pin: '1234' });
    assert.is((await client.invoke('folder.list', { path: temp.join('disk') })).folders.length, 2);
  } finally {
    await core.stop();
  }
});

test.run();
