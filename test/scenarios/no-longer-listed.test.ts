import { stat } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { catalogEntry } from '../support/catalogs.ts';
import { until } from '../support/eventually.ts';
import { mib, type GameSpec } from '../support/games.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import { does, isOffered, offers, sees } from '../support/story.ts';

const gameOf = (id: string, title: string): GameSpec => ({
  id,
  title,
  version: '1',
  archives: [
    {
      entries: [
        { path: 'data.bin', sizeBytes: mib },
        { path: 'start.sh', text: 'sleep 60\n' },
      ],
    },
  ],
});
const quake = gameOf('quake', 'Quake');
const doom = gameOf('doom', 'Doom');
const launch = [{ label: 'Play', platform: 'any' as const, command: 'start.sh' }];

scenario('a game that a newer catalog drops is still listed, played, uninstalled and removed', async (room) => {
  room.catalog = [{ ...catalogEntry(quake), launch }, catalogEntry(doom)];
  const first = await room.peer('anna', { has: [quake] });
  const bela = await room.peer('bela', { knows: [first] });
  await isOffered(bela, 'quake');
  await does(first, 'install', { gameId: 'quake' }, 'install-finished');
  assert.is((await first.game('quake')).noLongerListed, undefined);
  await first.quit();

  const anna = await room.peer('anna', { catalog: [catalogEntry(doom)], knows: [bela] });
  const view = await anna.game('quake');
  assert.equal([view.noLongerListed, view.title, view.installed], [true, 'Quake', true]);
  assert.equal(offers(await sees(bela, anna)), [], 'what it gives nobody it offers nobody');
  assert.is((await anna.refusal('update', { gameId: 'quake' })).code, 'NOT_IN_CATALOG');
  await anna.command('play', { gameId: 'quake' });
  await anna.waitFor('play-started');
  await anna.command('stop', { gameId: 'quake' });
  await anna.waitFor('play-ended');
  await does(anna, 'uninstall', { gameId: 'quake' }, 'uninstall-finished');
  assert.is((await anna.game('quake')).downloaded, true);
  await does(anna, 'removeDownload', { gameId: 'quake' }, 'remove-finished');
  await until('its folder is gone', async () => !(await stat(room.rootOf('anna', 'quake')).catch(() => undefined)));
  await until('it is listed no more', async () => !(await anna.games()).some(({ id }) => id === 'quake'));
});

runScenarios();
