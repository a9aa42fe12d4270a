import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { flipByte } from '../support/archives.ts';
import { catalogEntry } from '../support/catalogs.ts';
import { kib, mib, type GameSpec } from '../support/games.ts';
import type { PeerProcess } from '../support/peer.ts';
import { runScenarios, scenario, type Room } from '../support/scenario.ts';
import { countOf, does, isOffered } from '../support/story.ts';
import { assertSameTree, readTree } from '../support/trees.ts';

/** Two versions of one game: names stay, sizes and contents change, a file goes and one comes. */
function versions(): [GameSpec, GameSpec] {
  const old: GameSpec = {
    id: 'saga',
    version: '1.0',
    archives: [
      {
        entries: [
          { path: 'play.sh', text: '#!/bin/sh\necho 1\n', executable: true },
          { path: 'config.ini', text: 'volume = 5\n' },
          { path: 'data/level.pak', sizeBytes: 900 * kib },
          { path: 'data/gone.pak', sizeBytes: 10 * kib },
        ],
      },
    ],
    loose: [
      { path: 'music.pak', sizeBytes: 5 * mib },
      { path: 'old.pak', sizeBytes: 3 },
    ],
  };
  const fresh: GameSpec = {
    id: 'saga',
    version: '2.0',
    archives: [
      {
        entries: [
          { path: 'play.sh', text: '#!/bin/sh\necho 2\n', executable: true },
          { path: 'config.ini', text: 'volume = 7\nmusic = on\n' },
          { path: 'data/level.pak', sizeBytes: 1_300 * kib },
          { path: 'data/more.pak', sizeBytes: 20 * kib },
        ],
      },
    ],
    loose: [{ path: 'music.pak', sizeBytes: 9 * mib + 1 }],
  };
  return [old, fresh];
}

const name = 'bela';

/** Version 1 is downloaded and installed, a peer has version 2, and the catalog wants it. */
async function outdated(
  room: Room,
  { keep = [], spoil }: { keep?: string[]; spoil?: boolean } = {},
): Promise<PeerProcess> {
  const [old, fresh] = versions();
  room.lists(old);
  await room.give(name, old);
  const before = await room.peer(name);
  await does(before, 'install', { gameId: 'saga' }, 'install-finished');
  await before.quit();
  room.catalog = [catalogEntry(fresh, { keep })];
  await room.give('anna', fresh);
  if (spoil) await flipByte(join(room.rootOf('anna', 'saga'), 'saga.eti'), 700 * kib);
  const anna = await room.peer('anna');
  const bela = await room.peer(name, { knows: [anna] });
  await isOffered(bela, 'saga');
  assert.equal(((await bela.game('saga')) as { updateAvailable?: boolean }).updateAvailable, true);
  return bela;
}

const local = (room: Room, path: string): string => join(room.rootOf(name, 'saga'), 'local', path);

scenario('S31: an update replaces files of the same name with their new size and content', async (room) => {
  const bela = await outdated(room);
  await writeFile(local(room, 'player.sav'), 'forty hours');
  await does(bela, 'update', { gameId: 'saga' }, 'update-finished');
  const { installed, tree } = room.made('anna', 'saga');
  assertSameTree(await readTree(room.rootOf(name, 'saga'), { ignore: (path) => path === 'local' }), tree);
  const now = await readTree(local(room, ''), { ignore: (path) => path === 'player.sav' });
  assertSameTree(now, installed, 'the new tree');
  assert.is(await readFile(local(room, 'player.sav'), 'utf8'), 'forty hours');
  const view = (await bela.game('saga')) as {
    installedVersion?: string;
    updateAvailable?: boolean;
    lastFailure?: unknown;
  };
  assert.equal([view.installedVersion, view.updateAvailable, view.lastFailure], ['2.0', false, undefined]);
  assert.equal([countOf(bela, 'download-finished', 'saga'), countOf(bela, 'update-finished', 'saga')], [1, 1]);
});

scenario('S32: an update keeps what the player changed in the paths of `keep`, and nothing else', async (room) => {
  const bela = await outdated(room, { keep: ['*.ini'] });
  await writeFile(local(room, 'config.ini'), 'volume = 11\n');
  await writeFile(local(room, 'data/level.pak'), 'a mod');
  await does(bela, 'update', { gameId: 'saga' }, 'update-finished');
  assert.is(await readFile(local(room, 'config.ini'), 'utf8'), 'volume = 11\n');
  const level = room.made('anna', 'saga').installed.find(({ path }) => path === 'data/level.pak');
  const now = (await readTree(local(room, ''))).find(({ path }) => path === 'data/level.pak');
  assert.equal(now, level);
});

scenario('S33: an unpacker that fails midway leaves the earlier install exactly as it was', async (room) => {
  const bela = await outdated(room, { spoil: true });
  await writeFile(local(room, 'player.sav'), 'forty hours');
  const before = await room.treeOf(name, 'saga/local');
  const failed = await does(bela, 'update', { gameId: 'saga' }, 'update-failed');
  assert.is(failed['code'], 'ARCHIVE_CORRUPT', JSON.stringify(failed));
  assertSameTree(await room.treeOf(name, 'saga/local'), before, 'local/ after the failed update');
  const names = (await readTree(room.rootOf(name, 'saga'), { ignore: (path) => path === 'local' })).map(
    ({ path }) => path,
  );
  assert.equal(
    names.filter((path) => path.startsWith('.')),
    [],
    'nothing of the update is left',
  );
  const view = (await bela.game('saga')) as {
    installed: boolean;
    installedVersion?: string;
    updateAvailable?: boolean;
    lastFailure?: { code: string };
  };
  assert.equal(
    [view.installed, view.installedVersion, view.updateAvailable, view.lastFailure?.code],
    [true, '1.0', true, 'ARCHIVE_CORRUPT'],
  );
});

runScenarios();
