import { chmod, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { blake3Hex, type LanspreadError } from '../../../app/core/base/index.ts';
import type { ManifestState } from '../../../app/core/library/index.ts';
import { blockSizeBytes, decodeManifest, manifestRoot } from '../../../app/core/protocol/index.ts';
import { idOf, libraryLab, type LibraryLab, type StateKind } from '../../support/library-lab.ts';
import { until } from '../../support/eventually.ts';
import { diskFull } from '../../support/full-state-disk.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const quake = idOf('quake');
const doom = idOf('doom');

/** The code that a promise is rejected with. */
async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    // Only coded errors are expected; another one shows as an undefined code and its text below.
    return (error as LanspreadError).code ?? String(error);
  }
}

async function scanned(its: LibraryLab): Promise<void> {
  await its.library.scan();
  await its.hashedAll();
}

function readyOf(state: ManifestState) {
  if (state.kind !== 'ready') throw new Error(`the manifest is ${state.kind}`);
  return state.hashed;
}

test('a manifest names every file with the hash of each block, and empty folders', async () => {
  await using its = await libraryLab();
  const large = Buffer.alloc(blockSizeBytes + 3, 7);
  await its.write({ 'quake/version.ini': 'version = 1\n', 'quake/b/large.bin': large, 'quake/a.bin': 'abc' });
  await its.write({ 'quake/B.bin': '', 'quake/b/.dot': '.' });
  await mkdir(its.path('quake/b/empty/deeper'), { recursive: true });
  await its.library.scan();
  const { manifest, bytes, root } = await its.library.manifest(quake);
  assert.equal(manifest, {
    id: quake,
    version: '1',
    sentinel: 'version = 1\n',
    blockSize: blockSizeBytes,
    directories: ['b/empty/deeper'],
    files: [
      { path: 'B.bin', size: 0, blocks: [] },
      { path: 'a.bin', size: 3, blocks: [blake3Hex('abc')] },
      { path: 'b/.dot', size: 1, blocks: [blake3Hex('.')] },
      {
        path: 'b/large.bin',
        size: large.length,
        blocks: [blake3Hex(large.subarray(0, blockSizeBytes)), blake3Hex(large.subarray(blockSizeBytes))],
      },
    ],
  });
  assert.equal(decodeManifest(bytes), manifest, 'the bytes are the canonical ones');
  assert.is(root, manifestRoot(bytes));
});

test('equal content gives one root, wherever it lies, however old it is, whatever else lies beside it', async () => {
  const roots: string[] = [];
  const extras: Record<string, string>[] = [{}, { 'quake/local/save': 'mine', 'quake/.sync/x': 'x' }];
  for (const extra of extras) {
    await using its = await libraryLab();
    await its.write({ 'quake/version.ini': '1', 'quake/x/a': 'a', 'quake/b': 'b', ...extra });
    if (roots.length > 0) await utimes(its.path('quake/b'), 1000, 1000);
    await its.library.scan();
    roots.push((await its.library.manifest(quake)).root);
  }
  assert.is(roots[0], roots[1]);
});

test('executables travel beside the manifest, outside its root', async () => {
  if (process.platform === 'win32') return;
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1', 'quake/a': 'a', 'quake/run.sh': '#!', 'quake/z': '' });
  await its.library.scan();
  const before = await its.library.manifest(quake);
  assert.equal(before.executables, []);
  await chmod(its.path('quake/run.sh'), 0o755);
  await its.library.refresh(quake);
  const after = await its.library.manifest(quake);
  assert.equal(after.executables, [1]);
  assert.is(after.root, before.root);
});

for (const state of ['memory', 'sqlite'] satisfies StateKind[]) {
  test(`${state}: what was hashed once is not hashed again, also after a restart; only what changed is`, async () => {
    await using its = await libraryLab({ state });
    await its.write({ 'quake/version.ini': '1', 'quake/a': 'aa', 'quake/b': 'bb', 'quake/zero': '' });
    await scanned(its);
    assert.equal(its.hasher.hashed.sort(), [its.path('quake/a'), its.path('quake/b')]);
    const { root } = await its.library.manifest(quake);
    await its.open();
    await its.library.scan();
    assert.is((await its.library.manifest(quake)).root, root);
    assert.equal(its.hasher.hashed, []);
    await writeFile(its.path('quake/b'), 'BB');
    await its.library.refresh(quake);
    assert.is.not((await its.library.manifest(quake)).root, root);
    assert.equal(its.hasher.hashed, [its.path('quake/b')]);
  });

  test(`${state}: what was downloaded is adopted without hashing, and told with its root at once`, async () => {
    await using source = await libraryLab();
    const payload = { 'quake/a/x': 'xx', 'quake/b': 'b'.repeat(9) };
    await source.write({ ...payload, 'quake/version.ini': 'version = 4' });
    await source.library.scan();
    const hashed = await source.library.manifest(quake);

    await using its = await libraryLab({ state });
    using _hold = its.library.hold(quake);
    await its.write(payload);
    await its.library.adopt(quake, hashed);
    await its.write({ 'quake/version.ini': 'version = 4' });
    const game = await its.library.refresh(quake);
    assert.is(game?.manifestRoot, hashed.root);
    assert.is(its.library.snapshot().games[0]?.root, hashed.root);
    assert.is(readyOf(its.library.manifestState(quake)).root, hashed.root);
    await its.open();
    await its.library.scan();
    assert.is(its.library.get(quake)?.manifestRoot, hashed.root);
    assert.is((await its.library.manifest(quake)).root, hashed.root);
    assert.equal(its.hasher.hashed, []);
  });
}

test('an adopted manifest is not believed when the disk holds something else', async () => {
  await using source = await libraryLab();
  await source.write({ 'quake/a': 'aa', 'quake/version.ini': '1' });
  await source.library.scan();
  const hashed = await source.library.manifest(quake);
  await using its = await libraryLab();
  await its.write({ 'quake/a': 'aa', 'quake/stray': 's' });
  await its.library.adopt(quake, hashed);
  await its.write({ 'quake/version.ini': '1' });
  await scanned(its);
  assert.is.not(its.library.get(quake)?.manifestRoot, hashed.root);
  assert.equal(its.hasher.hashed, [its.path('quake/stray')], 'what is known of the adopted file is kept');
});

test('a file that changes while it is hashed is hashed again', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1', 'quake/a': 'before' });
  let changes = 0;
  its.hasher.before = async (path) => {
    if ((changes += 1) === 1) {
      // What is read is the new content, what was remembered is the old file's identity.
      await writeFile(path, 'afterwards');
    }
  };
  await its.library.scan();
  const { manifest } = await its.library.manifest(quake);
  assert.equal(manifest.files[0]?.blocks, [blake3Hex('afterwards')]);
  assert.is(manifest.files[0]?.size, 10);
  assert.is(its.hasher.hashed.length, 2);
});

test('a file that was hashed and changes while the next one is hashed is hashed again', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1', 'quake/a': 'before', 'quake/b': 'b' });
  let isChanged = false;
  its.hasher.before = async (path) => {
    if (isChanged || !path.endsWith('b')) return;
    isChanged = true;
    await writeFile(its.path('quake/a'), 'afterwards');
  };
  await its.library.scan();
  const { manifest } = await its.library.manifest(quake);
  assert.equal(manifest.files[0]?.blocks, [blake3Hex('afterwards')]);
});

test('a file that was another one just while it was read is read again', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1', 'quake/a': 'right', 'quake/b': 'b' });
  const past = new Date('2020-01-01');
  const writeOld = async (text: string): Promise<void> => {
    await writeFile(its.path('quake/a'), text);
    await utimes(its.path('quake/a'), past, past);
  };
  await writeOld('right');
  let turns = 0;
  its.hasher.before = async (path) => {
    turns += 1;
    if (turns === 1) await writeFile(path, 'wrong');
    // Size, time and file number are as they were before it was read.
    else if (turns === 2) await writeOld('right');
  };
  await its.library.scan();
  const { manifest } = await its.library.manifest(quake);
  assert.equal(manifest.files[0]?.blocks, [blake3Hex('right')]);
});

test('after a restart a payload that changed meanwhile is not told with its former root', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1', 'quake/a': 'x' });
  await scanned(its);
  const former = its.library.get(quake)?.manifestRoot;
  await its.close();
  await its.write({ 'quake/b': 'new' });
  await its.open();
  its.hasher.before = () => new Promise(() => {});
  await its.library.scan();
  assert.match(String(former), /^[0-9a-f]{64}$/);
  assert.is(its.library.snapshot().games[0]?.root, undefined);
});

test('a file that never stands still is an error, not a wrong manifest; once it stands still a scan makes it good', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1', 'quake/a': 'x' });
  let round = 0;
  its.hasher.before = (path) => writeFile(path, 'x'.repeat((round += 1) + 1));
  await its.library.scan();
  assert.is(await codeOf(its.library.manifest(quake)), 'IO_ERROR');
  its.hasher.before = () => {};
  await scanned(its);
  assert.is(readyOf(its.library.manifestState(quake)).manifest.files[0]?.size, round + 1);
});

test('a file that cannot be read is an error of the manifest; the next scan tries again', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1', 'quake/a': 'x' });
  let isBroken = true;
  its.hasher.before = () => {
    if (isBroken) throw Object.assign(new Error('EIO'), { code: 'EIO' });
  };
  await its.library.scan();
  assert.is(await codeOf(its.library.manifest(quake)), 'IO_ERROR');
  isBroken = false;
  await scanned(its);
  assert.is(its.library.manifestState(quake).kind, 'ready');
});

const unshareable: [what: string, code: string, make: (its: LibraryLab) => Promise<void>][] = [
  ['a symbolic link', 'INVALID_PATH', (its) => symlink('a', its.path('quake/deep/link'))],
  ['a link to a folder outside', 'INVALID_PATH', (its) => symlink(its.temp.path, its.path('quake/deep/out'))],
  ['a name that Windows reserves', 'INVALID_PATH', (its) => its.write({ 'quake/deep/aux.txt': '' })],
  ['a name with a colon', 'INVALID_PATH', (its) => its.write({ 'quake/deep/a:b': '' })],
  ['a folder with a trailing dot', 'INVALID_PATH', (its) => its.write({ 'quake/deep/dir./x': '' })],
  [
    'two names that are one on other PCs',
    'INVALID_PATH',
    (its) => its.write({ 'quake/deep/A': '', 'quake/deep/a': '' }),
  ],
];
for (const [what, code, make] of unshareable) {
  test(`a download with ${what} is downloaded, but has no manifest, and the reason is told`, async () => {
    await using its = await libraryLab();
    await its.write({ 'quake/version.ini': '1', 'quake/fine': '12345', 'quake/deep/fine': '' });
    await make(its);
    await its.library.scan();
    const game = its.library.get(quake);
    assert.is(game?.downloaded, true);
    assert.is(game?.sizeBytes, 5);
    assert.match(String(game?.unshareable), 'deep');
    assert.is(its.library.snapshot().games[0]?.availability, 'LocalOnly');
    assert.is(its.library.manifestState(quake).kind, 'none');
    assert.is(await codeOf(its.library.manifest(quake)), code);
    await its.open();
    await its.library.scan();
    assert.match(String(its.library.get(quake)?.unshareable), 'deep', 'also after a restart');
    await rm(its.path('quake/deep'), { recursive: true });
    await its.library.refresh(quake);
    assert.is(its.library.get(quake)?.unshareable, undefined);
    await its.hashedAll();
    assert.is(its.library.snapshot().games[0]?.availability, 'Ready');
  });
}

test('a game that is not downloaded has no manifest', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/local/x': '' });
  await its.library.scan();
  assert.is(await codeOf(its.library.manifest(quake)), 'NOT_DOWNLOADED');
  assert.is(await codeOf(its.library.manifest(doom)), 'NOT_DOWNLOADED');
  assert.is(its.library.manifestState(quake).kind, 'none');
  assert.is(its.library.manifestState(doom).kind, 'none');
});

test('what a peer asks for goes first, before what is hashed in the background', async () => {
  await using its = await libraryLab();
  const games = ['g1', 'g2', 'g3', 'g4', 'g5'];
  for (const game of games) {
    await its.write({ [`${game}/version.ini`]: '1' });
    for (let file = 0; file < 4; file += 1) await its.write({ [`${game}/${file}`]: `${game} ${file}` });
  }
  const goOn = Promise.withResolvers<void>();
  its.hasher.before = () => goOn.promise;
  await its.library.scan();
  const reached = Promise.withResolvers<void>();
  its.hasher.before = () => reached.resolve();
  assert.equal(its.library.manifestState(idOf('g4')), { kind: 'pending', percent: 0 });
  goOn.resolve();
  await its.hashedAll();
  const order = its.hasher.hashed.map((path) => path.split(/[\\/]/).at(-2));
  const before = order.slice(0, order.lastIndexOf('g4')).filter((game) => game !== 'g4');
  assert.ok(before.length <= 1, `at most the file that was at its turn came first: ${order.join()}`);
  assert.is(its.hasher.hashed.length, games.length * 4, 'and nothing was hashed twice');
});

test('progress is told in bytes and in percent', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1', 'quake/a': 'x'.repeat(30), 'quake/b': 'x'.repeat(70) });
  const atB = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  its.hasher.before = async (path) => {
    if (!path.endsWith('b')) return;
    atB.resolve();
    await goOn.promise;
  };
  await its.library.scan();
  const told: number[] = [];
  const asked = its.library.manifest(quake, { onProgress: (bytes) => told.push(bytes) });
  await atB.promise;
  assert.equal(its.library.manifestState(quake), { kind: 'pending', percent: 30 });
  goOn.resolve();
  await asked;
  assert.is(told.at(-1), 100);
  assert.equal(
    told.toSorted((a, b) => a - b),
    told,
  );
});

test('who asks may give up; the hashing goes on for the others', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1', 'quake/a': 'x' });
  const goOn = Promise.withResolvers<void>();
  its.hasher.before = () => goOn.promise;
  await its.library.scan();
  const controller = new AbortController();
  const impatient = codeOf(its.library.manifest(quake, { signal: controller.signal }));
  const patient = its.library.manifest(quake);
  controller.abort();
  assert.is(await impatient, 'CANCELLED');
  goOn.resolve();
  assert.ok((await patient).root);
});

test('hashing stops when the game goes, and who waits is told', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1', 'quake/a': 'x' });
  its.hasher.before = () => new Promise(() => {});
  await its.library.scan();
  const waiting = codeOf(its.library.manifest(quake));
  await rm(its.path('quake/version.ini'));
  await its.library.refresh(quake);
  assert.is(await waiting, 'CANCELLED');
  assert.is(its.library.manifestState(quake).kind, 'none');
});

test('hashing stops when the library closes, and who waits is told', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1', 'quake/a': 'x' });
  its.hasher.before = () => new Promise(() => {});
  await its.library.scan();
  const waiting = codeOf(its.library.manifest(quake));
  await its.close();
  assert.is(await waiting, 'CANCELLED');
});

test('a held game is not hashed in the background; once let go it is', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1', 'quake/a': 'x' });
  const hold = its.library.hold(quake);
  await its.library.refresh(quake);
  assert.equal(its.library.get(quake)?.downloaded, true);
  await its.write({ 'doom/version.ini': '1', 'doom/b': 'y' });
  await its.library.scan();
  await until('the other game is hashed', () => its.library.get(doom)?.manifestRoot !== undefined);
  assert.equal(its.hasher.hashed, [its.path('doom/b')]);
  hold[Symbol.dispose]();
  await its.hashedAll();
  assert.equal(its.hasher.hashed, [its.path('doom/b'), its.path('quake/a')]);
});

test('a manifest that gets ready during an install does not undo the installed version', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '2', 'quake/a': 'x' });
  const goOn = Promise.withResolvers<void>();
  its.hasher.before = () => goOn.promise;
  await its.library.scan();
  using _hold = its.library.hold(quake);
  await its.write({ 'quake/local/x': '' });
  its.state.library.setInstalledVersion(its.path('quake'), quake, '2');
  goOn.resolve();
  await its.hashedAll();
  assert.is(its.state.library.get(its.path('quake'))?.installedVersion, '2');
  assert.is((await its.library.refresh(quake))?.installedVersion, '2');
});

test('manifests that get ready together are told together', async () => {
  await using its = await libraryLab();
  for (let game = 0; game < 30; game += 1)
    await its.write({ [`g${game}/version.ini`]: '1', [`g${game}/a`]: `${game}` });
  await its.library.scan();
  await its.hashedAll();
  await until('all roots are told', () => its.library.snapshot().games.every(({ root }) => root !== undefined));
  assert.ok(its.deltas.length < 15, `${its.deltas.length} deltas for 30 games`);
});

test('a payload that changed between the look and the hashing is looked at again', async () => {
  let isChanged = false;
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1', 'quake/d/a': 'x', 'quake/d/b': 'y' });
  its.hasher.before = async () => {
    if (isChanged) return;
    isChanged = true;
    await rename(its.path('quake/d/b'), its.path('quake/d/c'));
  };
  await its.library.scan();
  await its.hashedAll();
  await until('the library knows the disk as it is', () => {
    const state = its.library.manifestState(quake);
    return state.kind === 'ready' && state.hashed.manifest.files.some(({ path }) => path === 'd/c');
  });
  assert.is(its.library.get(quake)?.manifestRoot, readyOf(its.library.manifestState(quake)).root);
});

/** A library whose hashing waits for `hash`, and whose database takes no write while it is full. */
async function fillingUp(): Promise<{
  its: LibraryLab;
  clock: VirtualClock;
  hash: () => void;
  disk: { isFull: boolean };
}> {
  const clock = new VirtualClock();
  const its = await libraryLab({ clock });
  const disk = { isFull: false };
  const { library, blocks } = its.state;
  const { put, remove, nextRevision } = library;
  const { putMany } = blocks;
  const assertRoom = (): void => {
    if (disk.isFull) throw diskFull();
  };
  library.put = (row) => (assertRoom(), put(row));
  library.remove = (root) => (assertRoom(), remove(root));
  library.nextRevision = () => (assertRoom(), nextRevision());
  blocks.putMany = (files) => (assertRoom(), putMany(files));
  const { promise, resolve } = Promise.withResolvers<void>();
  its.hasher.before = () => promise;
  await its.write({ 'quake/version.ini': '1', 'quake/a': 'x' });
  await its.library.scan();
  return { its, clock, hash: resolve, disk };
}

test('a manifest that gets ready while the disk of the database is full is told once there is room', async () => {
  const { its, clock, hash, disk } = await fillingUp();
  await using _its = its;
  disk.isFull = true;
  hash();
  await its.hashedAll();
  const { revision } = its.library;
  await clock.advance(5_000);
  assert.is(its.deltas.length, 1, 'only the scan was told');
  assert.is(its.library.revision, revision);
  disk.isFull = false;
  await clock.advance(5_000);
  const last = its.deltas.at(-1);
  assert.is(last?.upserts[0]?.root, (await its.library.manifest(quake)).root);
  assert.equal([its.deltas.length, last?.from], [2, revision], 'nothing is left out');
  assert.is(clock.pendingCount, 0);
  await its.library.refresh(quake);
  assert.is(its.state.library.get(its.path('quake'))?.manifestRoot, last?.upserts[0]?.root, 'the next look stores it');
});

test('a payload that turns out unfit while the disk of the database is full is no end of the library', async () => {
  const { its, hash, disk } = await fillingUp();
  await using _its = its;
  hash();
  await its.hashedAll();
  await its.open();
  await its.library.scan();
  // Its manifest is known by its root alone; the name is found when somebody asks for the whole.
  await its.write({ 'quake/aux.txt': '' });
  disk.isFull = true;
  assert.is(await codeOf(its.library.manifest(quake)), 'INVALID_PATH');
  assert.match(String(its.library.get(quake)?.unshareable), 'aux.txt');
});

test('a scan that cannot forget a deleted game, because the disk of the database is full, goes well; the next one forgets it', async () => {
  const { its, hash, disk } = await fillingUp();
  await using _its = its;
  hash();
  await its.hashedAll();
  await its.write({ 'doom/version.ini': '1', 'doom/b': 'y' });
  await its.library.scan();
  await its.hashedAll();
  await rm(its.path('quake'), { recursive: true });
  disk.isFull = true;
  await its.library.scan();
  assert.is(its.library.get(quake), undefined);
  assert.ok(its.state.library.get(its.path('quake')), 'its row is still there');
  disk.isFull = false;
  await its.library.scan();
  assert.is(its.state.library.get(its.path('quake')), undefined);
});

test('that the games folder went is found out also while the disk of the database is full', async () => {
  const { its, clock, hash, disk } = await fillingUp();
  await using _its = its;
  hash();
  await its.hashedAll();
  await clock.advance(1_000);
  disk.isFull = true;
  await rename(its.gamesDir, `${its.gamesDir}-away`);
  assert.is(await its.library.checkFolder(), false);
  assert.equal(its.availability, [false]);
  assert.is(its.deltas.at(-1)?.removed.length, 0);
  disk.isFull = false;
  await clock.advance(5_000);
  assert.equal(its.deltas.at(-1)?.removed, [quake]);
});

test.run();
