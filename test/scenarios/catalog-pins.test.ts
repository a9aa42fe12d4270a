/** What a catalog pins and revokes; the pin is made by the command that makers of catalogs use. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { catalogEntry, type CatalogEntry } from '../support/catalogs.ts';
import { until } from '../support/eventually.ts';
import { bulkGame, mib } from '../support/games.ts';
import { runScenarios, scenario, type Room } from '../support/scenario.ts';
import { capUpload, downloads, endsWith, isOffered, servedIn } from '../support/story.ts';
import { assertSameTree } from '../support/trees.ts';

const program = fileURLToPath(new URL('../../app/cli/lanspread.mjs', import.meta.url));
const run = promisify(execFile);

/** The catalog of a peer's games folder, every game pinned. */
async function pinnedCatalog(room: Room, name: string): Promise<CatalogEntry[]> {
  const file = `${room.gamesDir(name)}/../made.json`;
  const args = ['catalog', 'build', room.gamesDir(name), '--pin', '-o', file, '--json'];
  await run(process.execPath, [program, ...args], { timeout: 60_000 });
  return JSON.parse(await readFile(file, 'utf8')).games;
}

scenario('of many peers with other bytes none counts against the one that has what the catalog pins', async (room) => {
  // A loose file: random bytes under an archive's name are a game that nobody can install, and the command says so.
  const loose = [{ path: 'saga.bin', sizeBytes: 24 * mib }];
  const [right, wrong] = [bulkGame('saga', 0, { seed: 'right', loose }), bulkGame('saga', 0, { seed: 'wrong', loose })];
  room.lists(right);
  const anna = await room.peer('anna', { has: [right] });
  const bela = await room.peer('bela', { has: [wrong] });
  const cora = await room.peer('cora', { has: [wrong] });
  const catalog = await pinnedCatalog(room, 'anna');
  assert.match(String(catalog[0]?.['manifestRoot']), /^[0-9a-f]{64}$/);
  const dora = await room.peer('dora', { catalog, knows: [bela, cora, anna] });
  await isOffered(dora, 'saga', 3);
  await downloads(dora, 'saga');
  assert.equal([...servedIn(dora.events, 'saga').byPeer.keys()], [anna.peerId]);
  assertSameTree(await room.treeOf('dora', 'saga'), room.made('anna', 'saga').tree);
});

scenario('where nobody has what the catalog pins, nothing is fetched, and the reason is told', async (room) => {
  const wrong = bulkGame('saga', 8 * mib, { seed: 'wrong' });
  room.lists(wrong);
  const bela = await room.peer('bela', { has: [wrong] });
  const catalog = [catalogEntry(wrong, { manifestRoot: 'ab'.repeat(32) })];
  const dora = await room.peer('dora', { catalog, knows: [bela] });
  await isOffered(dora, 'saga', 1);
  await dora.command('download', { gameId: 'saga', install: false });
  const failed = await endsWith(dora, 'download-failed', 'saga');
  assert.is(failed['code'], 'NO_PEERS');
  assert.match(String(failed['message']), 'the content that the catalog names');
  assert.equal(servedIn(dora.events, 'saga').blocks, []);
  assert.not((await dora.game('saga')).downloaded);
});

scenario('a game that is revoked is fetched no further, and served no more', async (room) => {
  const saga = bulkGame('saga', 64 * mib);
  room.lists(saga);
  const anna = await room.peer('anna', { has: [saga] });
  await capUpload(anna, 8 * mib);
  const dora = await room.peer('dora', { knows: [anna] });
  await isOffered(dora, 'saga', 1);
  await dora.command('download', { gameId: 'saga', install: false });
  await dora.waitFor('download-progress', ({ gameId }) => gameId === 'saga');
  const path = `${room.gamesDir('dora')}/../revoker.json`;
  await writeFile(path, JSON.stringify({ formatVersion: 1, name: 'Revoker', games: [], revoked: ['saga'] }));
  await dora.command('catalog.import', { path });
  await dora.waitFor('download-peers-gone', ({ gameId }) => gameId === 'saga');
  assert.ok(servedIn(dora.events, 'saga').blocks.length < 16, 'it was fetched to its end');
  assert.equal((await dora.command('listGames'))['games'], []);
  const refused = await dora.command('download', { gameId: 'saga' }).catch((error: unknown) => String(error));
  assert.match(String(refused), 'NOT_IN_CATALOG');

  const bela = await room.peer('bela', { knows: [anna] });
  await isOffered(bela, 'saga', 1);
  await anna.command('catalog.import', { path });
  await until('nobody offers it', async () => (await bela.game('saga'))['peerCount'] === 0);
});

runScenarios();
