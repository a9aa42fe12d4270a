import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { catalogEntry } from '../support/catalogs.ts';
import { kib, mib, type GameSpec } from '../support/games.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import { capUpload, countOf, does, downloads, endsWith, hasArrived, isOffered, outcome } from '../support/story.ts';
import { until } from '../support/eventually.ts';
import { assertSameTree, readTree } from '../support/trees.ts';

/** A game that installs fast and downloads slowly: a small archive and a large loose file. */
function slowGame(version: string): GameSpec {
  return {
    id: 'saga',
    version,
    archives: [
      {
        entries: [
          { path: 'play.sh', text: `#!/bin/sh\necho ${version}\n`, executable: true },
          { path: 'data/level.pak', sizeBytes: 300 * kib },
        ],
      },
    ],
    loose: [{ path: 'music.pak', sizeBytes: 64 * mib }],
  };
}

scenario('S20: a download that is cancelled at 30 % leaves nothing behind, and can be had again', async (room) => {
  const game = slowGame('1.0');
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  await capUpload(anna, 24 * mib);
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'saga');
  await bela.command('download', { gameId: 'saga' });
  await hasArrived(bela, 'saga', { share: 0.3 });
  assert.ok((await room.treeOf('bela', 'saga')).length > 0);
  await bela.command('cancel', { gameId: 'saga' });
  await endsWith(bela, 'download-cancelled', 'saga');
  assert.equal(await readTree(room.gamesDir('bela')), [], 'the games folder after the cancel');
  const view = await bela.game('saga');
  assert.equal([view.downloaded, view.installed, view.operation, view.resumable], [false, false, undefined, undefined]);
  assert.is((await bela.refusal('resume', { gameId: 'saga' })).code, 'NOT_RESUMABLE');
  assert.is(countOf(bela, 'install-begin', 'saga'), 0);

  await capUpload(anna, 200 * mib);
  const again = bela.mark();
  await downloads(bela, 'saga');
  assert.is((await outcome(bela, 'download', 'saga', { since: again })).event, 'download-finished');
  assertSameTree(await room.treeOf('bela', 'saga'), room.made('anna', 'saga').tree);
});

scenario('S20: a cancelled update leaves the installed game intact and playable', async (room) => {
  const [old, fresh] = [slowGame('1.0'), slowGame('2.0')];
  room.lists(old);
  await room.give('bela', old);
  const before = await room.peer('bela');
  await does(before, 'install', { gameId: 'saga' }, 'install-finished');
  await before.quit();
  await writeFile(join(room.rootOf('bela', 'saga'), 'local/player.sav'), 'forty hours');
  const installed = await room.treeOf('bela', 'saga/local');

  room.catalog = [catalogEntry(fresh)];
  const anna = await room.peer('anna', { has: [fresh] });
  await capUpload(anna, 24 * mib);
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'saga');
  await bela.command('update', { gameId: 'saga' });
  await hasArrived(bela, 'saga', { share: 0.3 });
  await bela.command('cancel', { gameId: 'saga' });
  await endsWith(bela, 'download-cancelled', 'saga');
  assertSameTree(await room.treeOf('bela', 'saga/local'), installed, 'local/ after the cancelled update');
  await access(join(room.rootOf('bela', 'saga'), 'local/play.sh'));
  const root = await readTree(room.rootOf('bela', 'saga'), { ignore: (path) => path === 'local' });
  assert.equal(root, [], 'beside local/ nothing is left');
  const view = await bela.game('saga');
  assert.equal(
    [view.downloaded, view.installed, view.availability, view.operation],
    [false, true, 'LocalOnly', undefined],
  );
  await until('it is not resumable', async () => (await bela.game('saga')).resumable === undefined);
});

runScenarios();
