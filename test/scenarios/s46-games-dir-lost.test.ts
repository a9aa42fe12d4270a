import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { bulkGame, mib } from '../support/games.ts';
import { needsMounts, PluggableDisk } from '../support/mounts.ts';
import type { PeerProcess } from '../support/peer.ts';
import { runScenarios, scenario, type Room } from '../support/scenario.ts';
import { blockCount, capUpload, countOf, endsWith, hasArrived, isOffered, servedIn } from '../support/story.ts';
import { assertSameTree } from '../support/trees.ts';
import { until } from '../support/eventually.ts';

const game = bulkGame('saga', 64 * mib);
const other = bulkGame('tale', 8 * mib);

/** The games folder goes during a download, comes back, and the download goes on. */
async function losesItsDrive(room: Room, { pull, plug }: { pull: () => unknown; plug: () => unknown }): Promise<void> {
  const anna = room.running('anna');
  await capUpload(anna, 16 * mib);
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'saga');
  await bela.command('download', { gameId: 'saga', install: false });
  await hasArrived(bela, 'saga', { share: 0.3 });
  await pull();
  await bela.waitFor('games-dir-lost');
  const failed = await endsWith(bela, 'download-failed', 'saga');
  assert.is(failed['code'], 'GAMES_DIR_LOST', JSON.stringify(failed));
  await assertLost(bela);
  await plug();
  await bela.waitFor('games-dir-back');
  const kept = (await bela.game('saga')).resumable?.bytes ?? 0;
  assert.ok(kept > 0, 'what was verified is kept');
  const first = servedIn(bela.events, 'saga').blocks;
  await capUpload(anna, 200 * mib);
  const since = bela.mark();
  await bela.command('resume', { gameId: 'saga' });
  await endsWith(bela, 'download-finished', 'saga', { since });
  const again = servedIn(bela.events.slice(since), 'saga').blocks;
  // The drive may not have kept what was written in its last second.
  const twice = again.filter((block) => first.includes(block));
  assert.ok(twice.length <= 5, `${twice.length} blocks came twice`);
  assert.ok(again.length < blockCount(room.made('anna', 'saga').tree), 'something was kept');
  assertSameTree(await room.treeOf('bela', 'saga'), room.made('anna', 'saga').tree);
  assert.is(countOf(bela, 'download-finished', 'saga') + countOf(bela, 'download-failed', 'saga'), 2);
}

async function assertLost(bela: PeerProcess): Promise<void> {
  for (const command of ['download', 'resume', 'install', 'verify', 'repair', 'update', 'uninstall', 'removeDownload'])
    assert.is((await bela.refusal(command, { gameId: 'saga' })).code, 'GAMES_DIR_LOST', command);
  const view = await bela.game('saga');
  assert.equal([view.downloaded, view.operation], [false, undefined]);
}

scenario('S46: the games folder is renamed away during a download', async (room) => {
  room.lists(game, other);
  await room.peer('anna', { has: [game] });
  const [here, away] = [room.gamesDir('bela'), join(room.gamesDir('bela'), '../away')];
  await losesItsDrive(room, { pull: () => rename(here, away), plug: () => rename(away, here) });
});

needsMounts('S46: the drive with the games is unplugged during a download', (title) =>
  scenario(title, async (room) => {
    room.lists(game, other);
    await room.peer('anna', { has: [game] });
    const path = room.gamesDir('bela');
    using disk = new PluggableDisk({ backing: join(path, '../drive'), path, sizeMib: 100 });
    // The drive holds something else, too: that is how an empty mount point is told from it.
    await room.give('bela', other);
    await losesItsDrive(room, { pull: () => disk.pull(), plug: () => disk.plug() });
  }),
);

scenario('S46: while idle the games go with their folder, here and for others, and come back with it', async (room) => {
  room.lists(other);
  const anna = await room.peer('anna');
  const bela = await room.peer('bela', { has: [other], knows: [anna] });
  await isOffered(anna, 'tale');
  const [here, away] = [room.gamesDir('bela'), join(room.gamesDir('bela'), '../away')];
  await rename(here, away);
  await bela.waitFor('games-dir-lost');
  await isOffered(anna, 'tale', 0);
  assert.is((await bela.game('tale')).downloaded, false);
  await rename(away, here);
  await bela.waitFor('games-dir-back');
  await isOffered(anna, 'tale', 1);
  await until('it is downloaded again', async () => (await bela.game('tale')).downloaded);
});

scenario('S46: started while its games folder is away, it makes none in its place and waits for it', async (room) => {
  room.lists(game, other);
  const anna = await room.peer('anna', { has: [game] });
  await capUpload(anna, 16 * mib);
  const first = await room.peer('bela', { has: [other], knows: [anna] });
  await isOffered(first, 'saga');
  await first.command('download', { gameId: 'saga', install: false });
  await hasArrived(first, 'saga', { share: 0.3 });
  const [here, away] = [room.gamesDir('bela'), join(room.gamesDir('bela'), '../away')];
  await first.kill9();
  await rename(here, away);
  const second = await room.peer('bela', { knows: [anna] });
  await second.waitFor('games-dir-lost');
  assert.not(existsSync(here));
  await assertLost(second);
  await rename(away, here);
  await second.waitFor('games-dir-back');
  assert.ok((await second.game('tale')).downloaded);
  // It goes on by itself, as after any kill; a command for it is no second one.
  await isOffered(second, 'saga');
  await capUpload(anna, 200 * mib);
  await second.command('resume', { gameId: 'saga' });
  await endsWith(second, 'download-finished', 'saga');
  assertSameTree(await room.treeOf('bela', 'saga'), room.made('anna', 'saga').tree);
});

scenario(
  'another games folder: refused while something runs, then its games in place of the old ones',
  async (room) => {
    room.lists(game, other);
    const anna = await room.peer('anna', { has: [game] });
    await capUpload(anna, 16 * mib);
    const bela = await room.peer('bela', { has: [other], knows: [anna] });
    await isOffered(bela, 'saga');
    await isOffered(anna, 'tale');
    const elsewhere = join(room.gamesDir('bela'), '../elsewhere');
    await bela.command('download', { gameId: 'saga', install: false });
    const set = { name: 'gamesDir', value: elsewhere };
    assert.is((await bela.refusal('settings.set', set)).code, 'OPERATIONS_ACTIVE');
    await hasArrived(bela, 'saga', { share: 0.1 });
    await bela.command('pause', { gameId: 'saga' });
    await endsWith(bela, 'download-paused', 'saga');
    const refused = await bela.refusal('settings.set', { name: 'gamesDir', value: 'relative/folder' });
    assert.is(refused.code, 'BAD_REQUEST');

    await bela.command('settings.set', set);
    assert.is((await bela.command('status'))['gamesDir'], elsewhere);
    const [saga, tale] = [await bela.game('saga'), await bela.game('tale')];
    assert.equal([saga.resumable, tale.downloaded], [undefined, false], 'the new folder is empty');
    await isOffered(anna, 'tale', 0);
    await capUpload(anna, 200 * mib);
    const since = bela.mark();
    await bela.command('download', { gameId: 'saga', install: false });
    await endsWith(bela, 'download-finished', 'saga', { since });
    await isOffered(anna, 'saga', 1);

    await bela.command('settings.set', { name: 'gamesDir', value: room.gamesDir('bela') });
    await isOffered(anna, 'tale', 1);
    const back = await bela.game('saga');
    assert.ok((back.resumable?.bytes ?? 0) > 0, 'the paused download of the old folder is there again');
    assert.ok((await bela.game('tale')).downloaded);
  },
);

runScenarios();
