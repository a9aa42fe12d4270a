import * as assert from 'uvu/assert';
import { bulkGame, mib } from '../support/games.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import {
  assertFetchedOnce,
  capUpload,
  countOf,
  downloads,
  endsWith,
  isOffered,
  payloadBytes,
} from '../support/story.ts';

scenario('two downloads that take longer than any connection may be idle keep their peer', async (room) => {
  const games = ['one', 'two'].map((id) => ({ id, loose: [{ path: 'data.bin', sizeBytes: 7 * mib }] }));
  room.lists(...games);
  const anna = await room.peer('anna', { has: games });
  await capUpload(anna, 512 * 1024);
  const bela = await room.peer('bela', { knows: [anna] });
  const since = bela.mark();
  for (const { id } of games) {
    await isOffered(bela, id);
    await bela.command('download', { gameId: id, install: false });
  }
  for (const { id } of games) {
    await endsWith(bela, 'download-finished', id, { since, limitMs: 120_000 });
    assert.is(countOf(bela, 'download-begin', id), 1);
  }
  const seconds = bela.events.filter(({ event }) => event === 'download-progress').length / 2 / 2;
  assert.ok(seconds > 21, `it took only ${seconds} s and proves nothing`);
  assert.is(bela.events.filter(({ event }) => event === 'peer-lost').length, 0);
});

scenario('a source of 1 Mbit/s beside a fast one does not hold up the end of a download', async (room) => {
  const game = bulkGame('saga', 80 * mib);
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  const dora = await room.peer('dora', { has: [game] });
  await capUpload(anna, 20 * mib);
  await capUpload(dora, 128 * 1024);
  const cora = await room.peer('cora', { knows: [anna, dora] });
  await isOffered(cora, 'saga', 2);
  const started = performance.now();
  await downloads(cora, 'saga');
  const seconds = (performance.now() - started) / 1000;
  // The fast one alone needs 4 s. What the slow one is at is fetched again once that shows.
  assert.ok(seconds < 10, `it took ${seconds.toFixed(1)} s`);
  await assertFetchedOnce(cora, payloadBytes(room.made('anna', 'saga').tree), { extra: 0.1 });
});

runScenarios();
