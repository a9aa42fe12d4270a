import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { link, mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { LanspreadError, nodeFileSystem } from '../../../app/core/base/index.ts';
import { discardPayload, foldersOf } from '../../../app/core/game-folder/discard.ts';
import { KnownPayload, listPayload, pathsOf } from '../../../app/core/game-folder/known-payload.ts';
import { assertRoom, assertSafeWay, neededBytes } from '../../../app/core/blocks/preflight.ts';
import { judgeFile, makeWay } from '../../../app/core/game-folder/make-way.ts';
import { deleteStrayPayload, prepareFiles } from '../../../app/core/blocks/prepare.ts';
import { parkSentinel, sweepSentinelTransients, writeSentinel } from '../../../app/core/game-folder/sentinel.ts';
import { fakeGame } from '../../support/fake-swarm.ts';
import { manifestOfSizes } from '../../support/manifests.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';

const manifestOf = (paths: readonly string[], directories: readonly string[] = []) =>
  fakeGame(Object.fromEntries(paths.map((path) => [path, Buffer.from('x')])), { directories }).hashed.manifest;

async function write(folder: TempDir, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(join(folder.join(path), '..'), { recursive: true });
    await writeFile(folder.join(path), path);
  }
}

const isCaseBlind = process.platform === 'win32';

const namesIn = async (path: string): Promise<string[]> =>
  (await readdir(path, { recursive: true })).map((name) => name.replaceAll(sep, '/')).toSorted();

test('needed space is what is missing and not allocated yet, the installed size, and two percent', () => {
  assert.is(neededBytes({ missingBytes: 1_000, allocatedBytes: 200, unpackedBytes: 100 }), 918);
  assert.is(neededBytes({ missingBytes: 100, allocatedBytes: 900, unpackedBytes: 0 }), 0);
});

test('exactly enough room is enough', async () => {
  const facts = { missingBytes: 100, allocatedBytes: 0, unpackedBytes: 0 };
  const withFree = (freeBytes: number) => ({
    ...nodeFileSystem,
    space: async () => ({ freeBytes, totalBytes: 10_000 }),
  });
  await assertRoom(withFree(102), '/games', facts);
  try {
    await assertRoom(withFree(101), '/games', facts);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, LanspreadError);
    assert.equal(error instanceof LanspreadError && [error.code, error.details], [
      'DISK_FULL',
      { neededBytes: 102, freeBytes: 101 },
    ]);
  }
});

/** What a way below this folder is found to be. */
async function wayBelow(root: string): Promise<string> {
  const manifest = manifestOf(['a/b/c.bin', 'd.bin'], ['e/f']);
  return await assertSafeWay(nodeFileSystem, root, manifest).then(
    () => 'safe',
    (error: unknown) => (error instanceof LanspreadError ? error.code : String(error)),
  );
}

test('a way is safe where everything on it is a folder; what is not there yet is safe', async () => {
  await using folder = await tempDir('way');
  assert.is(await wayBelow(folder.join('root')), 'safe');
  await write(folder, ['root/a/b/c.bin']);
  assert.is(await wayBelow(folder.join('root')), 'safe');
  await nodeFileSystem.deleteTree(folder.join('root'));
  await writeFile(folder.join('root'), '');
  assert.is(await wayBelow(folder.join('root')), 'UNSAFE_ROOT');
});

test('a way over a link is not safe', async () => {
  await using folder = await tempDir('way');
  await write(folder, ['root/a/b/c.bin']);
  await mkdir(folder.join('root/e'));
  await symlink(folder.path, folder.join('root/e/f'), 'junction');
  assert.is(await wayBelow(folder.join('root')), 'INVALID_PATH');
  await nodeFileSystem.deleteTree(folder.join('root'));
  await symlink(folder.path, folder.join('root'), 'junction');
  assert.is(await wayBelow(folder.join('root')), 'UNSAFE_ROOT');
});

test('folders come deepest first, each once, empty ones included', () => {
  assert.equal(foldersOf(manifestOf(['a/b/c.bin', 'a/d.bin', 'e.bin'], ['a/x/y', 'z'])), [
    'a/x/y',
    'a/b',
    'a/x',
    'a',
    'z',
  ]);
  assert.equal(foldersOf(undefined), []);
  assert.is(foldersOf(manifestOfSizes([1, 2], 'deep/er/')).length, 2);
});

test('a discard deletes what the manifest names and the folders it empties, nothing else', async () => {
  await using folder = await tempDir('discard');
  const manifest = manifestOf(['a/one.bin', 'b/two.bin', 'three.bin', 'never/came.bin'], ['empty']);
  await write(folder, [
    'a/one.bin',
    'b/two.bin',
    'b/foreign.txt',
    'three.bin',
    'local/a/one.bin',
    '.version.ini.tmp',
    '.version.ini.discarded',
  ]);
  await mkdir(folder.join('empty'));
  await discardPayload(nodeFileSystem, folder.path, pathsOf(manifest));
  assert.equal(await namesIn(folder.path), ['b', 'b/foreign.txt', 'local', 'local/a', 'local/a/one.bin']);
  await discardPayload(nodeFileSystem, folder.path, pathsOf(manifest));
  await nodeFileSystem.deleteTree(folder.join('b'));
  await nodeFileSystem.deleteTree(folder.join('local'));
  await discardPayload(nodeFileSystem, folder.path, pathsOf(manifest));
  assert.is(await stat(folder.path).catch(() => 'gone'), 'gone');
});

test('a sentinel is parked, written anew as a whole, and leaves no transients', async () => {
  await using folder = await tempDir('sentinel');
  await parkSentinel(nodeFileSystem, folder.path);
  assert.equal(await readdir(folder.path), [], 'none to park');
  await writeFile(folder.join('version.ini'), 'old');
  await parkSentinel(nodeFileSystem, folder.path);
  assert.equal(await readdir(folder.path), ['.version.ini.discarded']);
  await writeFile(folder.join('version.ini'), 'older');
  await parkSentinel(nodeFileSystem, folder.path);
  assert.is(await readFile(folder.join('.version.ini.discarded'), 'utf8'), 'older');
  await writeSentinel(nodeFileSystem, folder.path, 'version = 2\n');
  assert.equal(await readdir(folder.path), ['version.ini']);
  assert.is(await readFile(folder.join('version.ini'), 'utf8'), 'version = 2\n');
  await write(folder, ['.version.ini.tmp', '.version.ini.discarded']);
  await sweepSentinelTransients(nodeFileSystem, folder.path);
  await sweepSentinelTransients(nodeFileSystem, folder.path);
  assert.equal(await readdir(folder.path), ['version.ini']);
});

test('files are made way for and brought to their size', async () => {
  await using folder = await tempDir('prepare');
  await write(folder, ['was-file', 'long.bin', 'kept.bin']);
  await mkdir(folder.join('was-folder/inside'), { recursive: true });
  await truncate(folder.join('long.bin'), 10_000);
  const manifest = fakeGame(
    {
      'was-file/x.bin': Buffer.from('x'),
      'was-folder': Buffer.from('y'),
      'long.bin': Buffer.alloc(100),
      'zero.bin': Buffer.alloc(0),
    },
    { directories: ['saves'] },
  ).hashed.manifest;
  const known = new KnownPayload(await listPayload(nodeFileSystem, folder.path));
  const moved = await makeWay(nodeFileSystem, folder.path, { manifest, known, hasSoundBlock: () => false, nowMs: 0 });
  assert.equal(moved, [], 'all of it is payload of ours');
  await prepareFiles(nodeFileSystem, folder.path, { manifest, isWhole: () => false });
  assert.equal(await namesIn(folder.path), ['kept.bin', 'long.bin', 'saves', 'was-file', 'zero.bin']);
  assert.is((await stat(folder.join('long.bin'))).size, 100);
});

test('payload of an older version goes; reserved names and other spellings of one file do no harm', async () => {
  await using folder = await tempDir('stray');
  await write(folder, [
    isCaseBlind ? 'keep/A.bin' : 'keep/a.bin',
    'keep/old.bin',
    'old/deep/b.bin',
    'local/save',
    '.sync/x',
    '.softlan_game_installed',
  ]);
  // A case-blind file system shows the file it has under the old spelling; elsewhere two names of one inode stand for that.
  if (!isCaseBlind) await link(folder.join('keep/a.bin'), folder.join('keep/A.bin'));
  await write(folder, ['keep2/b.bin', 'keep2/B.BIN']);
  const known = new KnownPayload(await listPayload(nodeFileSystem, folder.path));
  await write(folder, ['old/deep/mine.txt', 'keep/mine.txt']);
  await deleteStrayPayload(nodeFileSystem, folder.path, {
    manifest: manifestOf(['keep/a.bin', 'keep2/b.bin']),
    known,
  });
  assert.equal(await namesIn(folder.path), [
    '.softlan_game_installed',
    '.sync',
    '.sync/x',
    'keep',
    'keep/A.bin',
    ...(isCaseBlind ? [] : ['keep/a.bin']),
    'keep/mine.txt',
    'keep2',
    'keep2/b.bin',
    'local',
    'local/save',
    'old',
    'old/deep',
    'old/deep/mine.txt',
  ]);
});

test('payload of an older version goes, a link that stands in it, too, and not what that points to', async () => {
  await using folder = await tempDir('stray');
  await using elsewhere = await tempDir('elsewhere');
  await write(elsewhere, ['precious']);
  await write(folder, ['old/b.bin']);
  await symlink(elsewhere.path, folder.join('old/link'), 'junction');
  const known = new KnownPayload(await listPayload(nodeFileSystem, folder.path));
  await deleteStrayPayload(nodeFileSystem, folder.path, { manifest: manifestOf(['new.bin']), known });
  assert.equal(await namesIn(folder.path), []);
  assert.equal(await readdir(elsewhere.path), ['precious']);
});

test('what is not ours and in the way is set aside, never deleted', async () => {
  await using folder = await tempDir('aside');
  await write(folder, [
    'data',
    'notes.bin',
    'saves/mine.sav',
    'mod/ours.bin',
    'mod/theirs.txt',
    'copy.bin',
    'empty.bin',
  ]);
  await truncate(folder.join('empty.bin'), 0);
  const manifest = fakeGame({
    'data/x.bin': Buffer.alloc(50),
    'notes.bin': Buffer.alloc(50),
    saves: Buffer.alloc(50),
    mod: Buffer.alloc(50),
    'copy.bin': Buffer.alloc(50),
    'empty.bin': Buffer.alloc(50),
  }).hashed.manifest;
  const known = new KnownPayload(['mod/', 'mod/ours.bin']);
  const copy = manifest.files.findIndex(({ path }) => path === 'copy.bin');
  const moved = await makeWay(nodeFileSystem, folder.path, {
    manifest,
    known,
    hasSoundBlock: (index) => index === copy,
    nowMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  });
  assert.equal(moved.toSorted(), ['data', 'mod', 'notes.bin', 'saves']);
  const aside = '.local.conflict-2026-01-02T03-04-05-000Z';
  assert.equal((await readdir(folder.path)).toSorted(), [aside, 'copy.bin', 'empty.bin']);
  assert.equal(await namesIn(folder.join(aside)), [
    'data',
    'mod',
    'mod/theirs.txt',
    'notes.bin',
    'saves',
    'saves/mine.sav',
  ]);
  assert.is(await readFile(folder.join(aside, 'notes.bin'), 'utf8'), 'notes.bin');
});

test('a link in the way is set aside', async () => {
  await using folder = await tempDir('aside');
  await symlink('nowhere', folder.join('link.bin'));
  const { manifest } = fakeGame({ 'link.bin': Buffer.alloc(50) }).hashed;
  const way = { manifest, known: new KnownPayload([]), hasSoundBlock: () => false, nowMs: 0 };
  assert.equal(await makeWay(nodeFileSystem, folder.path, way), ['link.bin']);
  const [aside = '', ...others] = await readdir(folder.path);
  assert.equal([others, await readdir(folder.join(aside))], [[], ['link.bin']]);
});

test('a file is a copy of the wanted one when it is known, has a sound block, its very size, or nothing in it', () => {
  const facts = { size: 100, isKnown: false, hasSoundBlock: false };
  const file = (sizeBytes: number) => ({ kind: 'file', sizeBytes }) as const;
  assert.is(judgeFile(undefined, facts), 'none');
  assert.is(judgeFile(file(99), facts), 'foreign');
  assert.is(judgeFile(file(100), facts), 'none');
  assert.is(judgeFile(file(0), facts), 'none');
  assert.is(judgeFile(file(99), { ...facts, isKnown: true }), 'none');
  assert.is(judgeFile(file(99), { ...facts, hasSoundBlock: true }), 'none');
  assert.is(judgeFile({ kind: 'symlink', sizeBytes: 100 }, facts), 'foreign');
  assert.is(judgeFile({ kind: 'symlink', sizeBytes: 4 }, { ...facts, isKnown: true }), 'ours');
});

test('a discard never follows a link that took the place of a folder', async () => {
  await using folder = await tempDir('discard-link');
  await using elsewhere = await tempDir('elsewhere');
  await write(elsewhere, ['one.bin']);
  await symlink(elsewhere.path, folder.join('a'));
  await discardPayload(nodeFileSystem, folder.path, pathsOf(manifestOf(['a/one.bin'])));
  assert.equal(await readdir(elsewhere.path), ['one.bin']);
});

test.run();
