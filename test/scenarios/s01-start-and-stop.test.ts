import { readdir } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { bulkGame, mib, smallGame, type GameSpec } from '../support/games.ts';
import { patience } from '../support/patience.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import { capUpload, endsWith, isOffered } from '../support/story.ts';

scenario('S1: a node with an empty folder starts, has no games and quits cleanly within 2 s', async (room) => {
  room.lists(smallGame('one'), smallGame('two'));
  const anna = await room.peer('anna');
  assert.equal(
    anna.events.slice(0, 1).map(({ event }) => event),
    ['started'],
  );
  assert.ok(anna.peerId.length > 10);
  assert.ok(anna.addresses.length > 0);
  const games = await anna.games();
  assert.equal(
    games.filter(({ downloaded, installed, peerCount }) => downloaded || installed || peerCount > 0),
    [],
  );
  assert.equal(await anna.peers(), []);
  const status = await anna.command('status');
  assert.is(status['peerId'], anna.peerId);
  assert.equal(status['operations'], []);
  const { exitCode, elapsedMs } = await anna.quit();
  assert.is(exitCode, 0, anna.stderr);
  assert.ok(elapsedMs < 2_000, `quitting took ${Math.round(elapsedMs)} ms`);
  assert.equal(await readdir(room.gamesDir('anna')), []);
});

scenario('S1: the end of its input ends a node as quit does', async (room) => {
  const anna = await room.peer('anna');
  const started = performance.now();
  assert.is(await anna.closeInput(), 0);
  assert.ok(performance.now() - started < 2_000);
});

scenario('S1: amid downloads, uploads and an install a node quits cleanly within 2 s', async (room) => {
  const [large, busy] = [bulkGame('large', 512 * mib), bulkGame('busy', 256 * mib)];
  const archive: GameSpec = {
    id: 'archive',
    archives: [{ format: '7z', entries: [{ path: 'data.bin', sizeBytes: 192 * mib }] }],
  };
  room.lists(large, busy, archive);
  const anna = await room.peer('anna', { has: [large] });
  const bela = await room.peer('bela', { has: [busy, archive], knows: [anna] });
  const cora = await room.peer('cora', { knows: [bela] });
  await Promise.all([anna, bela].map((peer) => capUpload(peer, 16 * mib)));
  await isOffered(bela, 'large');
  await isOffered(cora, 'busy');
  await bela.command('download', { gameId: 'large', install: false });
  await cora.command('download', { gameId: 'busy', install: false });
  await bela.waitFor('blocks-verified', ({ gameId }) => gameId === 'large');
  await cora.waitFor('blocks-verified', ({ gameId }) => gameId === 'busy');
  // Last: the install takes a fraction of a second on a quick disk.
  await bela.command('install', { gameId: 'archive' });
  await bela.waitFor('install-begin', ({ gameId }) => gameId === 'archive');
  const { operations } = await bela.command('status');
  assert.equal((operations as { kind: string }[]).map(({ kind }) => kind).sort(), ['Downloading', 'Installing']);
  const { exitCode, elapsedMs } = await bela.quit();
  assert.is(exitCode, 0, bela.stderr);
  assert.ok(elapsedMs < 2_000 * patience, `quitting took ${Math.round(elapsedMs)} ms`);
});

scenario('S11: a node started again with its state is the same peer, and the others list it once', async (room) => {
  const game = smallGame('one');
  room.lists(game);
  const before = await room.peer('anna', { has: [game] });
  const bela = await room.peer('bela', { knows: [before] });
  await isOffered(bela, 'one');
  await before.quit();
  await isOffered(bela, 'one', 0);
  const after = await room.peer('anna', { knows: [bela] });
  assert.is(after.peerId, before.peerId);
  await isOffered(bela, 'one');
  assert.equal(
    (await bela.peers()).map(({ peerId }) => peerId),
    [before.peerId],
  );
  await bela.command('download', { gameId: 'one', install: false });
  await endsWith(bela, 'download-finished', 'one');
});

runScenarios();
