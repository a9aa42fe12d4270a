import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, parse, sep } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, nodeFileSystem } from '../../../../app/core/base/index.ts';
import { createFolder, listFolders, mostFolders, trailOf } from '../../../../app/core/rpc/folders/folder-browser.ts';
import { folderPlaces, mountedVolumes } from '../../../../app/core/rpc/folders/folder-places.ts';
import { tempDir } from '../../../support/temp.ts';

const ports = { fileSystem: nodeFileSystem };

async function refusalOf(work: Promise<unknown>): Promise<[code: string, path: unknown]> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, LanspreadError);
    if (error instanceof LanspreadError) return [error.code, error.details['path']];
  }
  return ['none', undefined];
}

test('a folder tells its folders by name, as people count, and neither files nor what is hidden', async () => {
  await using temp = await tempDir('folders');
  for (const name of ['disk 10', 'disk 9', 'Zoo', 'apes', '.hidden']) await mkdir(temp.join(name));
  await writeFile(temp.join('file.txt'), '');
  const listing = await listFolders(ports, temp.path);
  assert.equal(
    listing.folders.map(({ name }) => name),
    ['apes', 'disk 9', 'disk 10', 'Zoo'],
  );
  assert.equal(listing.folders[0]?.path, temp.join('apes'));
  assert.is(listing.parent, dirname(temp.path));
  assert.equal([listing.path, listing.hasMore, listing.writable], [temp.path, false, true]);
  assert.ok(listing.freeBytes > 0 && listing.totalBytes >= listing.freeBytes);
});

test('files are told only of the endings that are asked for, whatever their case, and none that are hidden', async () => {
  await using temp = await tempDir('folders');
  await mkdir(temp.join('list.json'));
  for (const name of ['b.json', 'A.JSON', 'a.json.sig', 'key', '.hidden.json']) await writeFile(temp.join(name), '');
  const named = async (...endings: string[]): Promise<string[] | undefined> =>
    (await listFolders(ports, temp.path, endings)).files?.map(({ name }) => name);
  assert.equal(await named('.json'), ['A.JSON', 'b.json']);
  assert.equal(await named('.sig', '.json'), ['A.JSON', 'a.json.sig', 'b.json']);
  assert.equal(await named('*'), ['A.JSON', 'a.json.sig', 'b.json', 'key']);
  assert.is(await named(), undefined);
  assert.equal(
    (await listFolders(ports, temp.path, ['.json'])).folders.map(({ name }) => name),
    ['list.json'],
  );
});

test('a link to a folder counts as one; to a file, or to nowhere, it does not', async () => {
  await using temp = await tempDir('folders');
  await mkdir(temp.join('real'));
  await writeFile(temp.join('file'), '');
  await symlink(temp.join('real'), temp.join('leads there'), 'dir');
  await symlink(temp.join('file'), temp.join('to a file'));
  await symlink(temp.join('gone'), temp.join('to nowhere'));
  const { folders } = await listFolders(ports, temp.path);
  assert.equal(
    folders.map(({ name }) => name),
    ['leads there', 'real'],
  );
});

test('of very many folders the first thousand are told, and that there are more', async () => {
  await using temp = await tempDir('folders');
  await Promise.all(Array.from({ length: mostFolders + 3 }, (_none, at) => mkdir(temp.join(`game ${at}`))));
  const { folders, hasMore } = await listFolders(ports, temp.path);
  assert.equal([folders.length, hasMore], [mostFolders, true]);
});

test('what is not there, no folder, or no path at all is refused with its code and its path', async () => {
  await using temp = await tempDir('folders');
  await writeFile(temp.join('file'), '');
  for (const path of [temp.join('gone'), temp.join('file')])
    assert.equal(await refusalOf(listFolders(ports, path)), ['FOLDER_NOT_FOUND', path]);
  for (const path of ['games', './games', '', `${temp.path}${sep}a\0b`])
    assert.is((await refusalOf(listFolders(ports, path)))[0], 'INVALID_PATH', JSON.stringify(path));
});

test('a root has no folder above it', async () => {
  const { root } = parse(process.cwd());
  const listing = await listFolders(ports, root);
  assert.is(listing.parent, undefined);
  assert.equal(listing.trail, [{ name: root, path: root }]);
});

if (process.platform !== 'win32') {
  test('the trail leads from the root to the folder', () => {
    assert.equal(trailOf('/home/ada/games'), [
      { name: '/', path: '/' },
      { name: 'home', path: '/home' },
      { name: 'ada', path: '/home/ada' },
      { name: 'games', path: '/home/ada/games' },
    ]);
  });

  test('dots on the way are taken out: the path told is the one looked at', async () => {
    await using temp = await tempDir('folders');
    await mkdir(temp.join('a'));
    assert.is((await listFolders(ports, `${temp.path}/a/../a/.`)).path, temp.join('a'));
  });
}

if (process.platform !== 'win32' && process.getuid?.() !== 0) {
  test('a folder that may not be read is refused as that', async () => {
    await using temp = await tempDir('folders');
    await mkdir(temp.join('closed'));
    await chmod(temp.join('closed'), 0o000);
    const [code] = await refusalOf(listFolders(ports, temp.join('closed')));
    await chmod(temp.join('closed'), 0o700);
    assert.is(code, 'PERMISSION_DENIED');
  });
}

test('a new folder is made just there, and once', async () => {
  await using temp = await tempDir('folders');
  const { path } = await createFolder(temp.path, ' LAN games ');
  assert.is(path, temp.join('LAN games'));
  assert.is((await nodeFileSystem.stat(path)).kind, 'directory');
  assert.equal(await refusalOf(createFolder(temp.path, 'LAN games')), ['FOLDER_EXISTS', path]);
  assert.equal(await refusalOf(createFolder(temp.join('gone'), 'new')), [
    'FOLDER_NOT_FOUND',
    join(temp.path, 'gone', 'new'),
  ]);
});

test('a name that leads elsewhere, hides the folder, or is none on some system, makes nothing', async () => {
  await using temp = await tempDir('folders');
  for (const name of ['', '  ', '.', '..', '../up', 'a/b', 'a\\b', '.hidden', 'con', 'a:b', 'what?', 'x'.repeat(250)])
    assert.is((await refusalOf(createFolder(temp.path, name)))[0], 'INVALID_PATH', JSON.stringify(name));
  assert.equal((await listFolders(ports, temp.path)).folders, []);
});

test('looking begins at home, with the room there is', async () => {
  const { places } = await folderPlaces(ports);
  const home = places.find(({ kind }) => kind === 'home');
  assert.is(home?.path, homedir());
  assert.ok((home?.totalBytes ?? 0) > 0);
  assert.is(new Set(places.map(({ path }) => path)).size, places.length);
});

test('mounts that people keep things on are places, those of the system are none', () => {
  const mountinfo = [
    '22 1 8:1 / / rw - ext4 /dev/sda1 rw',
    '23 22 0:21 / /proc rw - proc proc rw',
    '24 22 8:2 / /boot/efi rw - vfat /dev/sda2 rw',
    '25 22 8:17 / /mnt/games rw,noatime shared:3 - btrfs /dev/sdb1 rw',
    '26 22 8:33 / /run/media/ada/USB\\040STICK rw - exfat /dev/sdc1 rw',
    '27 22 0:50 / /run/user/1000 rw - tmpfs tmpfs rw',
    '28 22 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro',
    '29 22 0:60 / /home/ada/nas rw - nfs4 nas:/share rw',
    '30 22 0:61 / /mnt/games rw - btrfs /dev/sdb1 rw',
    '31 22 0:62 / /home/ada/phone rw - fuse.jmtpfs jmtpfs rw',
    'nonsense',
    '',
  ].join('\n');
  assert.equal(mountedVolumes(mountinfo), [
    '/home/ada/nas',
    '/home/ada/phone',
    '/mnt/games',
    '/run/media/ada/USB STICK',
  ]);
});

test.run();
