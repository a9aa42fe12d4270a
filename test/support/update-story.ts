/** Version 1 of a game installed and played, version 2 downloaded: what an update has to make of it. */
import { mkdir, readFile, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { nodeFileSystem } from '../../app/core/base/index.ts';
import type { Entry } from './entries.ts';
import { makeGame, type GameRoot, type GameSpec } from './games.ts';
import { listener, requestFor, type InstallLab } from './install-lab.ts';
import { assertSameTree, readTree, type Tree } from './trees.ts';
import { patience } from './patience.ts';

export const updateSignal = (): AbortSignal => AbortSignal.timeout(100_000 * patience);

const entriesOf = (version: string): Entry[] => [
  { path: 'game.exe', text: `game ${version}`, executable: true },
  { path: 'data/level.bin', sizeBytes: 4000, seed: version },
  { path: 'cfg/default.cfg', text: `default ${version}` },
  { path: 'cfg/video.cfg', text: `video ${version}` },
  { path: `only in ${version}.txt`, text: version },
];
export const specOf = (version: string): GameSpec => ({
  id: 'victim',
  version,
  archives: [{ entries: entriesOf(version) }],
});

/** Puts another version's payload into the root, as a finished download does. */
export async function replacePayload(lab: InstallLab, game: GameRoot, version: string): Promise<GameRoot> {
  const next = await makeGame(join(lab.directory, `payload ${version}`), specOf(version));
  for (const name of ['victim.eti', 'version.ini']) await rm(join(game.root, name));
  for (const name of ['victim.eti', 'version.ini'])
    await nodeFileSystem.copyFile(join(next.root, name), join(game.root, name));
  await rm(join(lab.directory, `payload ${version}`), { recursive: true });
  return { ...next, root: game.root };
}

export interface PreparedUpdate {
  old: GameRoot;
  next: GameRoot;
  /** `local/` before the update, with what the player did. */
  before: Tree;
}

/** Version 1 installed and played, version 2 downloaded. */
export async function prepareUpdate(lab: InstallLab): Promise<PreparedUpdate> {
  const old = await lab.game(specOf('1'));
  await lab.installer.install(requestFor(old), listener, { signal: updateSignal() });
  const local = join(old.root, 'local');
  await mkdir(join(local, 'saves'));
  await writeFile(join(local, 'saves/1.sav'), 'a hundred hours');
  await writeFile(join(local, 'cfg/video.cfg'), 'my video');
  await writeFile(join(local, 'game.exe'), 'patched by hand');
  await symlink('saves/1.sav', join(local, 'last.sav'));
  const next = await replacePayload(lab, old, '2');
  return { old, next, before: await readTree(local) };
}

export const installedText = (root: string, path: string): Promise<string> =>
  readFile(join(root, 'local', path), 'utf8');

/** The update is whole: new files, the player's files, nothing old. */
export async function assertUpdated(lab: InstallLab, { next }: PreparedUpdate): Promise<void> {
  assert.equal((await readdir(next.root)).sort(), ['local', 'version.ini', 'victim.eti']);
  assert.is(await installedText(next.root, 'saves/1.sav'), 'a hundred hours');
  assert.is(await installedText(next.root, 'cfg/video.cfg'), 'my video');
  assert.is(await readlink(join(next.root, 'local/last.sav')), 'saves/1.sav');
  const players = new Set(['saves', 'saves/1.sav', 'last.sav', 'cfg/video.cfg']);
  const rest = await readTree(join(next.root, 'local'), { ignore: (path) => players.has(path) });
  assertSameTree(
    rest,
    next.installed.filter(({ path }) => !players.has(path)),
  );
  assert.is(lab.state.library.get(next.root)?.installedVersion, '2');
  assert.equal(lab.state.intents.all(), []);
  const produced = lab.state.inventory.get(next.root).map(({ path }) => path);
  assert.equal(produced, ['cfg/default.cfg', 'data/level.bin', 'game.exe', 'only in 2.txt']);
}

export async function assertOld(lab: InstallLab, { old, before }: PreparedUpdate, what: string): Promise<void> {
  assertSameTree(await readTree(join(old.root, 'local')), before, what);
  assert.equal((await readdir(old.root)).sort(), ['local', 'version.ini', 'victim.eti'], what);
  assert.is(lab.state.library.get(old.root)?.installedVersion, '1', what);
  assert.equal(lab.state.intents.all(), [], what);
  assert.is(lab.state.inventory.get(old.root).length, 5, what);
}

export const updateOptions = { keep: ['cfg/**'] };
