import * as assert from 'uvu/assert';
import { mib } from '../support/games.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import { capUpload, countOf, endsWith, isOffered } from '../support/story.ts';

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

runScenarios();
