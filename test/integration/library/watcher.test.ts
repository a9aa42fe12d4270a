/** The library over the platform's real watcher. */
import { existsSync } from 'node:fs';
import { appendFile, cp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { eventually, until } from '../../support/eventually.ts';
import { idOf, libraryLab, type LibraryLab, type LibraryLabOptions } from '../../support/library-lab.ts';

const quake = idOf('quake');
const doom = idOf('doom');

async function watched(files: Record<string, string> = {}, options: LibraryLabOptions = {}): Promise<LibraryLab> {
  const its = await libraryLab(options);
  await its.write(files);
  await its.library.scan();
  await its.library.watch();
  await its.hashedAll();
  return its;
}

test('a new game is seen in less than a second', async () => {
  await using its = await watched();
  await its.write({ 'quake/quake.eti': 'payload' });
  const started = performance.now();
  await its.write({ 'quake/version.ini': 'version = 1' });
  const game = await eventually('the game is listed', () => its.library.get(quake));
  const elapsedMs = performance.now() - started;
  assert.is(game.version, '1');
  assert.ok(elapsedMs < 1_000, `${elapsedMs} ms`);
});

test('a game that is moved in as a whole is seen, with what changes deep inside it later', async () => {
  await using its = await watched();
  await its.write({ '../elsewhere/deep/er/file.bin': 'one', '../elsewhere/version.ini': '1' });
  await rename(its.temp.join('elsewhere'), its.path('quake'));
  await until('the game is hashed', () => its.library.get(quake)?.manifestRoot !== undefined);
  // A folder that came with its content is watched in depth only a while after; then changes show by themselves.
  let count = 0;
  await until('a change deep inside is seen', async () => {
    await writeFile(its.path('quake/deep/er/file.bin'), `more ${(count += 1)}`.repeat(count));
    const state = its.library.manifestState(quake);
    return state.kind === 'ready' && state.hashed.manifest.files[0]?.size !== 3;
  });
});

test('a nested file that changes makes another manifest', async () => {
  await using its = await watched({ 'quake/version.ini': '1', 'quake/a/b/c.bin': 'before' });
  const before = its.library.get(quake)?.manifestRoot;
  await appendFile(its.path('quake/a/b/c.bin'), ' and after');
  await until('the manifest is another', () => {
    const now = its.library.get(quake)?.manifestRoot;
    return now !== undefined && now !== before;
  });
});

test('local that comes, goes or is renamed is seen', async () => {
  await using its = await watched({ 'quake/version.ini': '1' });
  await mkdir(its.path('quake/local'));
  await until('it is installed', () => its.library.get(quake)?.installed === true);
  await rename(its.path('quake/local'), its.path('quake/.local.backup'));
  await until('it is not installed', () => its.library.get(quake)?.installed === false);
  await rename(its.path('quake/.local.backup'), its.path('quake/local'));
  await until('it is installed again', () => its.library.get(quake)?.installed === true);
  await rm(its.path('quake/local'), { recursive: true });
  await until('it is gone', () => its.library.get(quake)?.installed === false);
});

test('what a game writes inside local causes no look', async () => {
  let looks = 0;
  const { nodeFileSystem } = await import('../../../app/core/base/index.ts');
  const fileSystem = {
    ...nodeFileSystem,
    list: (path: string) => {
      if (path.endsWith('quake')) looks += 1;
      return nodeFileSystem.list(path);
    },
  };
  await using its = await watched({ 'quake/version.ini': '1', 'quake/local/saves/x': '' }, { fileSystem });
  looks = 0;
  for (let file = 0; file < 50; file += 1) await writeFile(its.path(`quake/local/saves/${file}`), 'save');
  await writeFile(its.path('quake/local/top'), 'save');
  // A later change elsewhere arrives after whatever these would have caused.
  await its.write({ 'doom/version.ini': '1' });
  await eventually('the other game is seen', () => its.library.get(doom));
  assert.is(looks, 0);
});

test('a deleted game goes', async () => {
  await using its = await watched({ 'quake/version.ini': '1', 'quake/a/b': 'x', 'doom/version.ini': '1' });
  await rm(its.path('quake'), { recursive: true });
  await until('the game is gone', () => its.library.get(quake) === undefined);
  assert.ok(its.library.get(doom));
});

test('a held game is not looked at while files change in it', async () => {
  await using its = await watched({ 'quake/version.ini': '1' });
  const hold = its.library.hold(quake);
  await writeFile(its.path('quake/version.ini'), '2');
  await its.write({ 'doom/version.ini': '1' });
  await eventually('the other game is seen', () => its.library.get(doom));
  assert.is(its.library.get(quake)?.version, '1');
  hold[Symbol.dispose]();
  await its.library.scan();
  assert.is(its.library.get(quake)?.version, '2');
});

test('a games folder that is deleted and made again is watched again', async () => {
  await using its = await watched({ 'quake/version.ini': '1', 'quake/a': 'x' });
  const aside = its.temp.join('aside');
  await cp(its.gamesDir, aside, { recursive: true });
  await rm(its.gamesDir, { recursive: true });
  await until('it is told', () => its.availability.includes(false));
  assert.equal(its.library.snapshot().games, []);
  await cp(aside, its.gamesDir, { recursive: true });
  await until('it is back', () => its.availability.at(-1) === true);
  assert.is(its.library.snapshot().games.length, 1);
  await its.write({ 'doom/version.ini': '1' });
  await eventually('a new game is seen in it', () => its.library.get(doom));
});

test('a games folder that is deleted and made again at once, maybe with the same file number, is watched again', async () => {
  await using its = await watched({ 'quake/version.ini': '1' });
  await rm(its.gamesDir, { recursive: true });
  await mkdir(its.gamesDir);
  // What is written before the new subscription stands is found by the scan that follows it.
  await its.write({ 'doom/version.ini': '1' });
  await eventually('a new game is seen', () => its.library.get(doom));
  await its.write({ 'hexen/version.ini': '1' });
  await eventually('and another one', () => its.library.get(idOf('hexen')));
});

test('a games folder that is a link to the real one is watched', async () => {
  await using its = await libraryLab();
  await rename(its.gamesDir, its.temp.join('real'));
  await symlink(its.temp.join('real'), its.gamesDir, 'junction');
  await its.library.scan();
  await its.library.watch();
  await its.write({ 'quake/version.ini': '1' });
  await eventually('the game is seen', () => its.library.get(quake));
});

test('once closed nothing is left that keeps the process alive or still looks', async () => {
  const its = await watched({ 'quake/version.ini': '1', 'quake/a': 'x' }, { withWorker: true });
  const { library } = its;
  await its.close();
  await writeFile(its.path('quake/version.ini'), '2');
  assert.is(library.get(quake)?.version, '1');
  const left = process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY|File|FS|Timeout|Immediate/.test(name));
  assert.equal(left, []);
  await its[Symbol.asyncDispose]();
});

test('watching starts no program from the search path', async () => {
  if (process.platform === 'win32') return;
  await using its = await libraryLab();
  const told = its.temp.join('was-run');
  const programs = its.temp.join('programs');
  await mkdir(programs);
  await writeFile(join(programs, 'watchman'), `#!/bin/sh\ntouch '${told}'\nexit 1\n`, { mode: 0o755 });
  const path = process.env['PATH'];
  process.env['PATH'] = `${programs}:${path}`;
  try {
    await its.library.watch();
  } finally {
    process.env['PATH'] = path;
  }
  assert.not.ok(existsSync(told));
});

test.run();
