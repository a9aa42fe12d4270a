/** What every file system behind the port must do; run against each by its own test file. */
import * as fs from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { statOf, systemCode, type FileSystem } from '../../../app/core/base/index.ts';
import { tempDir, type TempDir } from '../temp.ts';
import { shortWrites } from '../short-writes.ts';

type Story = (fileSystem: FileSystem, folder: TempDir) => Promise<void>;

const isWindows = process.platform === 'win32';

/** The system's code of what the work fails with; undefined when it does not. */
async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return systemCode(error) ?? `no code: ${String(error)}`;
  }
}

const stat: Record<string, Story> = {
  async 'tells kind, size, time and room of a file'(fileSystem, folder) {
    const path = folder.join('a');
    await fs.writeFile(path, 'x'.repeat(5_000));
    await fs.utimes(path, 1_000_000, 1_000_000);
    const { kind, sizeBytes, mtimeNs, changeTimeNs, inode, device, executable, allocatedBytes } =
      await fileSystem.stat(path);
    assert.equal([kind, sizeBytes, mtimeNs, executable], ['file', 5_000, 1_000_000_000_000_000n, false]);
    assert.ok(allocatedBytes >= 0 && Number.isFinite(allocatedBytes));
    assert.ok(inode > 0n && device !== undefined && (changeTimeNs ?? 0n) > mtimeNs);
    assert.is((await fileSystem.stat(folder.path)).kind, 'directory');
  },
  async 'tells two files apart, and knows one again under another name'(fileSystem, folder) {
    await fs.writeFile(folder.join('a'), '1');
    await fs.writeFile(folder.join('b'), '1');
    const [a, b] = [await fileSystem.lstat(folder.join('a')), await fileSystem.lstat(folder.join('b'))];
    assert.is.not(a.inode, b.inode);
    await fileSystem.rename(folder.join('a'), folder.join('c'));
    assert.is((await fileSystem.lstat(folder.join('c'))).inode, a.inode);
  },
  async 'says that nothing is there'(fileSystem, folder) {
    const missing = folder.join('missing');
    assert.is(await codeOf(fileSystem.stat(missing)), 'ENOENT');
    assert.is(await codeOf(fileSystem.lstat(missing)), 'ENOENT');
    assert.is(await statOf(fileSystem, missing), undefined);
  },
};

const reading: Record<string, Story> = {
  async 'lists names and kinds, hidden ones too, and nothing of an empty folder'(fileSystem, folder) {
    assert.equal(await fileSystem.list(folder.path), []);
    await fs.writeFile(folder.join('.hidden'), '');
    await fs.mkdir(folder.join('sub/deep'), { recursive: true });
    const found = (await fileSystem.list(folder.path)).map(({ name, kind }) => `${name} ${kind}`).sort();
    assert.equal(found, ['.hidden file', 'sub directory']);
  },
  async 'lists neither what is missing nor what is a file'(fileSystem, folder) {
    await fs.writeFile(folder.join('a'), '');
    assert.is(await codeOf(fileSystem.list(folder.join('missing'))), 'ENOENT');
    assert.is(await codeOf(fileSystem.list(folder.join('a'))), 'ENOTDIR');
  },
  async 'reads a whole file, and says why it cannot'(fileSystem, folder) {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 251));
    await fs.writeFile(folder.join('a'), bytes);
    assert.ok(bytes.equals(await fileSystem.readFile(folder.join('a'))));
    assert.is(await codeOf(fileSystem.readFile(folder.join('missing'))), 'ENOENT');
    assert.is(await codeOf(fileSystem.readFile(folder.path)), 'EISDIR');
  },
  async 'tells how much room there is'(fileSystem, folder) {
    const { freeBytes, totalBytes } = await fileSystem.space(folder.path);
    assert.ok(Number.isSafeInteger(freeBytes) && freeBytes >= 0 && totalBytes >= freeBytes && totalBytes > 0);
    assert.is(await codeOf(fileSystem.space(folder.join('missing'))), 'ENOENT');
  },
};

const writing: Record<string, Story> = {
  async 'writes a whole file, text or bytes, over what was there'(fileSystem, folder) {
    const path = folder.join('a');
    await fileSystem.writeFile(path, 'long and old');
    await fileSystem.writeFile(path, 'ü');
    assert.is(await fs.readFile(path, 'utf8'), 'ü');
    await fileSystem.writeFile(path, Uint8Array.of(0, 255));
    assert.equal([...(await fs.readFile(path))], [0, 255]);
    await fileSystem.writeFile(path, '');
    assert.is((await fs.readFile(path)).length, 0);
    assert.is(await codeOf(fileSystem.writeFile(folder.join('missing/a'), 'x')), 'ENOENT');
  },
  async 'opens for reading only what is there'(fileSystem, folder) {
    assert.is(await codeOf(fileSystem.openToRead(folder.join('a'))), 'ENOENT');
    assert.equal(await fs.readdir(folder.path), []);
    await fs.writeFile(folder.join('a'), 'abc');
    await using handle = await fileSystem.openToRead(folder.join('a'));
    // Windows flushes no handle that may only read, so none has a way to be flushed, on any system.
    for (const method of ['write', 'truncate', 'sync']) assert.not(method in handle, method);
  },
  async 'flushes a file that somebody else wrote, a read-only one too, and changes nothing of it'(fileSystem, folder) {
    const path = folder.join('a');
    await fs.writeFile(path, 'abc');
    for (const mode of [0o644, 0o444]) {
      await fs.chmod(path, mode);
      await fileSystem.flushFile(path);
      assert.is((await fs.stat(path)).mode & 0o200, mode & 0o200);
    }
    assert.is(await fs.readFile(path, 'utf8'), 'abc');
    await fs.chmod(path, 0o644);
    assert.is(await codeOf(fileSystem.flushFile(folder.join('missing'))), 'ENOENT');
    assert.equal(await fs.readdir(folder.path), ['a']);
  },
  async 'opens to create: empties what is there'(fileSystem, folder) {
    await fs.writeFile(folder.join('a'), 'abc');
    for (const name of ['a', 'b']) {
      await using handle = await fileSystem.open(folder.join(name), 'create');
      await handle.write(Buffer.from('z'), 0);
    }
    assert.equal(await Promise.all(['a', 'b'].map((name) => fs.readFile(folder.join(name), 'utf8'))), ['z', 'z']);
    assert.is(await codeOf(fileSystem.open(folder.join('missing/a'), 'create')), 'ENOENT');
  },
  async 'opens to edit: leaves what is there'(fileSystem, folder) {
    await fs.writeFile(folder.join('a'), 'abc');
    for (const name of ['a', 'b']) {
      await using handle = await fileSystem.open(folder.join(name), 'edit');
      await handle.write(Buffer.from('z'), 1);
    }
    assert.is(await fs.readFile(folder.join('a'), 'utf8'), 'azc');
    assert.equal([...(await fs.readFile(folder.join('b')))], [0, 'z'.charCodeAt(0)]);
  },
  async 'reads at a position as much as there is'(fileSystem, folder) {
    await fs.writeFile(folder.join('a'), 'abcdef');
    await using handle = await fileSystem.openToRead(folder.join('a'));
    const buffer = Buffer.alloc(4, '.');
    assert.equal([await handle.read(buffer, 4), buffer.toString()], [2, 'ef..']);
    assert.equal([await handle.read(buffer, 0), buffer.toString()], [4, 'abcd']);
    assert.is(await handle.read(buffer, 6), 0);
  },
  async 'writes all it was given, in places of their own, side by side'(fileSystem, folder) {
    const parts = Array.from({ length: 16 }, (_, index) => Buffer.alloc(30_000, index + 1));
    await using handle = await fileSystem.open(folder.join('a'), 'create');
    await Promise.all(parts.map((part, index) => handle.write(part, index * 30_000)));
    await handle.sync();
    assert.ok(Buffer.concat(parts).equals(await fs.readFile(folder.join('a'))));
  },
  async 'writes all it was given where the system takes only a part at a time'(fileSystem, folder) {
    const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 251));
    await using handle = await fileSystem.open(folder.join('a'), 'create');
    {
      using _short = await shortWrites(7);
      await handle.write(bytes, 3);
      await fileSystem.writeFile(folder.join('b'), bytes);
    }
    assert.ok(Buffer.concat([Buffer.alloc(3), bytes]).equals(await fs.readFile(folder.join('a'))));
    assert.ok(bytes.equals(await fs.readFile(folder.join('b'))));
  },
  async 'fails where the system takes nothing more, and does not ask for ever'(fileSystem, folder) {
    await using handle = await fileSystem.open(folder.join('a'), 'create');
    using _short = await shortWrites(0);
    assert.is(await codeOf(handle.write(Buffer.from('abc'), 0)), 'EIO');
  },
  async 'cuts a file off and makes it longer'(fileSystem, folder) {
    await using handle = await fileSystem.open(folder.join('a'), 'create');
    await handle.write(Buffer.from('abcdef'), 0);
    await handle.truncate(2);
    await handle.truncate(4);
    assert.equal([...(await fs.readFile(folder.join('a')))], [97, 98, 0, 0]);
  },
  async 'does nothing with a file that was closed'(fileSystem, folder) {
    const handle = await fileSystem.open(folder.join('a'), 'create');
    await handle.close();
    for (const work of [handle.write(Buffer.from('x'), 0), handle.read(Buffer.alloc(1), 0), handle.sync()])
      assert.is(await codeOf(work), 'EBADF');
  },
  async 'sets and takes the right to execute, and no other'(fileSystem, folder) {
    const path = folder.join('a');
    await fs.writeFile(path, '', { mode: 0o640 });
    await fileSystem.setExecutable(path, true);
    assert.is((await fileSystem.stat(path)).executable, !isWindows);
    await fileSystem.setExecutable(path, false);
    assert.is((await fileSystem.stat(path)).executable, false);
    if (!isWindows) {
      assert.is((await fs.stat(path)).mode & 0o777, 0o640);
      assert.is(await codeOf(fileSystem.setExecutable(folder.join('missing'), true)), 'ENOENT');
    }
  },
  async 'flushes a folder'(fileSystem, folder) {
    await fileSystem.syncDirectory(folder.path);
    if (!isWindows) assert.is(await codeOf(fileSystem.syncDirectory(folder.join('missing'))), 'ENOENT');
  },
};

const folders: Record<string, Story> = {
  async 'makes folders with their parents, and again'(fileSystem, folder) {
    await fileSystem.makeDirectory(folder.join('a/b/c'));
    await fileSystem.makeDirectory(folder.join('a/b/c'));
    await fileSystem.makeDirectory(folder.join('a/d/e'), { within: folder.join('a') });
    await fileSystem.makeDirectory(folder.join('a/d/e'), { within: folder.join('a') });
    await fileSystem.makeDirectory(folder.join('a/f'), { within: folder.join('a') });
    for (const path of ['a/b/c', 'a/d/e', 'a/f']) assert.ok((await fs.stat(folder.join(path))).isDirectory());
  },
  async 'makes nothing in the place of a folder that went'(fileSystem, folder) {
    const games = folder.join('games');
    await fs.mkdir(games);
    await fs.rename(games, folder.join('away'));
    assert.is(await codeOf(fileSystem.makeDirectory(`${games}/quake`, { within: games })), 'ENOENT');
    const deep = fileSystem.makeDirectory(`${games}/quake/data/maps`, { within: `${games}/quake` });
    assert.is(await codeOf(deep), 'ENOENT');
    assert.equal(await fs.readdir(folder.path), ['away']);
  },
  async 'makes no folder where a file is'(fileSystem, folder) {
    await fs.writeFile(folder.join('file'), 'x');
    assert.is(await codeOf(fileSystem.makeDirectory(folder.join('file'))), 'EEXIST');
    assert.is(await codeOf(fileSystem.makeDirectory(folder.join('file'), { within: folder.path })), 'EEXIST');
    assert.is(await codeOf(fileSystem.makeDirectory(folder.join('file/below'), { within: folder.path })), 'ENOTDIR');
    assert.is(await fs.readFile(folder.join('file'), 'utf8'), 'x');
  },
  async 'renames a file, over another one too'(fileSystem, folder) {
    await fs.writeFile(folder.join('a'), 'new');
    await fs.writeFile(folder.join('b'), 'old');
    await fileSystem.rename(folder.join('a'), folder.join('b'));
    assert.equal([await fs.readdir(folder.path), await fs.readFile(folder.join('b'), 'utf8')], [['b'], 'new']);
    assert.is(await codeOf(fileSystem.rename(folder.join('a'), folder.join('c'))), 'ENOENT');
    assert.is(await codeOf(fileSystem.rename(folder.join('b'), folder.join('missing/b'))), 'ENOENT');
  },
  async 'renames a folder with all that is in it, and never onto one that holds something'(fileSystem, folder) {
    await fs.mkdir(folder.join('a/deep'), { recursive: true });
    await fs.writeFile(folder.join('a/deep/file'), '1');
    await fileSystem.rename(folder.join('a'), folder.join('b'));
    assert.is(await fs.readFile(folder.join('b/deep/file'), 'utf8'), '1');
    await fs.mkdir(folder.join('c'));
    await fs.writeFile(folder.join('c/mine'), '2');
    assert.ok(
      ['ENOTEMPTY', 'EPERM', 'EBUSY'].includes(
        (await codeOf(fileSystem.rename(folder.join('b'), folder.join('c')))) ?? '',
      ),
    );
    assert.equal([await fs.readdir(folder.join('c')), await fs.readdir(folder.join('b'))], [['mine'], ['deep']]);
  },
};

const deleting: Record<string, Story> = {
  async 'deletes a file, never a folder'(fileSystem, folder) {
    await fs.writeFile(folder.join('a'), '1');
    await fs.mkdir(folder.join('sub'));
    assert.ok(['EISDIR', 'EPERM'].includes((await codeOf(fileSystem.deleteFile(folder.join('sub')))) ?? ''));
    assert.equal((await fs.readdir(folder.path)).sort(), ['a', 'sub']);
    await fileSystem.deleteFile(folder.join('a'));
    assert.is(await codeOf(fileSystem.deleteFile(folder.join('a'))), 'ENOENT');
  },
  async 'deletes an empty folder, and nothing else'(fileSystem, folder) {
    await fs.mkdir(folder.join('a/b'), { recursive: true });
    await fs.writeFile(folder.join('file'), '1');
    assert.is(await codeOf(fileSystem.deleteDirectory(folder.join('a'))), 'ENOTEMPTY');
    assert.is(await codeOf(fileSystem.deleteDirectory(folder.join('file'))), isWindows ? 'ENOENT' : 'ENOTDIR');
    await fileSystem.deleteDirectory(folder.join('a/b'));
    assert.is(await codeOf(fileSystem.deleteDirectory(folder.join('a/b'))), 'ENOENT');
    assert.equal((await fs.readdir(folder.path)).sort(), ['a', 'file']);
  },
  async 'deletes a tree, a file, and what is not there'(fileSystem, folder) {
    await fs.mkdir(folder.join('tree/deep'), { recursive: true });
    await fs.writeFile(folder.join('tree/deep/file'), '1');
    await fs.chmod(folder.join('tree/deep/file'), 0o400);
    await fs.chmod(folder.join('tree/deep'), 0o500);
    await fileSystem.deleteTree(folder.join('tree'));
    await fileSystem.deleteTree(folder.join('tree'));
    await fs.writeFile(folder.join('file'), '1');
    await fileSystem.deleteTree(folder.join('file'));
    assert.equal(await fs.readdir(folder.path), []);
  },
};

const copying: Record<string, Story> = {
  async 'copies a file with its right to execute, to a new place only'(fileSystem, folder) {
    await fs.writeFile(folder.join('a'), 'content', { mode: 0o755 });
    await fileSystem.copyFile(folder.join('a'), folder.join('b'));
    assert.is((await fileSystem.stat(folder.join('b'))).executable, !isWindows);
    // The copy is a file of its own.
    await fs.writeFile(folder.join('a'), 'changed');
    assert.is(await fs.readFile(folder.join('b'), 'utf8'), 'content');
    assert.is(await codeOf(fileSystem.copyFile(folder.join('a'), folder.join('b'))), 'EEXIST');
    assert.is(await fs.readFile(folder.join('b'), 'utf8'), 'content');
    assert.is(await codeOf(fileSystem.copyFile(folder.join('missing'), folder.join('c'))), 'ENOENT');
    assert.equal((await fs.readdir(folder.path)).sort(), ['a', 'b']);
  },
};

/** Apart, because a system may have no links. */
const links: Record<string, Story> = {
  async 'makes and reads links as they are written'(fileSystem, folder) {
    for (const target of ['a', '../outside', 'no/where'])
      await fileSystem.makeLink(target, folder.join(encodeURIComponent(target)));
    for (const target of ['a', '../outside', 'no/where'])
      assert.is((await fileSystem.readLink(folder.join(encodeURIComponent(target)))).replaceAll('\\', '/'), target);
    assert.is(await codeOf(fileSystem.makeLink('b', folder.join('a'))), 'EEXIST');
    await fs.writeFile(folder.join('file'), '');
    assert.is(await codeOf(fileSystem.readLink(folder.join('file'))), isWindows ? 'UNKNOWN' : 'EINVAL');
    assert.is(await codeOf(fileSystem.readLink(folder.join('missing'))), 'ENOENT');
  },
  async 'follows a link where it is asked to, and only there'(fileSystem, folder) {
    await fs.writeFile(folder.join('a'), '123');
    await fileSystem.makeLink('a', folder.join('link'));
    assert.is((await fileSystem.stat(folder.join('link'))).sizeBytes, 3);
    assert.is((await fileSystem.lstat(folder.join('link'))).kind, 'symlink');
    await fileSystem.deleteFile(folder.join('a'));
    assert.is(await codeOf(fileSystem.stat(folder.join('link'))), 'ENOENT');
    assert.is((await fileSystem.lstat(folder.join('link'))).kind, 'symlink');
  },
  async 'lists and deletes links as what they are'(fileSystem, folder) {
    await fs.mkdir(folder.join('sub'));
    await fs.writeFile(folder.join('sub/file'), '1');
    for (const name of ['link', 'tree']) await fs.symlink('sub', folder.join(name));
    const found = (await fileSystem.list(folder.path)).map(({ name, kind }) => `${name} ${kind}`).sort();
    assert.equal(found, ['link symlink', 'sub directory', 'tree symlink']);
    await fileSystem.deleteFile(folder.join('link'));
    await fileSystem.deleteTree(folder.join('tree'));
    assert.equal([await fs.readdir(folder.path), await fs.readdir(folder.join('sub'))], [['sub'], ['file']]);
  },
  async 'deletes a tree, not what its links point to'(fileSystem, folder) {
    await fs.mkdir(folder.join('tree'));
    await fs.mkdir(folder.join('mine'));
    await fs.writeFile(folder.join('mine/save'), '1');
    await fs.symlink('../mine', folder.join('tree/link'));
    await fileSystem.deleteTree(folder.join('tree'));
    assert.equal([await fs.readdir(folder.path), await fs.readdir(folder.join('mine'))], [['mine'], ['save']]);
  },
};

/** Runs every story against a file system over the real disk. */
export function fileSystemCompliance(name: string, fileSystem: FileSystem): void {
  const test = suite(`the ${name} file system`);
  const stories = { ...stat, ...reading, ...writing, ...folders, ...deleting, ...copying };
  for (const [title, story] of Object.entries(stories))
    test(`${name}: ${title}`, async () => {
      await using folder = await tempDir('file-system');
      await story(fileSystem, folder);
    });
  test.run();
}

/** Runs the stories of links, each against every one of these. */
export function linkCompliance(fileSystems: readonly FileSystem[]): void {
  const test = suite('links');
  for (const [title, story] of Object.entries(links))
    test(`every file system ${title}`, async () => {
      for (const fileSystem of fileSystems) {
        await using folder = await tempDir('links');
        await story(fileSystem, folder);
      }
    });
  test.run();
}
