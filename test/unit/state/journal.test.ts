import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseGameId, parsePath } from '../../../app/core/base/index.ts';
import type { Intent, IntentKind, Partial } from '../../../app/core/state/index.ts';
import { withState } from './open.ts';

const quake = parseGameId('quake');
const doom = parseGameId('doom');

const intent = (root: string, extra: Record<string, unknown> = {}): Intent => ({
  root,
  gameId: quake,
  kind: 'Installing',
  version: '20240817',
  madeRoot: false,
  startedAt: 1_700_000_000_000,
  ...extra,
});

const partial: Partial = {
  root: '/games/quake',
  gameId: quake,
  version: '1',
  manifestRoot: 'ab'.repeat(32),
  manifestBytes: new TextEncoder().encode('{"id":"quake"}'),
  executables: [0, 7],
  bitmap: Uint8Array.of(0b101, 0xff),
  verifiedBytes: 12_345,
  unclean: true,
  install: true,
};

test('an intent of every kind comes back as it was put', () =>
  withState(({ intents }) => {
    const kinds: IntentKind[] = ['Downloading', 'Installing', 'Updating', 'Uninstalling', 'Streaming', 'Removing'];
    for (const kind of kinds) {
      const put = intent(`/games/${kind}`, { kind, madeRoot: kind === 'Streaming' });
      intents.put(put);
      assert.equal(intents.get(put.root), put);
    }
    assert.is(intents.all().length, kinds.length);
  }));

test('a new intent of a root replaces the earlier one', () =>
  withState(({ intents }) => {
    intents.put(intent('/games/quake'));
    intents.put(intent('/games/quake', { kind: 'Updating', version: '2' }));
    assert.equal(intents.all(), [intent('/games/quake', { kind: 'Updating', version: '2' })]);
  }));

test('intents come in the order in which they began', () =>
  withState(({ intents }) => {
    for (const startedAt of [30, 10, 20]) intents.put(intent(`/games/${startedAt}`, { startedAt }));
    assert.equal(
      intents.all().map(({ startedAt }) => startedAt),
      [10, 20, 30],
    );
  }));

test('a cleared intent is gone, others stay, and clearing again is fine', () =>
  withState(({ intents }) => {
    intents.put(intent('/games/quake'));
    intents.put(intent('/other/quake'));
    intents.clear('/games/quake');
    intents.clear('/games/quake');
    assert.is(intents.get('/games/quake'), undefined);
    assert.is(intents.all().length, 1);
  }));

test('a partial comes back byte for byte', () =>
  withState(({ partials }) => {
    partials.put(partial);
    assert.equal(partials.get(partial.root), partial);
    assert.equal(partials.all(), [partial]);
    assert.is(partials.get('/games/doom'), undefined);
  }));

test('progress changes the bitmap, the bytes and the flag, and nothing else', () =>
  withState(({ partials }) => {
    partials.put(partial);
    const progress = { bitmap: Uint8Array.of(0xff, 0xff), verifiedBytes: 99_999, unclean: false };
    partials.progress(partial.root, progress);
    assert.equal(partials.get(partial.root), { ...partial, ...progress });
  }));

test('progress of a download that was cleared does not bring it back', () =>
  withState(({ partials }) => {
    partials.put(partial);
    partials.clear(partial.root);
    partials.progress(partial.root, { bitmap: Uint8Array.of(1), verifiedBytes: 1, unclean: true });
    assert.equal(partials.all(), []);
  }));

test('putting a partial again replaces it together with its progress', () =>
  withState(({ partials }) => {
    partials.put(partial);
    const next = { ...partial, version: '2', bitmap: Uint8Array.of(0), verifiedBytes: 0, executables: [] };
    partials.put(next);
    assert.equal(partials.all(), [next]);
  }));

test('an inventory is replaced whole and comes sorted by path', () =>
  withState(({ inventory }) => {
    const file = (path: string, sizeBytes: number) => ({
      path: parsePath(path, { atGameRoot: false }),
      sizeBytes,
      blake3: 'cd'.repeat(32),
    });
    inventory.replace('/games/quake', [file('id1/pak0.pak', 5), file('autoexec.cfg', 0)]);
    inventory.replace('/games/doom', [file('doom.wad', 1)]);
    assert.equal(inventory.get('/games/quake'), [file('autoexec.cfg', 0), file('id1/pak0.pak', 5)]);
    inventory.replace('/games/quake', [file('new.bin', 9)]);
    assert.equal(inventory.get('/games/quake'), [file('new.bin', 9)]);
    inventory.clear('/games/quake');
    assert.equal(inventory.get('/games/quake'), []);
    assert.is(inventory.get('/games/doom').length, 1);
  }));

test('a transaction that throws leaves nothing of itself, in any table', () =>
  withState((state) => {
    state.intents.put(intent('/games/quake'));
    assert.throws(
      () =>
        state.transaction(() => {
          state.library.setInstalledVersion('/games/quake', quake, '2');
          state.intents.clear('/games/quake');
          throw new Error('no');
        }),
      /^no$/,
    );
    assert.is(state.library.get('/games/quake'), undefined);
    assert.is(state.intents.all().length, 1);
  }));

test('an inner transaction that throws undoes only itself', () =>
  withState((state) => {
    const result = state.transaction(() => {
      state.settings.set('outer', 1);
      assert.throws(() =>
        state.transaction(() => {
          state.settings.set('inner', 2);
          throw new Error('inner');
        }),
      );
      state.intents.put(intent('/games/doom', { gameId: doom }));
      return 'done';
    });
    assert.is(result, 'done');
    assert.equal(state.settings.all(), { outer: 1 });
    assert.is(state.intents.all().length, 1);
  }));

test.run();
