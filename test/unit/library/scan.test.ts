import { chmod, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeFileSystem, systemCode, type FileSystem } from '../../../app/core/base/index.ts';
import { libraryDigest } from '../../../app/core/protocol/index.ts';
import { until } from '../../support/eventually.ts';
import { systemError } from '../../support/fault-file-system.ts';
import { idOf, libraryLab, type LibraryLabOptions, type StateKind } from '../../support/library-lab.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const quake = idOf('quake');
const doom = idOf('doom');

/** Counts what is asked of the disk. */
function countingFileSystem(): { fileSystem: FileSystem; calls: Map<string, number> } {
  const calls = new Map<string, number>();
  const count = (name: string): void => void calls.set(name, (calls.get(name) ?? 0) + 1);
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    list: (path) => (count('list'), nodeFileSystem.list(path)),
    lstat: (path) => (count('lstat'), nodeFileSystem.lstat(path)),
    openToRead: (path) => (count('open'), nodeFileSystem.openToRead(path)),
  };
  return { fileSystem, calls };
}

for (const state of ['memory', 'sqlite'] satisfies StateKind[]) {
  const lab = (options: LibraryLabOptions = {}) => libraryLab({ state, ...options });

  test(`${state}: what is downloaded and what is installed follows from the disk`, async () => {
    await using its = await lab();
    await its.write({
      'quake/version.ini': 'version = 2',
      'quake/quake.eti': 'abc',
      'quake/data/more.bin': 'defg',
      'doom/local/doom.exe': 'x',
      'doom/doom.eti': '12345',
    });
    its.state.library.setInstalledVersion(its.path('doom'), doom, '1.9');
    await its.library.scan();
    await its.hashedAll();
    const { fingerprint: _one, manifestRoot, ...first } = its.library.get(quake) ?? { fingerprint: '' };
    assert.equal(first, {
      id: quake,
      root: its.path('quake'),
      version: '2',
      downloaded: true,
      installed: false,
      installedVersion: undefined,
      sizeBytes: 7,
    });
    assert.match(String(manifestRoot), /^[0-9a-f]{64}$/);
    const second = its.library.get(doom);
    assert.equal(
      [second?.version, second?.downloaded, second?.installed, second?.installedVersion, second?.sizeBytes],
      [undefined, false, true, '1.9', 5],
    );
    assert.is(second?.manifestRoot, undefined);
  });

  test(`${state}: an unchanged library tells nothing new, also after a restart`, async () => {
    await using its = await lab();
    await its.write({ 'quake/version.ini': '1', 'quake/a/b.bin': 'x' });
    await its.library.scan();
    await its.hashedAll();
    await its.library.scan();
    const manifestRoot = its.library.get(quake)?.manifestRoot;
    await its.open();
    its.deltas.length = 0;
    await its.library.scan();
    assert.is(its.deltas.length, 1, 'the first scan after a start tells what there is');
    assert.is(its.library.get(quake)?.manifestRoot, manifestRoot);
    assert.is(its.library.get(quake)?.sizeBytes, 1);
    await its.library.scan();
    await its.library.scan({ thorough: true });
    assert.is(its.deltas.length, 1);
    assert.equal(its.hasher.hashed, []);
  });

  test(`${state}: the revision goes on where it was before a restart`, async () => {
    await using its = await lab();
    await its.write({ 'quake/version.ini': '1' });
    await its.library.scan();
    const { revision } = its.library;
    assert.ok(revision > 0);
    await its.open();
    assert.ok(its.library.revision >= revision);
    await its.write({ 'doom/version.ini': '1' });
    await its.library.scan();
    assert.ok(its.library.revision > revision);
  });

  test(`${state}: a removed game goes from the list and from the database`, async () => {
    await using its = await lab();
    await its.write({ 'quake/version.ini': '1', 'doom/version.ini': '1' });
    await its.library.scan();
    await rm(its.path('quake'), { recursive: true });
    await its.library.scan();
    assert.is(its.library.get(quake), undefined);
    assert.is(its.state.library.get(its.path('quake')), undefined);
    assert.equal(its.deltas.at(-1)?.removed, [quake]);
  });

  test(`${state}: a game that was deleted while nothing ran is forgotten; an empty games folder proves nothing`, async () => {
    await using its = await lab();
    await its.write({ 'quake/local/x': '1', 'doom/version.ini': '1' });
    its.state.library.setInstalledVersion(its.path('quake'), quake, '7');
    await its.library.scan();
    await its.close();
    await rename(its.gamesDir, its.temp.join('unmounted'));
    await mkdir(its.gamesDir);
    await its.open();
    await its.library.scan();
    assert.equal(its.library.games(), []);
    await its.close();
    await rm(its.gamesDir, { recursive: true });
    await rename(its.temp.join('unmounted'), its.gamesDir);
    await its.open();
    await its.library.scan();
    assert.is(its.library.get(quake)?.installedVersion, '7');
    await its.close();
    await rm(its.path('quake'), { recursive: true });
    await its.open();
    await its.library.scan();
    assert.is(its.state.library.get(its.path('quake')), undefined);
    assert.ok(its.state.library.get(its.path('doom')));
  });
}

test('only real folders with a known game id are games', async () => {
  await using its = await libraryLab({ isKnownGame: (id) => id !== 'unknown' });
  await its.write({
    'quake/version.ini': '1',
    'unknown/version.ini': '1',
    '.hidden/version.ini': '1',
    'nested/inside/version.ini': '1',
    'empty/readme.txt': 'no sentinel, no install',
  });
  await its.write({ '../elsewhere/version.ini': '1' });
  await symlink(its.temp.join('elsewhere'), its.path('linked'));
  await writeFile(its.path('file'), 'version = 1');
  await its.library.scan();
  assert.equal(
    its.library.games().map(({ id }) => id),
    [quake],
  );
});

test('a game that the catalog no longer lists goes, and is still installed in its version when it comes back', async () => {
  let isKnown = true;
  await using its = await libraryLab({ isKnownGame: () => isKnown });
  await its.write({ 'quake/local/x': '' });
  its.state.library.setInstalledVersion(its.path('quake'), quake, '3');
  await its.library.scan();
  isKnown = false;
  await its.library.scan();
  assert.equal(its.library.games(), []);
  isKnown = true;
  await its.library.scan();
  assert.is(its.library.get(quake)?.installedVersion, '3');
});

test('a root that was replaced by a link is no game any more', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1' });
  await its.library.scan();
  await rename(its.path('quake'), its.temp.join('moved'));
  await symlink(its.temp.join('moved'), its.path('quake'));
  await its.library.scan();
  assert.is(its.library.get(quake), undefined);
  assert.is(await its.library.refresh(quake), undefined);
});

test('a sentinel or local that is a link, or not what it has to be, does not count', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/real.ini': 'version = 1', 'quake/x/f': '', 'doom/version.ini/version.ini': 'version = 1' });
  await symlink(its.path('quake/real.ini'), its.path('quake/version.ini'));
  await symlink(its.path('quake/x'), its.path('quake/local'));
  await its.write({ 'doom/local': 'a file', 'long/version.ini': 'x'.repeat(5000), 'torn/version.ini': '\0\0\0\0' });
  await its.library.scan();
  assert.equal(its.library.games(), []);
});

test('a nested version.ini is payload', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1', 'quake/mods/version.ini': '22' });
  await its.library.scan();
  assert.is(its.library.get(quake)?.version, '1');
  assert.is(its.library.get(quake)?.sizeBytes, 2);
});

test('where the disk tells Version.ini from version.ini, only the latter counts; neither is payload', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/Version.INI': '1', 'quake/x': 'abc', 'quake/local/y': '' });
  await its.library.scan();
  const downloaded = its.library.get(quake)?.downloaded;
  assert.is(downloaded, process.platform === 'win32' || process.platform === 'darwin');
  assert.is(its.library.get(quake)?.sizeBytes, 3);
});

test('reserved names are neither payload nor do they count as a change of it', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1', 'quake/a': 'abc' });
  await its.library.scan();
  await its.hashedAll();
  const before = its.library.get(quake);
  await its.write({
    'quake/local/save.dat': '12345',
    'quake/.local.installing/x': '1',
    'quake/.lanspread_owned': '',
    'quake/.sync/x': '1',
    'quake/.local.conflict-20260101/x': '1',
  });
  await its.library.refresh(quake);
  const after = its.library.get(quake);
  assert.equal([after?.sizeBytes, after?.manifestRoot], [before?.sizeBytes, before?.manifestRoot]);
  assert.is(after?.installed, true);
  assert.is(its.library.manifestState(quake).kind, 'ready');
});

test('a new version in the sentinel is seen even when size and time stay the same', async () => {
  await using its = await libraryLab();
  const past = new Date('2020-01-01');
  await its.write({ 'quake/version.ini': 'version = 1' });
  await utimes(its.path('quake/version.ini'), past, past);
  await its.library.scan();
  await its.hashedAll();
  const formerRoot = its.library.get(quake)?.manifestRoot;
  await writeFile(its.path('quake/version.ini'), 'version = 2');
  await utimes(its.path('quake/version.ini'), past, past);
  await its.library.scan();
  assert.is(its.library.get(quake)?.version, '2');
  await its.hashedAll();
  assert.is.not(its.library.get(quake)?.manifestRoot, formerRoot);
});

const changes: [
  what: string,
  scan: { thorough: boolean } | 'refresh',
  change: (path: (p: string) => string) => Promise<void>,
][] = [
  ['a new file at the top', { thorough: false }, (path) => writeFile(path('quake/new.bin'), 'new')],
  [
    'a file replaced by renaming',
    { thorough: true },
    async (path) => {
      await writeFile(path('spare'), 'XYZ');
      await rename(path('spare'), path('quake/top.bin'));
    },
  ],
  ['a deleted file at the top', { thorough: false }, (path) => rm(path('quake/top.bin'))],
  ['a file at the top written in place', { thorough: true }, (path) => writeFile(path('quake/top.bin'), 'other')],
  ['a nested file written in place', 'refresh', (path) => writeFile(path('quake/deep/er/f.bin'), 'other')],
  ['a new empty folder deep down', 'refresh', (path) => mkdir(path('quake/deep/er/empty')).then(() => {})],
  ['a file that becomes executable', 'refresh', (path) => chmod(path('quake/deep/er/f.bin'), 0o755)],
];

for (const [what, how, change] of changes) {
  test(`seen by ${how === 'refresh' ? 'a refresh' : how.thorough ? 'a thorough scan' : 'any scan'}: ${what}`, async () => {
    await using its = await libraryLab();
    await its.write({ 'quake/version.ini': '1', 'quake/top.bin': 'abc', 'quake/deep/er/f.bin': 'abcde' });
    await its.library.scan();
    await its.hashedAll();
    const before = its.library.get(quake)?.fingerprint;
    await change((path) => its.path(path));
    if (how === 'refresh') await its.library.refresh(quake);
    else await its.library.scan(how);
    assert.is.not(its.library.get(quake)?.fingerprint, before);
  });
}

test('an unchanged root costs one listing and reading the sentinel', async () => {
  const { fileSystem, calls } = countingFileSystem();
  await using its = await libraryLab({ fileSystem });
  for (let game = 0; game < 5; game += 1) {
    const files = Array.from({ length: 20 }, (_, file) => [`game-${game}/d/${file}`, 'x']);
    await its.write({ ...Object.fromEntries(files), [`game-${game}/version.ini`]: '1', [`game-${game}/top`]: '' });
  }
  await its.library.scan();
  await its.hashedAll();
  calls.clear();
  await its.library.scan();
  assert.equal(Object.fromEntries(calls), { list: 1 + 5, open: 5 });
});

test('one delta for all that a scan finds, its digest that of the snapshot', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1', 'quake/a': 'a', 'doom/version.ini': '1', 'hexen/local/x': '' });
  await its.library.scan();
  const [first] = its.deltas;
  assert.is(its.deltas.length, 1);
  assert.equal(first?.upserts.map(({ id }) => id).sort(), ['doom', 'hexen', 'quake']);
  assert.is(first?.digest, its.library.snapshot().digest);
  assert.is(first?.digest, libraryDigest(its.library.snapshot().games));
  assert.is(first?.to, its.library.revision);
});

test('deltas applied one after another give the snapshot', async () => {
  await using its = await libraryLab();
  const mirror = new Map<string, object>();
  let revision = its.library.revision;
  its.library.onDidChange(({ from, to, upserts, removed }) => {
    assert.is(from, revision);
    revision = to;
    for (const summary of upserts) mirror.set(summary.id, summary);
    for (const id of removed) mirror.delete(id);
  });
  await its.write({ 'quake/version.ini': '1', 'doom/version.ini': '1' });
  await its.library.scan();
  await its.write({ 'doom/version.ini': '2', 'hexen/version.ini': '1' });
  await rm(its.path('quake'), { recursive: true });
  await its.library.scan();
  its.library.setPartial(quake, { version: '5', manifestRoot: 'e'.repeat(64), sizeBytes: 3 });
  await its.hashedAll();
  await its.library.scan();
  const games = its.library.snapshot().games;
  assert.equal(
    [...mirror.values()].map((summary) => JSON.stringify(summary)).sort(),
    games.map((summary) => JSON.stringify(summary)).sort(),
  );
  assert.ok(games.some(({ id, availability }) => id === quake && availability === 'Partial'));
  its.library.setPartial(quake, undefined);
  assert.equal(its.deltas.at(-1)?.removed, [quake]);
});

test('a root that cannot be read stays as it was known, and does not stop the scan', async () => {
  let isBroken = false;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    async list(path) {
      if (isBroken && path.endsWith('quake')) throw systemError('EIO');
      return await nodeFileSystem.list(path);
    },
  };
  await using its = await libraryLab({ fileSystem });
  await its.write({ 'quake/version.ini': '1' });
  await its.library.scan();
  isBroken = true;
  await its.write({ 'doom/version.ini': '1' });
  await its.library.scan();
  assert.equal(
    its.library
      .games()
      .map(({ id }) => id)
      .sort(),
    [doom, quake],
  );
});

test('a root that could not be read after an operation is looked at again', async () => {
  let isBroken = false;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    async list(path) {
      if (isBroken && path.endsWith('quake')) throw systemError('EIO');
      return await nodeFileSystem.list(path);
    },
  };
  const clock = new VirtualClock();
  await using its = await libraryLab({ fileSystem, clock });
  await its.write({ 'quake/version.ini': '1', 'quake/local/x': '' });
  await its.library.scan();
  await rm(its.path('quake/local'), { recursive: true });
  isBroken = true;
  await its.library.refresh(quake);
  assert.is(its.library.get(quake)?.installed, true);
  isBroken = false;
  await clock.advance(2_000);
  await until('it is seen', () => its.library.get(quake)?.installed === false);
});

test('a PC with too many open files has lost no games folder', async () => {
  let code = '';
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    async list(path) {
      if (code !== '' && path.endsWith('games')) throw systemError(code);
      return await nodeFileSystem.list(path);
    },
  };
  await using its = await libraryLab({ fileSystem });
  await its.write({ 'quake/version.ini': '1' });
  await its.library.scan();
  for (code of ['EMFILE', 'ENFILE']) {
    const error: unknown = await its.library.scan().catch((thrown: unknown) => thrown);
    assert.is(systemCode(error), code);
    assert.equal([its.library.isAvailable, its.availability, its.library.games().length], [true, [], 1]);
  }
  code = 'EIO';
  await its.library.scan();
  assert.equal([its.library.isAvailable, its.availability], [false, [false]]);
});

test('a games folder that is away keeps the list, offers nothing, and says so; when back it is offered again', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1', 'doom/local/x': '' });
  its.state.library.setInstalledVersion(its.path('doom'), doom, '1');
  await its.library.scan();
  await rename(its.gamesDir, its.temp.join('away'));
  await its.library.scan();
  assert.equal(its.availability, [false]);
  assert.is(its.library.games().length, 2);
  assert.equal(its.library.snapshot().games, []);
  assert.is(its.library.manifestState(quake).kind, 'none');
  let code: unknown;
  await its.library.manifest(quake).catch((error: { code?: unknown }) => {
    code = error.code;
  });
  assert.is(code, 'GAMES_DIR_LOST');
  await its.library.scan();
  assert.equal(its.availability, [false], 'told once');
  assert.is(its.state.library.get(its.path('doom'))?.installedVersion, '1');
  await rename(its.temp.join('away'), its.gamesDir);
  await its.library.scan();
  assert.equal(its.availability, [false, true]);
  assert.is(its.library.snapshot().games.length, 2);
  assert.is(its.library.get(doom)?.installedVersion, '1');
});

test('a games folder that vanishes in the middle of a scan is not a library of removed games', async () => {
  let vanish: (() => Promise<void>) | undefined;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    async list(path) {
      const entries = await nodeFileSystem.list(path);
      await vanish?.();
      return entries;
    },
  };
  await using its = await libraryLab({ fileSystem });
  await its.write({ 'quake/version.ini': '1', 'doom/version.ini': '1' });
  await its.library.scan();
  vanish = async () => {
    vanish = undefined;
    await rename(its.gamesDir, its.temp.join('away'));
  };
  await its.library.scan();
  assert.is(its.library.games().length, 2);
  assert.ok(its.state.library.get(its.path('quake')));
});

test('a file in place of the games folder, or one that cannot be listed, is a folder that is away', async () => {
  await using its = await libraryLab();
  await rm(its.gamesDir, { recursive: true });
  await writeFile(its.gamesDir, '');
  await its.library.scan();
  assert.equal(its.availability, [false]);
});

test('a held game is left alone by scans; refresh looks at it all the same', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1' });
  await its.library.scan();
  const hold = its.library.hold(quake);
  await its.write({ 'quake/version.ini': '2' });
  await its.library.scan();
  assert.is(its.library.get(quake)?.version, '1');
  assert.is((await its.library.refresh(quake))?.version, '2');
  hold[Symbol.dispose]();
});

test('holds are counted, and each is undone once', async () => {
  await using its = await libraryLab();
  const first = its.library.hold(quake);
  const second = its.library.hold(quake);
  await its.write({ 'quake/version.ini': '1' });
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  await its.library.scan();
  assert.is(its.library.get(quake), undefined);
  second[Symbol.dispose]();
  await its.library.scan();
  assert.is(its.library.get(quake)?.version, '1');
});

/** A file system whose next reading of a path is held up after it was read: what it tells is old by then. */
function slowReader(): {
  fileSystem: FileSystem;
  holdUp: (path: string) => { reached: Promise<void>; goOn: () => void };
} {
  let slow: { path: string; reached: () => void; goOn: Promise<void> } | undefined;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    async openToRead(path) {
      const handle = await nodeFileSystem.openToRead(path);
      if (path !== slow?.path) return handle;
      const { reached, goOn } = slow;
      slow = undefined;
      const read = handle.read.bind(handle);
      handle.read = async (buffer, position) => {
        const count = await read(buffer, position);
        reached();
        await goOn;
        return count;
      };
      return handle;
    },
  };
  return {
    fileSystem,
    holdUp(path) {
      const reached = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      slow = { path, reached: reached.resolve, goOn: goOn.promise };
      return { reached: reached.promise, goOn: goOn.resolve };
    },
  };
}

test('what a scan saw before an operation began does not count, even when the operation is over', async () => {
  const { fileSystem, holdUp } = slowReader();
  await using its = await libraryLab({ fileSystem });
  await its.write({ 'quake/version.ini': '1' });
  await its.library.scan();
  await its.write({ 'quake/version.ini': 'half of it' });
  const slow = holdUp(its.path('quake/version.ini'));
  const scanning = its.library.scan();
  await slow.reached;
  its.library.hold(quake)[Symbol.dispose]();
  slow.goOn();
  await scanning;
  assert.is(its.library.get(quake)?.version, '1');
  await its.library.scan();
  assert.is(its.library.get(quake)?.version, 'half of it');
});

test('what an earlier look saw does not replace what a later one did', async () => {
  const { fileSystem, holdUp } = slowReader();
  await using its = await libraryLab({ fileSystem });
  await its.write({ 'quake/version.ini': '1' });
  const slow = holdUp(its.path('quake/version.ini'));
  const earlier = its.library.refresh(quake);
  await slow.reached;
  await its.write({ 'quake/version.ini': '2' });
  assert.is((await its.library.refresh(quake))?.version, '2');
  slow.goOn();
  assert.is((await earlier)?.version, '2');
});

test('an operation in the middle of a long scan is not undone by what that scan read from the database', async () => {
  const goOn = Promise.withResolvers<void>();
  const looking = new Set<string>();
  let isGated = false;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    async list(path) {
      const isFirst = isGated && path.includes('game-') && looking.size < 16;
      if (isFirst) {
        looking.add(path);
        await goOn.promise;
      }
      return await nodeFileSystem.list(path);
    },
  };
  await using its = await libraryLab({ fileSystem });
  for (let game = 0; game < 40; game += 1) await its.write({ [`game-${game}/version.ini`]: '1' });
  await its.library.scan();
  isGated = true;
  const scanning = its.library.scan();
  await until('every worker of the scan is at a game', () => looking.size === 16);
  const later = its.library.games().find(({ root }) => !looking.has(root));
  assert.ok(later);
  {
    using _hold = its.library.hold(later.id);
    await its.write({ [`${later.id}/local/x`]: '' });
    its.state.library.setInstalledVersion(later.root, later.id, '1');
    await its.library.refresh(later.id);
  }
  goOn.resolve();
  await scanning;
  assert.is(its.library.get(later.id)?.installedVersion, '1');
  assert.is(its.state.library.get(later.root)?.installedVersion, '1');
});

test('the folder of a held game is not even listed by a scan', async () => {
  const { fileSystem, calls } = countingFileSystem();
  await using its = await libraryLab({ fileSystem });
  await its.write({ 'quake/version.ini': '1' });
  using _hold = its.library.hold(quake);
  await its.library.scan();
  assert.equal(Object.fromEntries(calls), { list: 1 });
});

test('an installed version that an operation writes shows after its refresh and survives the next scan', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '2', 'quake/x': 'x' });
  await its.library.scan();
  {
    using _hold = its.library.hold(quake);
    await its.write({ 'quake/local/x': 'x' });
    its.state.library.setInstalledVersion(its.path('quake'), quake, '2');
    await its.library.refresh(quake);
  }
  assert.is(its.library.get(quake)?.installedVersion, '2');
  await its.library.scan();
  assert.is(its.library.get(quake)?.installedVersion, '2');
  assert.is(its.state.library.get(its.path('quake'))?.installedVersion, '2');
});

test('a scan can be cancelled, and disposing ends one', async () => {
  await using its = await libraryLab();
  await its.write({ 'quake/version.ini': '1' });
  const codes: unknown[] = [];
  const noteCode = (error: { code?: unknown }): void => void codes.push(error.code);
  await its.library.scan({ signal: AbortSignal.abort() }).catch(noteCode);
  const scanning = its.library.scan().catch(noteCode);
  const { library } = its;
  await its.close();
  await scanning;
  await library.scan().catch(noteCode);
  assert.equal(codes, ['CANCELLED', 'SHUTTING_DOWN', 'SHUTTING_DOWN']);
  assert.ok(its.hasher.isDisposed);
});

test.run();
