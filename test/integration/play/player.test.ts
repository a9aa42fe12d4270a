import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, nodeFileSystem, silentLogger, systemClock } from '../../../app/core/base/index.ts';
import { GamePlayer, type LaunchEntry, type PlayRequest, type RunningGame } from '../../../app/core/play/index.ts';
import { systemProcessTable } from '../../../app/core/play/process-table.ts';
import { membersOf } from '../../../app/core/play/process-tree.ts';
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
    const lastWordsDirectory = this.directory.join('last-words');
    return new GamePlayer({
      lastWordsDirectory,
      fileSystem: nodeFileSystem,
      sessions,
      clock: systemClock,
      logger: silentLogger,
    });
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

  /** A game in JavaScript, and the script of this system that starts it; returns the script's name. */
  async game(name: string, lines: readonly string[]): Promise<string> {
    await this.script(`${name}.mjs`, lines);
    const node = process.execPath;
    if (!isWindows) {
      await this.script(`${name}.sh`, [`exec "${node}" ./${name}.mjs "$@"`]);
      return `${name}.sh`;
    }
    await this.script(`${name}.cmd`, [`@"${node}" "%~dp0${name}.mjs" %*\r`]);
    return `${name}.cmd`;
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

const isWindows = process.platform === 'win32';

const test = suite('playing, with real processes');

// A running game does not keep the launcher alive; something has to.
let alive: NodeJS.Timeout;
test.before(() => void (alive = setInterval(() => {}, 1_000)));
test.after(() => clearInterval(alive));

const tellsAll = [
  "import { writeFileSync } from 'node:fs';",
  'const { LANSPREAD_PLAYER_NAME, LANSPREAD_LANGUAGE, LANSPREAD_GAME_ID } = process.env;',
  'const environment = [LANSPREAD_PLAYER_NAME, LANSPREAD_LANGUAGE, LANSPREAD_GAME_ID];',
  "writeFileSync('out.json', JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd(), environment }));",
  'process.exit(7);',
];

/** What a shell or `cmd.exe` would act on. */
const hostileNames = [
  `O'Neil "$(touch pwned)" & co`,
  'Ada & echo x>pwned',
  '" & echo x>pwned & "',
  '%PATH%',
  '%',
  '100%%',
  '%LANSPREAD_LANGUAGE%',
  '^%PATH^%',
  '!PATH!',
  'a^b ^^ ^',
  '<in >pwned |more',
  '(a) [b], c; d=e',
  '* ?',
  'tail\\',
  'quote"tail\\"',
  '-x /?',
  '',
  '  two  spaces  ',
  'Ünïcödé 名前',
  '`touch pwned`',
];

for (const name of hostileNames)
  test(`a script gets its arguments as they are, the folder, and the player in its environment: ${JSON.stringify(name)}`, async () => {
    await using rig = await rigOf();
    const command = await rig.game('start', tellsAll);
    const game = await rig.start(
      rig.request({ command, arguments: ['{playerName}', '-l', '{language}', 'x{playerName}'] }, name),
    );
    const { exitCode, seconds } = await game.ended;
    assert.is(exitCode, 7);
    assert.ok(seconds < 20);
    const told: unknown = JSON.parse(await readFile(join(rig.local, 'out.json'), 'utf8'));
    const environment = [name, 'de', 'quake'];
    assert.equal(told, { args: [name, '-l', 'de', `x${name}`], cwd: rig.local, environment });
    assert.not(existsSync(join(rig.local, 'pwned')));
  });

test('a line break is passed on, or refused where a batch file cannot be given one', async () => {
  await using rig = await rigOf();
  const command = await rig.game('start', tellsAll);
  const request = rig.request({ command, arguments: ['{playerName}'] }, 'two\nlines');
  if (isWindows) {
    assert.is(await codeOf(rig.player.start(request)), 'BAD_REQUEST');
    return;
  }
  await (await rig.start(request)).ended;
  assert.match(await readFile(join(rig.local, 'out.json'), 'utf8'), 'two\\nlines');
});

test('a program without an executable bit, as archives from Windows leave it, is started all the same', async () => {
  await using rig = await rigOf();
  await rig.script('bin/game', ['#!/bin/sh', 'exit 3']);
  const game = await rig.start(rig.request({ command: 'bin/game' }));
  assert.is((await game.ended).exitCode, 3);
});

test('a game that ends with an error at once leaves its last words; one that ends well leaves none', async () => {
  await using rig = await rigOf();
  const says = (code: number): string[] => [
    "console.error('first');",
    "console.error('\\u001b[31mlibquake.so: cannot open\\u001b[0m');",
    `process.exitCode = ${code};`,
  ];
  const fails = await (await rig.start(rig.request({ command: await rig.game('fails', says(127)) }))).ended;
  assert.equal([fails.exitCode, fails.failedAtOnce?.lastWords], [127, 'first / libquake.so: cannot open']);
  const works = await (await rig.start(rig.request({ command: await rig.game('works', says(0)) }))).ended;
  assert.equal([works.exitCode, works.failedAtOnce], [0, undefined]);
});

test('a file that is no program of this system is not handed to a shell', async () => {
  if (isWindows) return;
  await using rig = await rigOf();
  const contents = {
    'quake.exe': 'MZ\u0090\ntouch pwned',
    'data.pak': 'PACK\ntouch pwned',
    empty: '',
    script: 'touch pwned',
  };
  for (const [command, text] of Object.entries(contents)) {
    await rig.script(command, [text], 0o755);
    assert.is(await codeOf(rig.player.assertStartable(rig.request({ command }))), 'NOT_A_PROGRAM', command);
    assert.is(await codeOf(rig.player.start(rig.request({ command }))), 'NOT_A_PROGRAM', command);
  }
  assert.not.ok(existsSync(join(rig.local, 'pwned')));
});

test('a game that turns into a daemon still runs, and stop ends it', async () => {
  if (process.platform !== 'linux') return;
  await using rig = await rigOf();
  await rig.game('daemon', goesOn);
  // Twice removed: a session and a parent of its own, and the one between gone at once.
  const command = await rig.game('start', [
    "import { spawnSync } from 'node:child_process';",
    'const second = `import { spawn } from "node:child_process"; spawn(process.execPath, ["daemon.mjs"], { stdio: "ignore", detached: true }).unref();`;',
    "spawnSync(process.execPath, ['--input-type=module', '-e', second], { stdio: 'ignore', detached: true });",
  ]);
  const game = await rig.start(rig.request({ command }));
  let ended = false;
  void game.ended.then(() => (ended = true));
  await until('the daemon runs', isThere(rig, 'running'));
  await until('it was looked for', async () => (rig.state.playSessions.running()[0]?.members.length ?? 0) === 1);
  assert.not.ok(ended);
  game.stop();
  await game.ended;
});

/** Starts the next one at once and ends. */
const startsAndEnds = (next: string): string[] => [
  "import { spawn } from 'node:child_process';",
  `spawn(process.execPath, ['${next}.mjs'], { stdio: 'ignore', detached: ${isWindows} }).unref();`,
];
/** Takes no notice of being asked to end, and goes on until a file is there. */
const goesOn = [
  "import { existsSync, writeFileSync } from 'node:fs';",
  "process.on('SIGTERM', () => {});",
  "writeFileSync('running', '');",
  "setInterval(() => existsSync('finish') && process.exit(0), 50);",
];

/** Those in the system that belong to a game. */
async function livingOf(rig: Rig): Promise<number> {
  const [row] = rig.state.playSessions.running();
  if (!row) return 0;
  return membersOf(await systemProcessTable().list(), { known: row.members, sessionId: row.sessionId }).length;
}

const isThere = (rig: Rig, name: string) => () => existsSync(join(rig.local, name));

test('a launcher that starts the game and ends is not the end of the game, over however many', async () => {
  await using rig = await rigOf();
  const command = await rig.game('start', startsAndEnds('second'));
  await rig.game('second', startsAndEnds('third'));
  await rig.game('third', goesOn);
  const game = await rig.start(rig.request({ command }));
  let ended = false;
  void game.ended.then(() => (ended = true));
  await until('the game runs', isThere(rig, 'running'));
  await until('only the game is left', async () => (await livingOf(rig)) === 1);
  assert.is(ended, false);
  await writeFile(join(rig.local, 'finish'), '');
  assert.is((await game.ended).exitCode, 0);
});

test('stop ends the whole tree, also what takes no notice of being asked', async () => {
  await using rig = await rigOf();
  const command = await rig.game('start', [...startsAndEnds('child'), "await import('./deaf.mjs');"]);
  await rig.game('child', goesOn);
  await rig.game('deaf', goesOn);
  const game = await rig.start(rig.request({ command }));
  await until('both take no notice', async () => isThere(rig, 'running')() && (await livingOf(rig)) >= 2);
  const [row] = rig.state.playSessions.running();
  game.stop();
  await game.ended;
  const left = membersOf(await systemProcessTable().list(), {
    known: row?.members ?? [],
    sessionId: row?.sessionId ?? 0,
  });
  assert.equal(left, []);
  assert.equal(rig.state.playSessions.running(), []);
  assert.ok((rig.state.playSessions.secondsByGame().get(gameId) ?? 0) > 4);
});

test('the launcher may end; the next one finds the game and counts its time on', async () => {
  await using rig = await rigOf();
  const command = await rig.game('start', goesOn);
  const game = await rig.start(rig.request({ command }));
  await until('it runs', isThere(rig, 'running'));
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

const refusal = (rig: Rig, launch: Partial<LaunchEntry>) => codeOf(rig.player.assertStartable(rig.request(launch)));

test('what is missing or a folder is refused before anything runs', async () => {
  await using rig = await rigOf();
  await rig.script('real/game.sh', ['exit 0']);
  assert.is(await refusal(rig, { command: 'nothing.sh' }), 'LAUNCH_MISSING');
  assert.is(await refusal(rig, { command: 'real' }), 'INVALID_PATH');
  assert.is(await refusal(rig, { command: '../../bin/sh' }), 'INVALID_PATH');
  assert.is(await refusal(rig, { command: '/bin/sh' }), 'INVALID_PATH');
  assert.is(await refusal(rig, { command: 'real/game.sh', workingDirectory: 'real' }), 'none');
});

test('a link, and a folder that is one, is refused before anything runs', async () => {
  await using rig = await rigOf();
  await rig.script('real/game.sh', ['exit 0']);
  await symlink('/bin', join(rig.local, 'linked'), 'junction');
  await symlink('/bin/sh', join(rig.local, 'shell'));
  assert.is(await refusal(rig, { command: 'shell' }), 'INVALID_PATH');
  assert.is(await refusal(rig, { command: 'linked/sh' }), 'INVALID_PATH');
  assert.is(await refusal(rig, { command: 'real/game.sh', workingDirectory: 'linked' }), 'INVALID_PATH');
});

test('what the system refuses to run is a clear failure', async () => {
  await using rig = await rigOf();
  await rig.script('game.bin', ['#!/nowhere/interpreter'], 0o755);
  assert.is(await codeOf(rig.player.start(rig.request({ command: 'game.bin' }))), 'PLAY_FAILED');
});

test.run();
