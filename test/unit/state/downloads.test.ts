import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseGameId } from '../../../app/core/base/index.ts';
import { openState, type DownloadPhase } from '../../../app/core/state/index.ts';
import { tempDir } from '../../support/temp.ts';
import { withState } from './open.ts';

const entry = (id: string, extra: { install?: boolean; phase?: DownloadPhase } = {}, gamesDir = '/games') => ({
  root: `${gamesDir}/${id}`,
  gameId: parseGameId(id),
  install: true,
  phase: 'waiting' as DownloadPhase,
  ...extra,
});

test('a queue comes back in its order, also after the database was closed', async () => {
  await using temp = await tempDir('state');
  const queue = [entry('c', { phase: 'begun' }), entry('a'), entry('b', { install: false, phase: 'paused' })];
  {
    using state = openState({ directory: temp.path }).state;
    state.downloadQueue.replace('/games', [entry('z')]);
    state.downloadQueue.replace('/games', queue);
  }
  using state = openState({ directory: temp.path }).state;
  assert.equal(state.downloadQueue.below('/games'), queue);
});

test('the queue of one games folder is not that of another', () =>
  withState(({ downloadQueue }) => {
    downloadQueue.replace('/games', [entry('a')]);
    downloadQueue.replace('/other', [entry('b', {}, '/other')]);
    downloadQueue.replace('/games', []);
    assert.equal(downloadQueue.below('/games'), []);
    assert.equal(downloadQueue.below('/other'), [entry('b', {}, '/other')]);
  }));

test('what is ours in a root and the manifest it was made from are kept apart, and forgotten together', () =>
  withState(({ payloads }) => {
    const manifest = {
      version: '2',
      manifestRoot: 'ab'.repeat(32),
      manifestBytes: new TextEncoder().encode('{}'),
      executables: [1, 5],
    };
    assert.is(payloads.knownPaths('/games/quake'), undefined);
    payloads.setKnownPaths('/games/quake', ['game.eti', 'data/']);
    assert.equal(payloads.knownPaths('/games/quake'), ['game.eti', 'data/']);
    assert.is(payloads.manifest('/games/quake'), undefined);
    payloads.setManifest('/games/quake', manifest);
    assert.equal(payloads.manifest('/games/quake'), manifest);
    payloads.clear('/games/quake');
    assert.is(payloads.knownPaths('/games/quake'), undefined);
    assert.is(payloads.manifest('/games/quake'), undefined);
  }));

test.run();
