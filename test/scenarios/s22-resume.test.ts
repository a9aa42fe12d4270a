import * as assert from 'uvu/assert';
import { bulkGame, mib } from '../support/games.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import { blockCount, capUpload, endsWith, hasArrived, isOffered, servedIn } from '../support/story.ts';
import { assertSameTree } from '../support/trees.ts';

const game = bulkGame('saga', 128 * mib);

scenario('S22: after a pause and a restart a resume transfers no verified block again', async (room) => {
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  await capUpload(anna, 40 * mib);
  const first = await room.peer('bela', { knows: [anna] });
  await isOffered(first, 'saga');
  await first.command('download', { gameId: 'saga', install: false });
  await hasArrived(first, 'saga', { share: 0.4 });
  await first.command('pause', { gameId: 'saga' });
  await endsWith(first, 'download-paused', 'saga');
  const kept = (await first.game('saga')).resumable?.bytes ?? 0;
  const served = servedIn(first.events, 'saga').blocks;
  assert.ok(kept >= 0.4 * 128 * mib && kept < 128 * mib, `${kept} bytes are kept`);
  await first.quit();

  const second = await room.peer('bela', { knows: [anna] });
  assert.is((await second.game('saga')).resumable?.bytes, kept);
  await isOffered(second, 'saga');
  await second.command('resume', { gameId: 'saga' });
  await endsWith(second, 'download-finished', 'saga');
  const again = servedIn(second.events, 'saga').blocks;
  assert.equal(
    again.filter((block) => served.includes(block)),
    [],
  );
  assert.is(served.length + again.length, blockCount(room.made('anna', 'saga').tree));
  assertSameTree(await room.treeOf('bela', 'saga'), room.made('anna', 'saga').tree);
});

scenario('S23: a receiver killed at 50 % goes on from there when it is started again', async (room) => {
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  await capUpload(anna, 32 * mib);
  const first = await room.peer('bela', { knows: [anna] });
  await isOffered(first, 'saga');
  await first.command('download', { gameId: 'saga', install: false });
  const half = await hasArrived(first, 'saga', { share: 0.5 });
  await first.kill9();
  // Bitmaps are written in batches: what was verified in the last second before the kill may have to come again.
  const written = Date.parse(String(half['at'])) - 1_000;
  const safe = servedIn(
    first.events.filter(({ at }) => Date.parse(String(at)) < written),
    'saga',
  ).blocks;
  assert.ok(safe.length >= 4, `only ${safe.length} blocks were verified a second before the kill`);

  const second = await room.peer('bela', { knows: [anna] });
  const view = await second.game('saga');
  assert.equal([view.downloaded, view.operation], [false, undefined]);
  assert.ok((view.resumable?.bytes ?? 0) >= safe.length * 4 * mib, JSON.stringify(view));
  await isOffered(second, 'saga');
  await second.command('resume', { gameId: 'saga' });
  await endsWith(second, 'download-finished', 'saga');
  const again = servedIn(second.events, 'saga').blocks;
  assert.equal(
    again.filter((block) => safe.includes(block)),
    [],
    'blocks that were safely on disk came again',
  );
  assertSameTree(await room.treeOf('bela', 'saga'), room.made('anna', 'saga').tree);
});

runScenarios();
