import { copyFile, mkdir, open, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { abortError, LanspreadError, nodeFileSystem } from '../../../app/core/base/index.ts';
import type { Unpacker } from '../../../app/core/content/index.ts';
import { writeHostileArchives } from '../../support/archives.ts';
import { manyFilesGame, oddGame, smallGame } from '../../support/games.ts';
import { installLab, isThere, listener, requestFor } from '../../support/install-lab.ts';
import { assertSameTree, readTree } from '../../support/trees.ts';
import { failure } from '../../support/failure.ts';

const limitMs = 60_000;
const signal = (): AbortSignal => AbortSignal.timeout(limitMs);

test('an install yields what the archive holds, and says so in the state', async () => {
  await using lab = await installLab();
  const game = await lab.game(smallGame('quake'));
  const progress: number[] = [];
  let total: number | undefined;
  await lab.installer.install(
    requestFor(game),
    {
      onBegin: ({ totalBytes }) => (total = totalBytes),
      onProgress: ({ bytes }) => progress.push(bytes),
    },
    { signal: signal() },
  );
  assertSameTree(await readTree(join(game.root, 'local')), game.installed);
  assert.equal((await readdir(game.root)).sort(), ['local', 'quake.eti', 'version.ini']);
  assert.is(lab.state.library.get(game.root)?.installedVersion, game.version);
  assert.is(lab.state.intents.get(game.root), undefined);
  const wanted = game.installed.filter(({ kind }) => kind === 'file');
  const found = lab.state.inventory
    .get(game.root)
    .map(({ path, sizeBytes, blake3 }) => ({ path, sizeBytes, hash: blake3 }));
  assert.equal(
    found,
    wanted.map(({ path, sizeBytes, hash }) => ({ path, sizeBytes, hash })),
  );
  assert.equal(lab.state.inventory.get(join(game.root, '.local.installing')), []);
  assert.is(
    total,
    wanted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  );
  assert.is(progress.at(-1), total);
  assert.equal(
    progress,
    progress.toSorted((a, b) => a - b),
  );
  assert.equal((await lab.recover()).actions, [], 'nothing is left to recover');
});

test('odd names, loose files and several archives end up in one tree', async () => {
  await using lab = await installLab();
  const odd = await lab.game(oddGame('odd'));
  await lab.installer.install(requestFor(odd), listener, { signal: signal() });
  assertSameTree(await readTree(join(odd.root, 'local')), odd.installed);
  const both = await lab.game({
    id: 'both',
    archives: [
      { entries: [{ path: 'shared/a.bin', sizeBytes: 1000 }] },
      { entries: [{ path: 'shared/b.bin', sizeBytes: 2000 }], format: '7z', name: 'both.extra.7z' },
      { entries: [{ path: 'c.bin', sizeBytes: 3000 }], format: 'zip', name: 'both.more.zip' },
    ],
    loose: [
      { path: 'readme.txt', text: 'hello' },
      { kind: 'directory', path: 'empty/folder' },
    ],
  });
  await lab.installer.install(requestFor(both), listener, { signal: signal() });
  assertSameTree(await readTree(join(both.root, 'local')), both.installed);
});

test('a payload of loose files alone is copied, never linked', async () => {
  await using lab = await installLab();
  const game = await lab.game(manyFilesGame('many', 300, 500));
  await lab.installer.install(requestFor(game), listener, { signal: signal() });
  assertSameTree(await readTree(join(game.root, 'local')), game.installed);
  const path = 'part 000/file 00000.dat';
  await writeFile(join(game.root, 'local', path), 'written by the game');
  const payload = await readTree(game.root, { ignore: (name) => name === 'local' });
  assertSameTree(payload, game.tree, 'the payload');
});

test('every hostile archive is refused with a code, leaves nothing and rolls back exactly', async () => {
  await using lab = await installLab();
  const archives = await writeHostileArchives(lab.directory);
  assert.ok(archives.length > 20);
  const outside = (): Promise<string[]> => readdir(lab.directory);
  const before = (await outside()).concat('games').sort();
  for (const { name, path } of archives) {
    const root = join(lab.gamesDir, 'victim');
    await mkdir(root, { recursive: true });
    await copyFile(path, join(root, 'victim.eti'));
    await writeFile(join(root, 'version.ini'), '1');
    const tree = await readTree(lab.gamesDir);
    const request = requestFor({ id: 'victim', root, version: '1' });
    const { code } = await failure(lab.installer.install(request, listener, { signal: signal() }));
    const wanted = name.startsWith('encrypted')
      ? ['ARCHIVE_ENCRYPTED']
      : /^(?:truncated|one wrong byte)/.test(name)
        ? ['ARCHIVE_CORRUPT']
        : /^(?:file over|reserved|alternate|trailing)/.test(name)
          ? ['ARCHIVE_UNSUITABLE']
          : ['ARCHIVE_HOSTILE', 'ARCHIVE_CORRUPT'];
    assert.ok(wanted.includes(code), `${name}: ${code}`);
    assertSameTree(await readTree(lab.gamesDir), tree, name);
    assert.is(lab.state.intents.get(root), undefined, name);
    assert.equal(
      (await outside()).sort(),
      before.filter((entry, index) => before.indexOf(entry) === index),
      name,
    );
    await rm(root, { recursive: true });
  }
  assert.not.ok(isThere('/tmp/lanspread-escaped.txt'));
});

/** Lists one thing and makes another. */
function lyingUnpacker(make: (destination: string) => Promise<void>): Unpacker {
  return {
    id: 'liar',
    probe: ({ path }) => (path.endsWith('.eti') ? 100 : 0),
    list: () => Promise.resolve([{ path: 'readme.txt', sizeBytes: 2, kind: 'file' }]),
    async extract(_archive, destination) {
      await writeFile(join(destination, 'readme.txt'), 'ok');
      await make(destination);
    },
    stream: () => {
      throw new Error('not asked for here');
    },
  };
}

const lies: { name: string; code: string; make: (destination: string) => Promise<void> }[] = [
  { name: 'a link', code: 'ARCHIVE_HOSTILE', make: (to) => symlink('/etc', join(to, 'door')) },
  {
    name: 'a link in place of the file',
    code: 'ARCHIVE_HOSTILE',
    make: async (to) => {
      await rm(join(to, 'readme.txt'));
      await symlink('/etc/passwd', join(to, 'readme.txt'));
    },
  },
  { name: 'another file', code: 'ARCHIVE_HOSTILE', make: (to) => writeFile(join(to, 'extra.txt'), 'x') },
  { name: 'another folder', code: 'ARCHIVE_HOSTILE', make: async (to) => void (await mkdir(join(to, 'extra'))) },
  {
    name: 'a file of another size',
    code: 'ARCHIVE_CORRUPT',
    make: (to) => writeFile(join(to, 'readme.txt'), 'longer'),
  },
  { name: 'nothing', code: 'ARCHIVE_CORRUPT', make: (to) => rm(join(to, 'readme.txt')) },
];

for (const { name, code, make } of lies) {
  test(`an unpacker that leaves ${name} where its listing says otherwise installs nothing`, async () => {
    await using lab = await installLab({ unpackers: () => [lyingUnpacker(make)] });
    const game = await lab.game(smallGame('quake'));
    const error = await failure(lab.installer.install(requestFor(game), listener, { signal: signal() }));
    assert.is(error.code, code);
    assertSameTree(await readTree(game.root), game.tree);
  });
}

test('an archive that unpacks to far more than it announces is stopped on the way', async () => {
  const endless: Unpacker = {
    ...lyingUnpacker(() => Promise.resolve()),
    async extract(_archive, destination, { signal: stop }) {
      const chunk = Buffer.alloc(8 * 1024 * 1024, 'x');
      const file = await open(join(destination, 'readme.txt'), 'w');
      try {
        for (let count = 0; count < 500; count += 1) {
          if (stop.aborted) throw abortError(stop);
          await file.write(chunk);
        }
      } finally {
        await file.close();
      }
    },
  };
  await using lab = await installLab({ unpackers: () => [endless], growthCheckMs: 10 });
  const game = await lab.game(smallGame('quake'));
  const error = await failure(lab.installer.install(requestFor(game), listener, { signal: signal() }));
  assert.is(error.code, 'ARCHIVE_HOSTILE');
  assert.match(error.message, /more than/);
  assertSameTree(await readTree(game.root), game.tree);
});

test('an install that is cancelled leaves exactly what was there', async () => {
  await using lab = await installLab();
  const game = await lab.game({
    id: 'big',
    archives: [{ entries: [{ path: 'z', sizeBytes: 300 * 1024 ** 2, sparse: true }] }],
  });
  const cancel = new AbortController();
  const onProgress = ({ bytes }: { bytes: number }): void => {
    if (bytes > 0) cancel.abort(new LanspreadError('CANCELLED'));
  };
  const work = lab.installer.install(requestFor(game), { onBegin() {}, onProgress }, { signal: cancel.signal });
  assert.is((await failure(work)).code, 'CANCELLED');
  assertSameTree(await readTree(game.root), game.tree);
  assert.is(lab.state.intents.get(game.root), undefined);
  await lab.installer.install(requestFor(game), listener, { signal: signal() });
  assertSameTree(await readTree(join(game.root, 'local')), game.installed);
});

test('what cannot be installed is refused before anything is written', async () => {
  await using lab = await installLab();
  const game = await lab.game(smallGame('quake'));
  const attempt = async (): Promise<string> =>
    (await failure(lab.installer.install(requestFor(game), listener, { signal: signal() }))).code;
  await mkdir(join(game.root, 'local'));
  assert.is(await attempt(), 'INSTALLED');
  await rm(join(game.root, 'local'), { recursive: true });
  // What no command calls an install is not called one here either.
  await writeFile(join(game.root, 'local'), 'of the player');
  assert.is(await attempt(), 'UNSAFE_ROOT');
  assert.is(await readFile(join(game.root, 'local'), 'utf8'), 'of the player');
  await rm(join(game.root, 'local'));
  for (const name of ['.local.installing', '.local.backup']) {
    await mkdir(join(game.root, name));
    await writeFile(join(game.root, name, 'mine.txt'), 'of the player');
    assert.is(await attempt(), 'UNSAFE_ROOT', name);
    assert.ok(isThere(join(game.root, name, 'mine.txt')));
    await rm(join(game.root, name), { recursive: true });
  }
  await symlink('/etc', join(game.root, 'link'));
  assert.is(await attempt(), 'INVALID_PATH');
  await rm(join(game.root, 'link'));
  await rename(join(game.root, 'version.ini'), join(lab.directory, 'version.ini'));
  assert.is(await attempt(), 'NOT_DOWNLOADED');
  assert.equal(await readdir(game.root), ['quake.eti']);
  assert.equal(lab.state.intents.all(), []);
});

test('a full disk is told before anything is written', async () => {
  const fileSystem = { ...nodeFileSystem, space: () => Promise.resolve({ freeBytes: 1000, totalBytes: 10_000 }) };
  await using lab = await installLab({ fileSystem });
  const game = await lab.game(smallGame('quake'));
  const error = await failure(lab.installer.install(requestFor(game), listener, { signal: signal() }));
  assert.is(error.code, 'DISK_FULL');
  assert.is(error.details['freeBytes'], 1000);
  assertSameTree(await readTree(game.root), game.tree);
});

test('an uninstall deletes the install and keeps the download', async () => {
  await using lab = await installLab();
  const game = await lab.game(smallGame('quake'));
  const request = requestFor(game);
  await lab.installer.install(request, listener, { signal: signal() });
  await lab.installer.uninstall(request, { signal: signal() });
  assertSameTree(await readTree(game.root), game.tree);
  assert.is(lab.state.library.get(game.root)?.installedVersion, undefined);
  assert.equal(lab.state.inventory.get(game.root), []);
  assert.equal(lab.state.intents.all(), []);
  assert.is((await failure(lab.installer.uninstall(request, { signal: signal() }))).code, 'NOT_INSTALLED');
});

test('a download is removed whole, but not while it is installed', async () => {
  await using lab = await installLab();
  const game = await lab.game(smallGame('quake'));
  const request = requestFor(game);
  await lab.installer.install(request, listener, { signal: signal() });
  const refused = await failure(lab.installer.removeDownload(request));
  assert.is(refused.code, 'NOT_REMOVABLE');
  assert.is(refused.details['reason'], 'installed');
  await lab.installer.uninstall(request, { signal: signal() });
  await lab.installer.removeDownload(request);
  assert.equal(await readdir(lab.gamesDir), []);
  assert.equal(lab.state.intents.all(), []);
});

test('a linked game folder is never removed', async () => {
  await using lab = await installLab();
  const game = await lab.game(smallGame('quake'));
  const link = join(lab.gamesDir, 'linked');
  await symlink(game.root, link);
  const refused = await failure(lab.installer.removeDownload(requestFor({ id: 'linked', root: link, version: '1' })));
  assert.is(refused.details['reason'], 'link');
  assertSameTree(await readTree(game.root), game.tree);
});

test.run();
