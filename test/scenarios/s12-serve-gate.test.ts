/**
 * The serve gate: what a peer may not give nobody is offered, and who asks for it anyway is refused. A block that was not
 * verified and a game that is being removed are asked for in `test/integration/blocks/serve-gate.test.ts`.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { catalogEntry } from '../support/catalogs.ts';
import { bulkGame, mib, smallGame, type GameSpec } from '../support/games.ts';
import { hashOf, RudeGuest } from '../support/rude-guest.ts';
import { runScenarios, scenario, type Room } from '../support/scenario.ts';
import { capUpload, countOf, does, downloads, endsWith, isOffered, offers, sees } from '../support/story.ts';
import { until } from '../support/eventually.ts';
import { assertSameTree, readTree } from '../support/trees.ts';

const canary = smallGame('canary');

/** The one game that may be given is; so the other's absence is a refusal and not a network that does not work. */
async function onlyCanaryIsGiven(room: Room, withheld: string): Promise<void> {
  const [anna, bela] = [room.running('anna'), room.running('bela')];
  await isOffered(bela, 'canary');
  assert.equal(
    offers(await sees(bela, anna)).filter((line) => line.endsWith('Ready') && line.includes(`${withheld} 1.0 `)),
    [],
  );
  assert.is((await bela.game(withheld)).peerCount, 0);
  const since = bela.mark();
  await bela.command('download', { gameId: withheld, install: false });
  const failed = await endsWith(bela, 'download-failed', withheld, { since });
  assert.is(failed['code'], 'NO_PEERS');
  await downloads(bela, 'canary');
  assert.equal(
    (await readTree(room.gamesDir('bela'))).filter(({ path }) => path.startsWith(withheld)),
    [],
  );
  // Who asks all the same, by the right hash, is refused; and is given what may be given, so it asks in the right way.
  await using guest = await RudeGuest.at(anna);
  const ask = async (id: string): Promise<string[]> => {
    const manifestHash = await hashOf(id, room.rootOf('anna', id));
    return [await guest.askManifest(id), await guest.askBlock(id, { manifestHash, file: `${id}.eti` })];
  };
  assert.equal(await ask('canary'), ['ok', 'ok']);
  const refused = await ask(withheld);
  assert.is(refused[0], 'GAME_NOT_FOUND');
  // An old version is complete and may be given to somebody who wants just that one.
  assert.is(refused[1], withheld === 'dated' ? 'ok' : 'GAME_NOT_FOUND');
}

scenario("S12: a game that is not in the owner's catalog is not served", async (room) => {
  const secret = smallGame('secret');
  await room.peer('anna', { has: [canary, secret], catalog: [catalogEntry(canary)] });
  room.lists(canary, secret);
  await room.peer('bela', { knows: [room.running('anna')] });
  await onlyCanaryIsGiven(room, 'secret');
});

scenario('S12: a game without sentinel is not served', async (room) => {
  const unfinished: GameSpec = { ...smallGame('unfinished'), withoutSentinel: true };
  room.lists(canary, unfinished);
  const anna = await room.peer('anna', { has: [canary, unfinished] });
  await room.peer('bela', { knows: [anna] });
  await onlyCanaryIsGiven(room, 'unfinished');
});

scenario('S12: a nested version.ini, or one that is a folder, is no sentinel', async (room) => {
  const unfinished: GameSpec = {
    ...smallGame('unfinished'),
    withoutSentinel: true,
    loose: [{ path: 'sub/version.ini', text: '1.0' }],
  };
  room.lists(canary, unfinished);
  await room.give('anna', unfinished);
  await mkdir(join(room.rootOf('anna', 'unfinished'), 'version.ini'));
  const anna = await room.peer('anna', { has: [canary] });
  await room.peer('bela', { knows: [anna] });
  await onlyCanaryIsGiven(room, 'unfinished');
});

scenario('S12: another version than the wanted one is not fetched', async (room) => {
  const old = smallGame('dated', { version: '0.9' });
  room.lists(canary, { ...old, version: '1.0' });
  const anna = await room.peer('anna', { has: [canary, old] });
  await room.peer('bela', { knows: [anna] });
  await onlyCanaryIsGiven(room, 'dated');
});

scenario("S12: what lies under local/ and other programs' files never leave the PC", async (room) => {
  room.lists(canary);
  await room.give('anna', canary);
  const root = room.rootOf('anna', 'canary');
  await mkdir(join(root, 'local/saves'), { recursive: true });
  await writeFile(join(root, 'local/saves/diary.txt'), 'private');
  await mkdir(join(root, '.sync'));
  await writeFile(join(root, '.sync/index'), 'of another program');
  await writeFile(join(root, '.softlan_game_installed'), '');
  const anna = await room.peer('anna');
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'canary');
  await downloads(bela, 'canary');
  assertSameTree(await room.treeOf('bela', 'canary'), room.made('anna', 'canary').tree);
  await using guest = await RudeGuest.at(anna);
  const manifestHash = await hashOf('canary', root);
  for (const file of ['local/saves/diary.txt', '.sync/index', '../canary/local/saves/diary.txt', 'version.ini'])
    assert.is(await guest.askBlock('canary', { manifestHash, file }), 'NOT_SERVED', file);
});

scenario('S12: a game that is being installed is served', async (room) => {
  const game: GameSpec = {
    id: 'busy',
    archives: [
      {
        format: '7z',
        entries: Array.from({ length: 6 }, (_, part) => ({ path: `part${part}.bin`, sizeBytes: 24 * mib })),
      },
    ],
  };
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'busy');
  // Hashed beforehand by a first guest, so that the second finds the install still running.
  const cora = await room.peer('cora', { knows: [anna] });
  await isOffered(cora, 'busy');
  await downloads(cora, 'busy');
  await anna.command('install', { gameId: 'busy' });
  await anna.waitFor('install-begin');
  await bela.command('download', { gameId: 'busy', install: false });
  const verified = await bela.waitFor('blocks-verified', ({ gameId }) => gameId === 'busy');
  const installed = await endsWith(anna, 'install-finished', 'busy');
  assert.ok(String(verified['at']) < String(installed['at']), 'nothing was served before the install was over');
  await endsWith(bela, 'download-finished', 'busy');
  assertSameTree(await room.treeOf('bela', 'busy'), room.made('anna', 'busy').tree);
});

scenario('S12: a game that is being played is served', async (room) => {
  const game = smallGame('played');
  const launch = [{ label: 'Play', platform: 'any', command: 'game.sh' }];
  room.catalog = [catalogEntry(game, { launch })];
  const anna = await room.peer('anna', { has: [game] });
  await does(anna, 'install', { gameId: 'played' }, 'install-finished');
  await anna.command('play', { gameId: 'played' });
  await anna.waitFor('play-started', ({ gameId }) => gameId === 'played');
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'played');
  await downloads(bela, 'played');
  assertSameTree(await room.treeOf('bela', 'played'), room.made('anna', 'played').tree);
  assert.equal((await anna.command('status'))['operations'], [{ gameId: 'played', kind: 'Playing' }], 'it still ran');
  await anna.command('stop', { gameId: 'played' });
  await anna.waitFor('play-ended', ({ gameId }) => gameId === 'played');
});

scenario('S12: a game whose sentinel is gone is not served any more, though all its files are there', async (room) => {
  const game = bulkGame('leaving', 64 * mib);
  room.lists(game);
  const anna = await room.peer('anna', { has: [game] });
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'leaving');
  await capUpload(anna, 16 * mib);
  await bela.command('download', { gameId: 'leaving', install: false });
  await bela.waitFor('blocks-verified', ({ gameId }) => gameId === 'leaving');
  const root = room.rootOf('anna', 'leaving');
  await using guest = await RudeGuest.at(anna);
  const manifestHash = await hashOf('leaving', root);
  const ask = (): Promise<string> => guest.askBlock('leaving', { manifestHash, file: 'leaving.eti' });
  assert.is(await ask(), 'ok');
  const sentinel = join(root, 'version.ini');
  await rename(sentinel, join(room.gamesDir('anna'), 'version.ini of leaving'));
  // At once, before anybody has looked at the folder again.
  assert.is(await ask(), 'GAME_NOT_FOUND');
  await bela.waitFor(['download-peers-gone', 'download-failed'], ({ gameId }) => gameId === 'leaving', {
    limitMs: 40_000,
  });
  assert.is(countOf(bela, 'download-finished', 'leaving'), 0);
  await until('the game is offered no more', async () => (await bela.game('leaving')).peerCount === 0);
  assert.not((await bela.game('leaving')).downloaded);
});

scenario("S29: an unknown game in a peer's list is filtered, and its download is refused", async (room) => {
  const known = smallGame('known');
  const unknown = smallGame('unknown');
  const anna = await room.peer('anna', {
    has: [known, unknown],
    catalog: [catalogEntry(known), catalogEntry(unknown)],
  });
  room.lists(known);
  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'known');
  // It is in the list that anna sends: who knows it sees it there.
  const cora = await room.peer('cora', { knows: [anna], catalog: [catalogEntry(known), catalogEntry(unknown)] });
  await isOffered(cora, 'unknown');
  assert.equal(offers(await sees(cora, anna)), ['known 1.0 Ready', 'unknown 1.0 Ready']);
  assert.equal(offers(await sees(bela, anna)), ['known 1.0 Ready']);
  assert.equal(
    (await bela.games()).map(({ id }) => id),
    ['known'],
  );
  for (const command of ['download', 'install', 'update', 'uninstall', 'removeDownload'])
    assert.is((await bela.refusal(command, { gameId: 'unknown' })).code, 'NOT_IN_CATALOG', command);
  await downloads(bela, 'known');
  assert.equal(
    (await readTree(room.gamesDir('bela'))).filter(({ path }) => path.startsWith('unknown')),
    [],
  );
});

runScenarios();
