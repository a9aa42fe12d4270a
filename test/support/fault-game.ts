/** A game of two versions, small enough to be broken at every step of what is done with it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseGameId } from '../../app/core/base/index.ts';
import { writeEntries, type Entry } from './entries.ts';
import { fakeGame, type FakeGame } from './fake-swarm.ts';
import { installedTree, mib, payloadBytesOf, writeSentinel, type GameRoot, type GameSpec } from './games.ts';
import { packPlain } from './plain-archive.ts';
import { versions, type Version } from './root-invariants.ts';
import { readTree } from './trees.ts';

/** The only game of the lab. */
export const gameId = parseGameId('game');
const archived = (version: Version): Entry[] => [
  { path: 'game.sh', text: `#!/bin/sh\necho ${version}\n`, executable: true },
  { path: 'data/level.pak', sizeBytes: 300_000, seed: `level ${version}` },
  { path: 'data/same.pak', sizeBytes: 4_000, seed: 'same' },
  { path: `data/only in ${version}.pak`, sizeBytes: 300 },
  { path: 'cfg/video.cfg', text: `video of ${version}\n` },
  { kind: 'directory', path: 'saves' },
];
const loose = (version: Version): Entry[] => [
  { path: 'music.pak', sizeBytes: 4 * mib + 5, seed: `music ${version}` },
  { path: 'same.pak', sizeBytes: 70_000, seed: 'both' },
  { path: `readme ${version}.txt`, text: `read me ${version}\n` },
  { path: 'bin/run.sh', text: `run ${version}`, executable: true },
];

export interface MadeGame extends GameRoot {
  /** As peers have it. */
  readonly fake: FakeGame;
}

/** Both versions as they are after a download, below a folder of their own. */
export async function makeVersions(folder: string): Promise<Record<Version, MadeGame>> {
  const make = async (version: Version): Promise<MadeGame> => {
    const root = join(folder, version, gameId);
    const seed = `game ${version}`;
    const entries = archived(version);
    await writeEntries(root, loose(version), seed);
    await writeFile(join(root, 'game.eti'), packPlain(entries, seed));
    await writeSentinel(root, version);
    const tree = await readTree(root);
    const spec: GameSpec = { id: gameId, version, seed, archives: [{ entries }], loose: loose(version) };
    const files = tree.filter(({ kind, path }) => kind === 'file' && path !== 'version.ini');
    const content: Record<string, Buffer> = {};
    for (const { path } of files) content[path] = await readFile(join(root, path));
    const executables = files.filter(({ executable }) => executable).map(({ path }) => path);
    const fake = fakeGame(content, { version, executables });
    return {
      id: gameId,
      version,
      root,
      tree,
      installed: installedTree(spec),
      payloadBytes: payloadBytesOf(tree),
      fake,
    };
  };
  const [one, two] = await Promise.all(versions.map(make));
  if (!one || !two) throw new RangeError('there are two versions');
  return { 1: one, 2: two };
}
