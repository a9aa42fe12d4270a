/**
 * Archives as people make them at home. Each is installed here and streamed to another PC: both give the same tree, or
 * the same refusal.
 */
import { chmod, copyFile, mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseGameId } from '../../../app/core/base/index.ts';
import type { ArchiveRules } from '../../../app/core/install/index.ts';
import { runSevenZip } from '../../support/archives.ts';
import { failure } from '../../support/failure.ts';
import { installLab, listener, requestFor, type InstallLab } from '../../support/install-lab.ts';
import { rawTar } from '../../support/raw-tar.ts';
import { rawZip, type RawEntry } from '../../support/raw-zip.ts';
import { streamTo } from '../../support/stream-to.ts';
import { tempDir } from '../../support/temp.ts';
import { assertSameTree, readTree } from '../../support/trees.ts';

const signal = AbortSignal.timeout(120_000);
const dos = { flags: 0, mode: 0, host: 0 };

type Payload = Readonly<Record<string, Buffer | string>>;

async function rootOf(lab: InstallLab, payload: Payload): Promise<string> {
  const root = join(lab.gamesDir, 'quake');
  await mkdir(root, { recursive: true });
  for (const [name, bytes] of Object.entries(payload)) await writeFile(join(root, name), bytes);
  await writeFile(join(root, 'version.ini'), 'version = 1.0\n');
  return root;
}

/** The texts of all installed files by their paths, the same after an install and a streamed install. */
async function installed(payload: Payload, rules: ArchiveRules = {}): Promise<Record<string, string>> {
  await using lab = await installLab({ rules });
  const root = await rootOf(lab, payload);
  await lab.installer.install(requestFor({ id: 'quake', root, version: '1.0' }), listener, { signal });
  const streamed = join(lab.gamesDir, 'streamed');
  await streamTo(lab, streamed, root);
  const tree = await readTree(join(root, 'local'));
  assertSameTree(await readTree(join(streamed, 'local')), tree);
  assert.equal(lab.state.inventory.get(streamed), lab.state.inventory.get(root));
  const files = tree.filter(({ kind }) => kind === 'file');
  return Object.fromEntries(
    await Promise.all(
      files.map(async ({ path }) => [path, await readFile(join(root, 'local', path), 'utf8')] as const),
    ),
  );
}

async function refused(payload: Payload, rules: ArchiveRules = {}): Promise<{ code: string; details: unknown }> {
  await using lab = await installLab({ rules });
  const root = await rootOf(lab, payload);
  const { code, details } = await failure(
    lab.installer.install(requestFor({ id: 'quake', root, version: '1.0' }), listener, { signal }),
  );
  const streamed = await failure(streamTo(lab, join(lab.gamesDir, 'streamed'), root));
  assert.is(streamed.code, code);
  return { code, details };
}

const zip = (files: Readonly<Record<string, string>>, claims?: RawEntry['claims']): Buffer =>
  rawZip(Object.entries(files).map(([name, bytes]) => ({ name, bytes, ...(claims && { claims }) })));

test('a zip with backslashes, as PowerShell makes it, has folders', async () => {
  const files = { 'data\\': '', 'data\\a.bin': 'a', 'data\\sub\\b.bin': 'b', 'game.exe': 'g' };
  assert.equal(await installed({ 'quake.eti': zip(files, dos) }), {
    'data/a.bin': 'a',
    'data/sub/b.bin': 'b',
    'game.exe': 'g',
  });
  assert.equal(await installed({ 'quake.eti': zip(files, { flags: 0 }) }), {
    'data/a.bin': 'a',
    'data/sub/b.bin': 'b',
    'game.exe': 'g',
  });
  for (const path of ['..\\up.txt', 'data\\..\\..\\up.txt'])
    assert.is((await refused({ 'quake.eti': zip({ [path]: 'x' }, dos) })).code, 'ARCHIVE_HOSTILE', path);
});

test('folders that differ by case are one', async () => {
  assert.equal(await installed({ 'quake.eti': zip({ 'Data/a': 'a', 'data/b': 'b' }) }), {
    'Data/a': 'a',
    'Data/b': 'b',
  });
});

test('a later archive overwrites an earlier one, and loose files come last', async () => {
  const payload = {
    'base.zip': zip({ 'game.exe': 'old', 'data/level.pak': 'level', 'readme.txt': 'of the base' }),
    'patch.zip': zip({ 'GAME.exe': 'new' }),
    'ReadMe.txt': 'loose',
  };
  assert.equal(await installed(payload), { 'game.exe': 'new', 'data/level.pak': 'level', 'readme.txt': 'loose' });
});

test('of a file that is twice in one archive the later one counts', async () => {
  const files = [
    { path: 'a.txt', bytes: 'first' },
    { path: 'b.txt', bytes: 'b' },
    { path: 'a.txt', bytes: 'the second' },
  ];
  assert.equal(await installed({ 'quake.eti': rawTar(files) }), { 'a.txt': 'the second', 'b.txt': 'b' });
});

test('what Windows cannot store is refused by a code of its own, with the entry and the reason', async () => {
  for (const [entry, reason] of [
    ['data/aux.cfg', 'device-name'],
    ['data/notes.', 'ends-in-dot'],
    ['a:b.txt', 'colon'],
    [`${'folder/'.repeat(40)}a`, 'too-long'],
  ] as const) {
    const error = await refused({ 'quake.eti': zip({ 'fine.txt': 'x', [entry]: 'x' }) });
    assert.equal(error, { code: 'ARCHIVE_UNSUITABLE', details: { file: 'quake.eti', entry, reason } });
  }
});

test('names of a time before Unicode are installed as they were meant', async () => {
  const name = Buffer.from('M\u0081nze.txt', 'latin1');
  assert.equal(await installed({ 'quake.eti': rawZip([{ name, bytes: 'm', claims: dos }]) }), {
    'M\u00fcnze.txt': 'm',
  });
  const tar = rawTar([{ path: Buffer.from('M\u00fcnze.txt', 'latin1'), bytes: 'm' }]);
  assert.equal(await installed({ 'quake.eti': tar }), { 'M\u00fcnze.txt': 'm' });
});

test('comments and owners in whatever encoding do not matter', async () => {
  const commented = rawZip([{ name: 'a.txt', bytes: 'a' }], { comment: 'two\r\nlines' });
  assert.equal(await installed({ 'quake.eti': commented }), { 'a.txt': 'a' });
  const owned = rawTar([{ path: 'a.txt', bytes: 'a', owner: Buffer.from('J\u00fcrgen', 'latin1') }]);
  assert.equal(await installed({ 'quake.eti': owned }), { 'a.txt': 'a' });
});

test('an archive with a wildcard in its name does not open its neighbours', async () => {
  if (process.platform === 'win32') return;
  const payload = { 'g*.zip': zip({ 'a.txt': 'a' }), 'gb.zip': zip({ 'b.txt': 'b' }) };
  assert.equal(await installed(payload), { 'a.txt': 'a', 'b.txt': 'b' });
});

test('modes that make trouble, and control characters in names, come out alike', async () => {
  if (process.platform === 'win32') return;
  const files = [
    { path: 'sandbox', bytes: 's', mode: 0o4755 },
    { path: 'locked.cfg', bytes: 'l', mode: 0o444 },
    { path: 'secret', bytes: 'x', mode: 0o111 },
    { path: 'Icon\r', bytes: 'i' },
  ];
  const wanted = { Icon_: 'i', 'locked.cfg': 'l', sandbox: 's', secret: 'x' };
  assert.equal(await installed({ 'quake.eti': rawTar(files) }), wanted);
  const newline = rawZip([
    { name: 'a\nb/c\nd.txt', bytes: 'n' },
    { name: 'plain.txt', bytes: 'p' },
  ]);
  assert.equal(await installed({ 'quake.eti': newline }), { 'a_b/c_d.txt': 'n', 'plain.txt': 'p' });
});

test('a read-only file of the download can be written in the installed game', async () => {
  await using lab = await installLab();
  const root = await rootOf(lab, { 'quake.eti': zip({ 'a.txt': 'a' }), 'loose.cfg': 'c' });
  await chmod(join(root, 'loose.cfg'), 0o444);
  await lab.installer.install(requestFor({ id: 'quake', root, version: '1.0' }), listener, { signal });
  assert.ok(((await stat(join(root, 'local/loose.cfg'))).mode & 0o200) !== 0);
});

test('an archive that cannot be opened stays as it is beside other files, unless the game is in it', async () => {
  const broken = zip({ 'a.txt': 'a' }).subarray(0, 20);
  assert.equal(await installed({ 'data.zip': broken, 'readme.txt': 'r' }), {
    'data.zip': broken.toString('utf8'),
    'readme.txt': 'r',
  });
  assert.is((await refused({ 'quake.zip': broken, 'readme.txt': 'r' })).code, 'ARCHIVE_CORRUPT');
  assert.is((await refused({ 'data.zip': broken })).code, 'ARCHIVE_CORRUPT');
});

test('the catalog decides what is unpacked, and which extension has to be there', async () => {
  const payload = { 'data.zip': zip({ 'a.txt': 'a' }), 'quake.zip': zip({ 'b.txt': 'b' }), 'game.exe': 'g' };
  assert.equal(Object.keys(await installed(payload)), ['b.txt', 'data.zip', 'game.exe']);
  assert.equal(Object.keys(await installed(payload, { unpack: 'never' })), ['data.zip', 'game.exe', 'quake.zip']);
  assert.equal(Object.keys(await installed(payload, { unpack: ['data.zip'] })), ['a.txt', 'game.exe', 'quake.zip']);
  const { code, details } = await refused(payload, { needs: ['acme.inno'] });
  assert.equal([code, details], ['NO_UNPACKER', { needs: 'acme.inno' }]);
  assert.equal(Object.keys(await installed(payload, { needs: ['lanspread.seven-zip'] })).length, 3);
});

test('what cannot be installed is told by a check that writes nothing', async () => {
  await using lab = await installLab();
  const root = await rootOf(lab, { 'quake.eti': zip({ 'a.txt': 'a' }) });
  const check = () => lab.installer.check({ gameId: parseGameId('quake'), root }, { signal });
  assert.is(await check(), undefined);
  await writeFile(join(root, 'quake.eti'), zip({ 'data/aux.cfg': 'a' }));
  assert.equal(await check().then((problem) => [problem?.where, problem?.code]), ['everywhere', 'ARCHIVE_UNSUITABLE']);
  if (process.platform === 'win32') return;
  await writeFile(join(root, 'quake.eti'), zip({ 'why?.txt': 'a' }));
  assert.equal(await check().then((problem) => [problem?.where, problem?.code]), ['windows', 'ARCHIVE_UNSUITABLE']);
});

test('a disk image that is almost empty is a bomb, unless the catalog pins the game', async () => {
  await using temp = await tempDir('sparse');
  await writeFile(temp.join('disk.img'), '');
  await truncate(temp.join('disk.img'), 1_200 * 1024 ** 2);
  await runSevenZip(['a', '-tzip', '-mx=1', temp.join('quake.zip'), 'disk.img'], temp.path);
  for (const isPinned of [false, true]) {
    await using lab = await installLab({ rules: isPinned ? { manifestRoot: 'a'.repeat(64) } : {} });
    const root = await rootOf(lab, {});
    await copyFile(temp.join('quake.zip'), join(root, 'quake.eti'));
    const problem = await lab.installer.check({ gameId: parseGameId('quake'), root }, { signal });
    assert.is(problem?.code, isPinned ? undefined : 'ARCHIVE_HOSTILE');
  }
});

test.run();
