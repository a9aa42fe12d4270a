import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  absolutePath,
  assertNoLinkOnWay,
  foldPath,
  isGameId,
  isReservedRootName,
  isFullPath,
  LanspreadError,
  maxPathLength,
  nodeFileSystem,
  parseGameId,
  parsePath,
  PathSet,
  whyUnsafe,
} from '../../../app/core/base/index.ts';
import { tempDir } from '../../support/temp.ts';

const platforms = ['linux', 'win32', 'darwin'] as const;

/** Refused on every platform, wherever it lies. */
const hostile: Record<string, string> = {
  'the empty path': '',
  'the parent': '..',
  'a climb at the start': '../x',
  'a climb in the middle': 'a/../b',
  'a climb out through the middle': 'a/../../b',
  'a climb at the end': 'a/..',
  'a climb with backslashes': '..\\x',
  'a climb with both': 'a/..\\..\\x',
  'the folder itself': '.',
  'a dot segment at the start': './a',
  'a dot segment in the middle': 'a/./b',
  'a dot segment at the end': 'a/.',
  'three dots': '...',
  'three dots in the middle': 'a/.../b',
  'an absolute path': '/etc/passwd',
  'the root': '/',
  'a double slash at the start': '//server/share/x',
  'an empty segment': 'a//b',
  'a slash at the end': 'a/',
  'a drive': 'C:/x',
  'a drive with backslash': 'C:\\Windows\\x',
  'a path relative to a drive': 'C:x',
  'a bare drive': 'c:',
  'a UNC path': '\\\\server\\share\\x',
  'a device path': '\\\\.\\PhysicalDrive0',
  'a verbatim path': '\\\\?\\C:\\x',
  'a backslash at the start': '\\x',
  'a backslash in a name': 'a\\b',
  'an alternate stream': 'a.txt:hidden',
  'the data stream by name': 'a.txt::$DATA',
  'the index of a folder as a stream': 'a::$INDEX_ALLOCATION/b',
  'a web address': 'http://x/y',
  'NUL at the end': 'a\0',
  'NUL before an ending': 'a\0.png',
  'a line break': 'a\nb',
  'a carriage return': 'a\rb',
  'a tab': 'a\tb',
  'an escape': 'a\x1b[31m',
  'the delete character': 'a\x7f',
  'a C1 control': 'a\u0085b',
  'a line separator': 'a\u2028b',
  'a paragraph separator': 'a\u2029b',
  'a right-to-left override': 'a\u202egnp.exe',
  'a left-to-right embedding': '\u202aa',
  'a directional isolate': 'a\u2066b',
  CON: 'CON',
  'con in lower case': 'con',
  'prn in mixed case': 'pRn',
  AUX: 'a/AUX/b',
  'NUL the device': 'NUL',
  'a device with an ending': 'con.txt',
  'a device with two endings': 'aux.tar.gz',
  'a device with a space before its ending': 'nul .txt',
  COM0: 'com0',
  COM1: 'COM1',
  'COM9 with an ending': 'com9.log',
  'COM with a superscript one': 'COM¹',
  'com with a superscript two and an ending': 'com².txt',
  'LPT with a superscript three': 'lpt³',
  LPT1: 'Lpt1',
  CONIN$: 'conin$',
  'CONOUT$ with an ending': 'CONOUT$.txt',
  'a device deep inside': 'a/b/c/lpt5.dat',
  'a dot at the end': 'file.',
  'a dot at the end of a folder': 'dir./file',
  'a space at the end': 'file ',
  'a space at the end of a folder': 'dir /file',
  'spaces and dots at the end': 'file . .',
  'only a space': ' ',
  'only spaces in the middle': 'a/  /b',
  'a climb with a space': '.. /x',
  'a path too long': 'a/'.repeat(120) + 'b',
  'a component too long': 'a'.repeat(241),
  'a component of too many bytes': '東'.repeat(90),
  'half a surrogate pair': 'a\ud83d',
  'the other half': '\udc00b',
  'halves the wrong way round': '\udc00\ud800',
};

/** Refused at a game root only: ours, the player's, other programs'. */
const reserved: Record<string, string> = {
  'the sentinel': 'version.ini',
  'the sentinel in upper case': 'VERSION.INI',
  'the sentinel in mixed case': 'Version.Ini',
  'the sentinel with a long s': 'ver\u017fion.ini',
  'the sentinel with a dotless i': 'vers\u0131on.ini',
  'the sentinel with an invisible character': 'version\u200d.ini',
  'the sentinel with a byte order mark': '\ufeffversion.ini',
  'below the sentinel': 'version.ini/x',
  'the installed game': 'local',
  'a file of the installed game': 'local/save.dat',
  'a file of the installed game in upper case': 'LOCAL/save.dat',
  'a file of the installed game in mixed case': 'Local/deep/er.txt',
  'the installed game with an invisible character': 'lo\u200ccal/x',
  'the staging folder': '.local.installing/x',
  'the staging folder in upper case': '.LOCAL.INSTALLING/x',
  'the staging folder by its short name': 'LOCAL~1.INS/x',
  'the backup': '.local.backup',
  'the backup in mixed case': '.Local.Backup/x',
  'a conflict': '.local.conflict-20260101/x',
  'a conflict in upper case': '.LOCAL.CONFLICT-1',
  'the bare conflict prefix': '.local.conflict-',
  'the marker': '.lanspread_owned',
  'the marker by its short name': 'lanspr~2',
  'the marker by its hashed short name': 'LA1F3C~1',
  'the sentinel being written': '.version.ini.tmp',
  'the parked sentinel': '.version.ini.discarded',
  'the intent log of earlier launchers': '.lanspread.json',
  'the same in upper case': '.LANSPREAD.JSON',
  "another program's marker": '.softlan_game_installed',
  "another program's folder": '.sync/ID',
  "another program's folder in upper case": '.SYNC/ID',
};

// biome-ignore format: a list
const good: string[] = [
  'a', 'quake.eti', 'data/pak0.pak', 'a/b/c/d/e/f', 'UPPER/Case.TXT', 'with space/and more.txt', ' leading space',
  '.hidden', '.hidden/file', '..hidden', '...x', 'a..b', 'a.b.c', '-dash', '--flag', '~', '~user', '$HOME', '%TEMP%',
  '!bang', '#hash', 'a&b', "it's", '(1)', '[x]', '{y}', 'a=b', 'a+b', 'a,b', 'a;b', '@at', '^caret', '`tick`',
  'über/größe.txt', 'u\u0308ber', 'Ελληνικά', 'русский', '日本語/ゲーム.bin', '한국어', 'עברית', 'العربية', '🎮/👨‍👩‍👧.png',
  'con1', 'console', 'COM', 'COM10', 'com1x', 'aux1.txt', 'nully', 'lpt', 'xcon', 'con_', 'x.con', '_nul.txt',
  'x/version.ini', 'bin/local/x', 'localx', 'local2/x', 'xlocal', '.local', '.local.conflict', 'version.ini.bak',
  'version.txt', 'sync/x', 'lanspread.json', 'PROGRA~1', 'SETUP~1.EXE', 'locale~x', 'x\u00a0y', 'ＣＯＮ',
  'a'.repeat(240), 'deep/.sync/x', 'deep/.lanspread_owned', '東'.repeat(85),
];

for (const [what, path] of Object.entries(hostile)) {
  test(`refused everywhere: ${what}`, () => {
    for (const platform of platforms) {
      for (const atGameRoot of [true, false]) {
        assert.type(whyUnsafe(path, { atGameRoot, platform }), 'string', `${platform} ${atGameRoot}`);
        assert.throws(
          () => parsePath(path, { atGameRoot, platform }),
          (error: unknown) => error instanceof LanspreadError && error.code === 'INVALID_PATH',
        );
      }
    }
  });
}

for (const [what, path] of Object.entries(reserved)) {
  test(`refused at a game root, fine below: ${what}`, () => {
    for (const platform of platforms) {
      assert.is(whyUnsafe(path, { atGameRoot: true, platform }), 'is a reserved name');
      assert.is(whyUnsafe(path, { atGameRoot: false, platform }), undefined);
      assert.is(whyUnsafe(`data/${path}`, { atGameRoot: true, platform }), undefined);
    }
  });
}

test(`${good.length} odd but harmless names pass on every platform, unchanged`, () => {
  for (const path of good) {
    for (const platform of platforms) {
      assert.is(whyUnsafe(path, { atGameRoot: true, platform }), undefined, `${JSON.stringify(path)} on ${platform}`);
    }
    assert.is(parsePath(path, { atGameRoot: true }), path);
  }
});

test('what Windows alone cannot store is refused there and passes elsewhere', () => {
  for (const character of '<>"|?*') {
    const path = `a/b${character}c`;
    assert.type(whyUnsafe(path, { atGameRoot: false, platform: 'win32' }), 'string', character);
    assert.is(whyUnsafe(path, { atGameRoot: false, platform: 'linux' }), undefined, character);
  }
});

test('the longest path passes and one character more does not', () => {
  const longest = `${'a/'.repeat(100)}${'b'.repeat(maxPathLength - 200)}`;
  assert.is(longest.length, maxPathLength);
  assert.is(whyUnsafe(longest, { atGameRoot: true }), undefined);
  assert.match(whyUnsafe(`${longest}b`, { atGameRoot: true }) ?? '', 'longer');
});

test('a refusal quotes the path, shortened, and escapes it', () => {
  const path = `\u001b${'x'.repeat(10_000)}`;
  assert.throws(
    () => parsePath(path, { atGameRoot: true }),
    (error: unknown) => error instanceof Error && error.message.length < 400 && !error.message.includes('\u001b'),
  );
});

const collisions: [what: string, first: string, second: string][] = [
  ['the same file', 'a/b', 'a/b'],
  ['by case', 'a/File.txt', 'a/file.TXT'],
  ['by the case of a folder', 'Data/a', 'data/b'],
  ['by normalisation', 'caf\u00e9', 'cafe\u0301'],
  ['by normalisation of a folder', 'caf\u00e9/a', 'cafe\u0301/b'],
  ['by case outside ASCII', 'ÄÖÜ', 'äöü'],
  ['by Greek final sigma', 'ΣΑΣ', 'σας'],
  ['by sharp s', 'STRASSE', 'straße'],
  ['by the Kelvin sign', '\u212a', 'k'],
  ['by an invisible character', 'a\u200db', 'ab'],
  ['a file where a folder is', 'a/b', 'a'],
  ['a folder where a file is', 'a', 'a/b'],
  ['a folder where a file of other case is', 'A', 'a/b'],
];
for (const [what, first, second] of collisions) {
  test(`two entries collide: ${what}`, () => {
    const paths = new PathSet();
    paths.add(parsePath(first, { atGameRoot: false }), 'file');
    assert.throws(
      () => paths.add(parsePath(second, { atGameRoot: false }), 'file'),
      (error: unknown) => error instanceof LanspreadError && error.code === 'INVALID_PATH',
    );
  });
}

test('siblings, nested files and folders named again do not collide', () => {
  const paths = new PathSet();
  const add = (path: string, kind: 'file' | 'directory'): void =>
    paths.add(parsePath(path, { atGameRoot: false }), kind);
  add('a/b/c', 'file');
  add('a/b/d', 'file');
  add('a/b', 'directory');
  add('a', 'directory');
  add('ab', 'file');
  add('a/bc', 'file');
  assert.throws(() => add('a/b', 'file'));
});

test('folding is stable: folding what is folded changes nothing', () => {
  for (const path of [...good, ...Object.values(reserved), 'İ', 'ﬁ', 'ǅ', 'ς']) {
    assert.is(foldPath(foldPath(path)), foldPath(path), JSON.stringify(path));
  }
});

test('reserved names are whole names', () => {
  assert.is(isReservedRootName('local'), true);
  assert.is(isReservedRootName('locals'), false);
});

test('game ids are one harmless component', () => {
  const bad = ['', '.', '..', 'a/b', 'a\\b', 'a b', '-a', '_a', '.a', 'a.', 'é', 'CON', 'nul.x', 'com1', 'a:b', 'a\n'];
  for (const id of [...bad, 'a'.repeat(65), undefined, null, 7, {}]) assert.is(isGameId(id), false, String(id));
  for (const id of ['a', '7', 'quake3', 'Half-Life_2.0', 'a'.repeat(64), 'a..b', 'con1'])
    assert.is(isGameId(id), true, id);
  assert.is(parseGameId('quake'), 'quake');
  assert.throws(
    () => parseGameId('a/b'),
    (error: unknown) => error instanceof LanspreadError && error.code === 'INVALID_PATH',
  );
});

test('a link on the way to a file, or the file itself being one, is refused; what is not there yet is fine', async () => {
  await using temp = await tempDir('paths');
  const check = (path: string): Promise<void> =>
    assertNoLinkOnWay(nodeFileSystem, temp.path, parsePath(path, { atGameRoot: false }));
  const isRefused = async (path: string): Promise<boolean> => {
    try {
      await check(path);
      return false;
    } catch (error) {
      return error instanceof LanspreadError && error.code === 'INVALID_PATH';
    }
  };
  await mkdir(temp.join('real', 'deep'), { recursive: true });
  await writeFile(temp.join('real', 'file'), '');
  await symlink(temp.join('real'), temp.join('link'), 'junction');
  await symlink(temp.join('nowhere'), temp.join('real', 'dangling'), 'junction');
  for (const path of ['real/file', 'real/deep/new', 'new/deeper/file']) await check(path);
  for (const path of ['link', 'link/file', 'link/new', 'real/dangling', 'real/dangling/x', 'real/file/x']) {
    assert.is(await isRefused(path), true, path);
  }
});

test('a full path names its drive or server on Windows', () => {
  for (const path of ['C:\\games', 'd:/games', '\\\\server\\share\\games', '\\\\?\\C:\\games'])
    assert.ok(isFullPath(path, 'win32'), path);
  for (const path of ['\\games', '/games', 'C:games', 'games', '', '\\', '.'])
    assert.not(isFullPath(path, 'win32'), path);
  assert.equal(
    ['/games', 'games', 'C:\\games'].map((path) => isFullPath(path, 'linux')),
    [true, false, false],
  );
});

test('a safe path is joined below its root', () => {
  assert.is(absolutePath(join('/', 'games'), parsePath('a/b', { atGameRoot: true })), join('/', 'games', 'a', 'b'));
});

test('the tables are as large as they claim', () => {
  assert.ok(Object.keys(hostile).length >= 70);
  assert.ok(Object.keys(reserved).length >= 25);
  assert.ok(good.length >= 30);
});

test.run();
