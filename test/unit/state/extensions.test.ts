import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openState, type ExtensionRow } from '../../../app/core/state/index.ts';
import { tempDir } from '../../support/temp.ts';

const row: ExtensionRow = {
  id: 'acme.inno',
  version: '1.2.0',
  hash: 'ab'.repeat(32),
  enabled: true,
  grantedPermissions: { tools: ['innoextract'], net: [], read: [] },
  crashCount: 2,
  signedBy: 'cd'.repeat(32),
};

test('what is known of an extension comes back after a restart, and is gone when it was removed', async () => {
  await using temp = await tempDir('state');
  {
    using state = openState({ directory: temp.path }).state;
    state.extensions.put(row);
    state.extensions.put({ ...row, id: 'acme.bare', signedBy: undefined, enabled: false, grantedPermissions: {} });
  }
  using state = openState({ directory: temp.path }).state;
  assert.equal(state.extensions.get('acme.inno'), row);
  assert.equal(
    state.extensions.all().map(({ id, enabled, signedBy }) => ({ id, enabled, signedBy })),
    [
      { id: 'acme.bare', enabled: false, signedBy: undefined },
      { id: 'acme.inno', enabled: true, signedBy: row.signedBy },
    ],
  );
  state.extensions.put({ ...row, crashCount: 3 });
  assert.is(state.extensions.get('acme.inno')?.crashCount, 3);
  state.extensions.remove('acme.inno');
  assert.is(state.extensions.get('acme.inno'), undefined);
});

test.run();
