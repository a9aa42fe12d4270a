import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, nodeFileSystem, silentLogger, systemClock } from '../../../app/core/base/index.ts';
import { GamePlayer, type LaunchEntry, type PlayRequest, type RunningGame } from '../../../app/core/play/index.ts';
import { systemProcessTable } from '../../../app/core/play/process-table.ts';
import { openState } from '../../../app/core/state/index.ts';
import { until } from '../../support/eventually.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';

const gameId = 'quake' as PlayRequest['gameId'];

class Rig implements AsyncDisposable {
  readonly directory: TempDir;
  readonly state;
  readonly player: GamePlayer;
  readonly games: RunningGame[] = [];

  constructor(directory: TempDir) {
    this.directory = directory;
    ({ state: this.state } = openState({ directory: directory.join('state'), logger: silentLogger }));
    this.player = this.newPlayer();
  }

  /** As the next core would have it. */
  newPlayer(): GamePlayer {
    const sessions = this.state.playSessions;
    return new GamePlayer({ fileSystem: nodeFileSystem, sessions, clock: systemClock, logger: silentLogger });
  }

  get local(): string {
    return this.directory.join('local');
  }

  request(launch: Partial<LaunchEntry> = {}, name = 'Ada'): PlayRequest {
    const entry = { label: 'Play', platform: 'any', command: 'start.sh', arguments: [], ...launch } as const;
    return { gameId, directory: this.local, launch: entry, player: { name, language: 'de' } };
  }

  async script(path: string, lines: readonly string[], mode = 0o644): Promise<void> {
    const absolute = join(this.local, path);
    await mkdir(join(absolute, '..'), { recursive: true });
    await writeFile(absolute, `${lines.join('\n')}\n`);
    await chmod(absolute, mode);
  }

  async start(request = this.request()): Promise<RunningGame> {
    const game = await this.player.start(request);
    this.games.push(game);
    return game;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const game of this.games) game.stop();
    await Promise.all(this.games.map(({ ended }) => ended));
    this.state[Symbol.dispose]();
    await this.directory[Symbol.asyncDispose]();
  }
}

async function rigOf(): Promise<Rig> {
  return new Rig(await tempDir('play'));
}

async function codeOf(action: Promise<unknown>): Promise<string> {
  return await action.then(
    () => 'none',
    (error: unknown) => (error instanceof LanspreadError ? error.code : String(error)),
  );
}

const test = suite('playing, with real processes');

// A running game does not keep the launcher alive; something has to.
let alive: NodeJS.Timeout;
test.before(() => void (alive = setInterval(() => {}, 1_000)));
test.after(() => clearInterval(alive));

test('a script gets its arguments as they are, the folder, and the player in its environment', async () => {
  await using rig = await rigOf();
  await rig.script('start.sh', [
    'for a in "$@"; do printf "%s\\n" "$a" >> out.txt; done',
    'pwd >> out.txt; echo "$LANSPREAD_PLAYER_NAME $LANSPREAD_LANGUAGE $LANSPREAD_GAME_ID" >> out.txt',
    'exit 7',
  ]);
  const name = `O'Neil "$(touch pwned)" & co\nline`;
  const game = await rig.start(rig.request({ arguments: ['{playerName}', '-l', '{language}', '* ?'] }, name));
  const { exitCode, seconds } = await game.ended;
  assert.is(exitCode, 7);
  assert.ok(seconds < 10);
  assert.is(
    await readFile(join(rig.local, 'out.txt'), 'utf8'),
    `${name}\n-l\nde\n* ?\n${rig.local}\n${name} de quake\n`,
  );
  assert.is(await codeOf(readFile(join(rig.local, 'pwned'))).then((code) => code !== 'none'), true);
});

test('a program without an executable bit, as archives from Windows leave it, is started all the same', async () => {
  await using rig = await rigOf();
  await rig.script('bin/game', ['#!/bin/sh', 'exit 3']);
  const game = await rig.start(rig.request({ command: 'bin/game' }));
  assert.is((await game.ended).exitCode, 3);
});

test('a launcher that starts the game and ends is not the end of the game', async () => {
  await using rig = await rigOf();
  await rig.script('start.sh', ['sh ./game.sh &', 'exit 0']);
  await rig.script('game.sh', ['echo started > running', 'while [ ! -e finish ]; do sleep 0.1; done']);
  const game = await rig.start();
  let ended = false;
  void game.ended.then(() => (ended = true));
  await until('the game runs', async () => (await codeOf(readFile(join(rig.local, 'running')))) === 'none');
  const sessions = await systemProcessTable().list();
  assert.ok(sessions.length > 0);
  assert.is(ended, false);
  await writeFile(join(rig.local, 'finish'), '');
  assert.is((await game.ended).exitCode, 0);
});

test('stop ends the whole tree, also what takes no notice of being asked', async () => {
  await using rig = await rigOf();
  await rig.script('start.sh', [
    'trap "" TERM',
    '(trap "" TERM; : > deaf; while :; do sleep 0.1; done) &',
    'while [ ! -e deaf ]; do sleep 0.01; done',
    ': > ready',
    'wait',
  ]);
  const game = await rig.start();
  await until('both take no notice', async () => existsSync(join(rig.local, 'ready')));
  const rows = rig.state.playSessions.running();
  assert.is(rows.length, 1);
  game.stop();
  await game.ended;
  const sessionId = rows[0]?.sessionId;
  const left = (await systemProcessTable().list()).filter((found) => found.sessionId === sessionId);
  assert.equal(left, []);
  assert.equal(rig.state.playSessions.running(), []);
  assert.ok((rig.state.playSessions.secondsByGame().get(gameId) ?? 0) > 4);
});

test('the launcher may end; the next one finds the game and counts its time on', async () => {
  await using rig = await rigOf();
  await rig.script('start.sh', ['while :; do sleep 0.1; done']);
  const game = await rig.start();
  game.detach();
  assert.is((await game.ended).detached, true);
  const [found, ...others] = await rig.newPlayer().resume();
  assert.ok(found);
  assert.equal(others, []);
  assert.is(found.startedAt, game.startedAt);
  found.stop();
  assert.is((await found.ended).detached, false);
});

test('a game that ended while no launcher ran is counted up to when it was last seen', async () => {
  await using rig = await rigOf();
  rig.state.playSessions.putRunning({
    gameId,
    startedAt: 1_000,
    seenAt: 61_000,
    sessionId: 0,
    members: [{ pid: 2 ** 22 + 1, startedAt: 'never' }],
  });
  assert.equal(await rig.player.resume(), []);
  assert.is(rig.state.playSessions.secondsByGame().get(gameId), 60);
});

test('what is missing, a link, or a folder is refused before anything runs', async () => {
  await using rig = await rigOf();
  await rig.script('real/game.sh', ['exit 0']);
  await symlink('/bin', join(rig.local, 'linked'));
  await symlink('/bin/sh', join(rig.local, 'shell'));
  const refused = (launch: Partial<LaunchEntry>) => codeOf(rig.player.assertStartable(rig.request(launch)));
  assert.is(await refused({ command: 'nothing.sh' }), 'LAUNCH_MISSING');
  assert.is(await refused({ command: 'real' }), 'INVALID_PATH');
  assert.is(await refused({ command: 'shell' }), 'INVALID_PATH');
  assert.is(await refused({ command: 'linked/sh' }), 'INVALID_PATH');
  assert.is(await refused({ command: '../../bin/sh' }), 'INVALID_PATH');
  assert.is(await refused({ command: '/bin/sh' }), 'INVALID_PATH');
  assert.is(await refused({ command: 'real/game.sh', workingDirectory: 'linked' }), 'INVALID_PATH');
  assert.is(await refused({ command: 'real/game.sh', workingDirectory: 'real' }), 'none');
});

test('what the system refuses to run is a clear failure', async () => {
  await using rig = await rigOf();
  await rig.script('game.bin', ['#!/nowhere/interpreter'], 0o755);
  assert.is(await codeOf(rig.player.start(rig.request({ command: 'game.bin' }))), 'PLAY_FAILED');
});

test.run();
