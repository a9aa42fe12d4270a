import { writeFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseGameId, silentLogger, type FileStat, type FileSystem } from '../../../app/core/base/index.ts';
import { firstOf } from '../../../app/core/library/announcer.ts';
import { GamesFolder } from '../../../app/core/library/games-folder.ts';
import type { GameSummary } from '../../../app/core/protocol/index.ts';
import { idOf, libraryLab } from '../../support/library-lab.ts';

const isLinux = process.platform === 'linux';

(isLinux ? test : test.skip)('a file name that is not UTF-8 keeps a game from being shared, and is told', async () => {
  await using its = await libraryLab();
  await its.write({ 'saga/a.bin': 'x', 'saga/version.ini': '1' });
  const name = Buffer.concat([Buffer.from(`${its.path('saga')}/caf`), Buffer.from([0xe9]), Buffer.from('.dat')]);
  await writeFile(name, 'x');
  await its.library.scan();
  assert.match(String(its.library.get(idOf('saga'))?.unshareable), /caf.*UTF-8/);
  assert.is(its.library.snapshot().games[0]?.availability, 'LocalOnly');
});

test('of more games than a list may have those are told that others can fetch, always the same ones', () => {
  const summary = (
    id: string,
    availability: GameSummary['availability'],
  ): [ReturnType<typeof parseGameId>, GameSummary] => [
    parseGameId(id),
    { id: parseGameId(id), version: '1', sizeBytes: 1, availability },
  ];
  const games = new Map([
    summary('a', 'LocalOnly'),
    summary('d', 'Ready'),
    summary('b', 'Partial'),
    summary('c', 'Ready'),
    summary('e', 'LocalOnly'),
  ]);
  const ids = (most: number): string => [...firstOf(games, most).keys()].join('');
  assert.equal([1, 2, 3, 4, 5].map(ids), ['c', 'cd', 'cdb', 'cdba', 'cdbae']);
});

/** A tree of folders, each on a file system; what a folder holds is only counted. */
function drives(places: Record<string, { device: bigint; entries: number }>): FileSystem {
  const find = (path: string) => {
    const place = places[path];
    if (!place) throw Object.assign(new Error('not there'), { code: 'ENOENT' });
    return place;
  };
  return {
    stat: async (path: string) => ({ kind: 'directory', inode: 7n, device: find(path).device }) as FileStat,
    list: async (path: string) =>
      Array.from({ length: find(path).entries }, (_, index) => ({ name: `game-${index}`, kind: 'directory' as const })),
  } as unknown as FileSystem;
}

test('what lies below the place of a pulled drive is not the games folder; another drive in it is', async () => {
  for (const path of ['/media/games', '/media/games/lan']) {
    const places = {
      '/': { device: 1n, entries: 1 },
      '/media': { device: 1n, entries: 1 },
      '/media/games': { device: 2n, entries: 3 },
      '/media/games/lan': { device: 2n, entries: 3 },
    };
    const folder = new GamesFolder({ path, fileSystem: drives(places), logger: silentLogger });
    assert.is((await folder.list())?.size, 3);
    places['/media/games'].device = 1n;
    places['/media/games/lan'].device = 1n;
    assert.is(await folder.find(), undefined, `${path}: pulled, with files below the mount point`);
    assert.is(await folder.list(), undefined);
    places['/media/games'].device = 5n;
    places['/media/games/lan'].device = 5n;
    assert.is((await folder.list())?.size, 3, `${path}: another drive`);
  }
});

test.run();
