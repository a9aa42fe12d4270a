import * as assert from 'uvu/assert';
import { bulkGame, mib } from '../support/games.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import { capUpload, endsWith, hasArrived, isOffered } from '../support/story.ts';

scenario('S26: a second command for a busy game is refused and names what is running', async (room) => {
  const game = bulkGame('saga', 64 * mib);
  room.lists(game, bulkGame('other', mib));
  const anna = await room.peer('anna', { has: [game, bulkGame('other', mib)] });
  await capUpload(anna, 16 * mib);
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'saga');
  assert.equal(await bela.command('download', { gameId: 'saga', install: false }), { accepted: true });
  await hasArrived(bela, 'saga', { share: 0.05 });
  for (const command of ['download', 'update', 'install', 'uninstall', 'removeDownload', 'verify', 'resume']) {
    const refusal = await bela.refusal(command, { gameId: 'saga' });
    assert.is(refusal.code, 'OPERATION_IN_PROGRESS', command);
    assert.match(JSON.stringify(refusal.error), 'Downloading', command);
  }
  const { operations } = await bela.command('status');
  assert.equal(operations, [{ gameId: 'saga', kind: 'Downloading' }]);
  // The refusals touched neither this download nor another game.
  await bela.command('download', { gameId: 'other', install: false });
  await endsWith(bela, 'download-finished', 'other');
  await capUpload(anna, 500 * mib);
  await endsWith(bela, 'download-finished', 'saga');
  assert.equal((await bela.command('status'))['operations'], []);
});

scenario('S26: commands that make no sense are refused with their codes', async (room) => {
  room.lists(bulkGame('saga', mib));
  const bela = await room.peer('bela');
  const codes = {
    install: 'NOT_DOWNLOADED',
    uninstall: 'NOT_INSTALLED',
    pause: 'NO_OPERATION',
    resume: 'NOT_RESUMABLE',
    cancel: 'NO_OPERATION',
  };
  for (const [command, code] of Object.entries(codes))
    assert.is((await bela.refusal(command, { gameId: 'saga' })).code, code, command);
  assert.is((await bela.refusal('makeCoffee', {})).code, 'UNKNOWN_COMMAND');
  assert.is((await bela.refusal('download', {})).code, 'BAD_REQUEST');
  assert.is((await bela.refusal('download', { gameId: 7 })).code, 'BAD_REQUEST');
  assert.is((await bela.refusal('settings.set', { name: 'colour', value: 1 })).code, 'UNKNOWN_SETTING');
});

runScenarios();
