import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { catalogEntry } from '../support/catalogs.ts';
import { processesWith } from '../support/compliance/processes.ts';
import { eventually, until } from '../support/eventually.ts';
import { mib, type GameSpec } from '../support/games.ts';
import type { PeerProcess } from '../support/peer.ts';
import { runScenarios, scenario, type Room } from '../support/scenario.ts';
import { capUpload, does, endsWith, hasArrived, isOffered, sees } from '../support/story.ts';

/** Runs until the test says so, two minutes at most; it leaves its process id. */
const script = [
  '#!/bin/sh',
  'echo $$ > pid.txt',
  'n=0',
  'while [ ! -e over.txt ] && [ $n -lt 1200 ]; do sleep 0.1; n=$((n+1)); done',
  '',
].join('\n');
const game: GameSpec = {
  id: 'hover',
  archives: [{ entries: [{ path: 'play.sh', text: script, executable: true }] }],
};
const launch = [{ label: 'Play', platform: 'linux', command: 'play.sh', arguments: [] }];
const isLinux = process.platform === 'linux';
/** A peer that is killed tells nobody: the others ask after 4 s of silence and wait 12 s in all. */
const lossLimitMs = 20_000;

const inGame = (room: Room, name: string, file: string): string => join(room.gamesDir(name), 'hover', 'local', file);

/** A room of one that has the game installed, and others who only list it. */
async function setTheStage(room: Room, others: readonly GameSpec[] = []): Promise<PeerProcess> {
  room.catalog = [catalogEntry(game, { launch }), ...others.map((other) => catalogEntry(other))];
  const anna = await room.peer('anna', { has: [game, ...others] });
  await does(anna, 'install', { gameId: 'hover' }, 'install-finished');
  return anna;
}

/** Whoever is still in it leaves the game. */
async function endGame(room: Room, name: string): Promise<void> {
  const pid = Number(await readFile(inGame(room, name, 'pid.txt'), 'utf8').catch(() => '0'));
  await writeFile(inGame(room, name, 'over.txt'), '');
  await until('the game is over', () => pid === 0 || !isAlive(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const isPlayedBy = (peer: PeerProcess, names: readonly string[], limitMs = 5_000): Promise<void> =>
  until(
    `${peer.name} sees the game played by ${names.join() || 'nobody'}`,
    async () => ((await peer.game('hover')).playedBy ?? []).map(({ name }) => name).join() === names.join(),
    { limitMs },
  );

if (isLinux) {
  scenario('what is played shows in the room within seconds, and goes with the game', async (room) => {
    const anna = await setTheStage(room);
    const bela = await room.peer('bela', { knows: [anna] });
    await sees(bela, anna);
    assert.equal(
      (await bela.peers()).flatMap(({ playing }) => playing),
      [],
    );

    await anna.command('play', { gameId: 'hover' });
    const told = await bela.waitFor('peer-playing', undefined, { limitMs: 5_000 });
    assert.equal([told['peerId'], told['name'], told['playing']], [anna.peerId, 'anna', ['hover']]);
    await isPlayedBy(bela, ['anna']);
    assert.equal(
      (await bela.peers()).map(({ playing }) => playing),
      [['hover']],
    );
    assert.is((await anna.game('hover')).playedBy, undefined, 'the own game is told by its operation');
    const late = await room.peer('cleo', { knows: [anna] });
    await isPlayedBy(late, ['anna']);

    const since = bela.mark();
    await anna.command('stop', { gameId: 'hover' });
    await anna.waitFor('play-ended');
    const ended = await bela.waitFor('peer-playing', undefined, { since, limitMs: 5_000 });
    assert.equal(ended['playing'], []);
    await isPlayedBy(bela, []);
    await isPlayedBy(late, []);
  });

  scenario('when the core of who plays is killed the others forget it; the next core tells it again', async (room) => {
    const anna = await setTheStage(room);
    const bela = await room.peer('bela', { knows: [anna] });
    await sees(bela, anna);
    await anna.command('play', { gameId: 'hover' });
    await isPlayedBy(bela, ['anna']);
    try {
      await anna.kill9();
      await isPlayedBy(bela, [], lossLimitMs);
      assert.equal(await bela.peers(), []);
      // The game itself outlived its launcher.
      const again = await room.peer('anna', { knows: [bela] });
      await isPlayedBy(bela, ['anna'], lossLimitMs);
      assert.ok((await again.game('hover')).operation, 'it is played there');
    } finally {
      await endGame(room, 'anna');
    }
    await isPlayedBy(bela, [], lossLimitMs);
  });

  scenario('who does not want to tell is not told of, and can change their mind while playing', async (room) => {
    const anna = await setTheStage(room);
    const bela = await room.peer('bela', { knows: [anna] });
    await sees(bela, anna);
    await anna.command('settings.set', { name: 'tellWhatIsPlayed', value: false });
    await anna.command('play', { gameId: 'hover' });
    await anna.waitFor('play-started');
    // What is told after the start has come; so would have been what was played.
    await anna.command('settings.set', { name: 'playerName', value: 'Anna B.' });
    await eventually('the name has come', async () => (await bela.peers()).find(({ name }) => name === 'Anna B.'));
    await anna.command('settings.set', { name: 'playerName', value: 'anna' });
    await eventually('the old name again', async () => (await bela.peers()).find(({ name }) => name === 'anna'));
    await anna.command('settings.set', { name: 'tellWhatIsPlayed', value: true });
    await isPlayedBy(bela, ['anna']);
    assert.is(bela.events.filter(({ event }) => event === 'peer-playing').length, 1, 'nothing was told before');
    await anna.command('settings.set', { name: 'tellWhatIsPlayed', value: false });
    await isPlayedBy(bela, []);
    await eventually('anna plays on', async () => (await anna.game('hover')).operation);
    await anna.command('stop', { gameId: 'hover' });
    await anna.waitFor('play-ended');
  });

  scenario('while its player plays, a PC unpacks for others with one unpacker, afterwards with two', async (room) => {
    const entries = Array.from({ length: 5 }, (_, index) => ({ path: `${index}.pak`, sizeBytes: 60 * mib }));
    const large: GameSpec = { id: 'large', archives: [{ format: 'rar5', name: 'large.eti', entries }] };
    const anna = await setTheStage(room, [large]);
    await capUpload(anna, 40 * mib);
    const bela = await room.peer('bela', { knows: [anna] });
    await isOffered(bela, 'large');
    const archive = join(room.rootOf('anna', 'large'), 'large.eti');
    const unpackers = async (): Promise<number> => (await processesWith(archive)).length;
    await anna.command('play', { gameId: 'hover' });
    try {
      await bela.command('streamInstall', { gameId: 'large' });
      let most = 0;
      let hasEnough = false;
      const enough = hasArrived(bela, 'large', { share: 0.3 }).finally(() => (hasEnough = true));
      while (!hasEnough) most = Math.max(most, await unpackers());
      await enough;
      assert.is(most, 1, 'while she plays');
    } finally {
      await endGame(room, 'anna');
    }
    // A further one is begun when the one that runs comes to its end.
    await until('two unpack', async () => (await unpackers()) === Math.min(2, availableParallelism()));
    await capUpload(anna, 1_000 * mib);
    await endsWith(bela, 'install-finished', 'large');
  });
}

runScenarios();
