import { appendFile, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { catalogEntry } from '../support/catalogs.ts';
import { bulkGame, mib } from '../support/games.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import { downloads, isOffered, offers, sees } from '../support/story.ts';
import { until } from '../support/eventually.ts';

const chunk = Buffer.alloc(mib, 7);

scenario('a game that is being copied by hand, version.ini first, is offered once all of it is there', async (room) => {
  room.lists(bulkGame('saga', 12 * mib));
  const anna = await room.peer('anna');
  const bela = await room.peer('bela', { knows: [anna] });
  const root = room.rootOf('anna', 'saga');
  await mkdir(root, { recursive: true });
  await writeFile(join(root, 'version.ini'), 'version = 1.0\n');
  // Files that are written within one tick of the system's clock have one time, and tell no order.
  const { ctimeNs } = await stat(join(root, 'version.ini'), { bigint: true });
  const later = join(room.gamesDir('anna'), '..', 'later');
  await until('the clock of files has moved on', async () => {
    await writeFile(later, '');
    return (await stat(later, { bigint: true })).ctimeNs > ctimeNs;
  });
  const offered: string[] = [];
  const copying = (async () => {
    for (let part = 0; part < 12; part += 1) {
      await appendFile(join(root, 'saga.eti'), chunk);
      // As slow as from a stick: this is the time that passes, not one that is waited for.
      await sleep(400);
      offered.push(...offers(await sees(bela, anna)));
    }
  })();
  await copying;
  assert.not(offered.includes('saga 1.0 Ready'), 'half a copy was offered');
  await isOffered(bela, 'saga');
  const { totalBytes } = await downloads(bela, 'saga');
  assert.is(totalBytes, 12 * mib);
});

scenario('a copy that was broken off and is smaller than the catalog says is not offered', async (room) => {
  const whole = bulkGame('saga', 12 * mib);
  room.catalog = [catalogEntry(whole, { sizeBytes: 12 * mib })];
  const anna = await room.peer('anna', { has: [bulkGame('saga', 8 * mib)] });
  const bela = await room.peer('bela', { knows: [anna] });
  await until('anna is seen', async () => offers(await sees(bela, anna)).join() === 'saga 1.0 LocalOnly');
  const view = await anna.game('saga');
  assert.equal([view.downloaded, view.heldBack], [true, 'incomplete']);
});

runScenarios();
