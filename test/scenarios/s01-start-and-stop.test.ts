import { readdir } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { smallGame } from '../support/games.ts';
import { runScenarios, scenario } from '../support/scenario.ts';
import { endsWith, isOffered } from '../support/story.ts';

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
