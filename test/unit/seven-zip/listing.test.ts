import iconv from 'iconv-lite';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ArchiveError } from '../../../app/extension-api/index.ts';
import { parseListing } from '../../../app/extensions/seven-zip/listing.ts';
import { formatOf, probeScore } from '../../../app/extensions/seven-zip/probe.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const block = (fields: Record<string, string>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
const one = (fields: Record<string, string>) => parseListing(bytes(block(fields)), 'linux')[0];

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof ArchiveError ? error.code : 'another error';
  }
}

test('files, folders and executables are told apart in every way of writing attributes', () => {
  const file = { Path: 'a', Size: '3', 'Packed Size': '2' };
  assert.equal(one({ ...file, Attributes: ' -rwxr-xr-x' })?.executable, true);
  assert.equal(one({ ...file, Attributes: 'A -rw-r--r--' })?.executable, false);
  assert.equal(one({ ...file, Attributes: 'A' })?.kind, 'file');
  assert.equal(one({ ...file, Folder: '+', Attributes: '' })?.kind, 'directory');
  assert.equal(one({ ...file, Attributes: 'D drwxr-xr-x' })?.kind, 'directory');
  assert.equal(one({ ...file, Mode: 'drwxr-xr-x' })?.kind, 'directory');
  assert.equal(one({ ...file, Attributes: 'V 01800000 0rw-------' })?.kind, 'file');
});

test('links and oddities of every kind are never taken for files', () => {
  const file = { Path: 'a', Size: '3' };
  assert.is(one({ ...file, Attributes: ' lrwxrwxrwx' })?.kind, 'symlink');
  assert.is(one({ ...file, Mode: 'lrwxrwxrwx' })?.kind, 'symlink');
  assert.is(one({ ...file, 'Symbolic Link': '../x' })?.kind, 'symlink');
  assert.is(one({ ...file, Attributes: 'AL' })?.kind, 'symlink');
  assert.is(one({ ...file, 'Hard Link': 'b' })?.kind, 'hardlink');
  assert.is(one({ ...file, Mode: 'crw-rw-rw-' })?.kind, 'other');
  assert.is(one({ ...file, Mode: 'prw-rw-rw-' })?.kind, 'other');
  assert.is(one({ ...file, Anti: '+' })?.kind, 'other');
  assert.is(one({ ...file, 'Alternate Stream': '+' })?.kind, 'other');
});

test('where unpacking can begin is told by what each kind of archive lists', () => {
  const starts = (...files: Record<string, string>[]): boolean[] =>
    parseListing(
      bytes(files.map((fields, index) => block({ Path: `${index}`, Size: '1', ...fields })).join('\n')),
      'linux',
    ).map(({ startsBlock = false }) => startsBlock);
  assert.equal(starts({ Solid: '-' }, { Solid: '+' }, { Solid: '-' }), [true, false, true], 'RAR');
  assert.equal(
    starts({ Block: '', Folder: '+' }, { Block: '0' }, { Block: '0' }, { Block: '', Size: '0' }, { Block: '1' }),
    [false, true, false, false, true],
    '7z',
  );
  assert.equal(starts({ Offset: '0', Folder: '+' }, { Offset: '40' }), [false, true], 'zip');
  assert.equal(starts({ Solid: '+', Offset: '0' }), [false], 'a solid one, wherever its files lie');
  assert.equal(
    starts({ Offset: '0' }, { Offset: '40', Path: './b' }, { Offset: '80' }),
    [false, false, false],
    'a path that 7-Zip calls otherwise cannot be asked for',
  );
  assert.equal(starts({}, { Mode: '-rw-r--r--' }), [false, false], 'what tells nothing, such as tar');
});

test('an entry without a name or a size is one nevertheless, and a field may have any name', () => {
  assert.is(one({ Size: '3', 'Packed Size': '2' })?.path, '');
  assert.equal([one({ Path: 'a', Size: '' })?.isUnmeasured, one({ Path: 'a' })?.isUnmeasured], [true, true]);
  assert.is(one({ Path: 'b.txt', Size: '1', iNode: '350' })?.path, 'b.txt');
  for (const path of ['.', './', '', '/'])
    assert.equal(parseListing(bytes(block({ Path: path, Folder: '+', Size: '0' })), 'linux'), [], path);
  for (const path of ['a//b', 'a/./b', './a/././/b']) assert.is(one({ Path: path, Size: '0' })?.path, 'a/b', path);
});

test('a mode that would make trouble is left to the host', () => {
  const isForHost = (fields: Record<string, string>): boolean =>
    one({ Path: 'a', Size: '1', ...fields })?.isForHost ?? false;
  for (const Mode of ['-rw-r--r--', '-rwxr-xr-x', 'drwxr-xr-x']) assert.is(isForHost({ Mode }), false, Mode);
  for (const Mode of ['-rwsr-xr-x', '-r--r--r--', '--wx--x--x', '-rwxr-sr-x', 'dr-xr-xr-x', 'drwxrwxrwt'])
    assert.is(isForHost({ Mode }), true, Mode);
  assert.is(isForHost({ Attributes: 'RA' }), true);
  assert.is(one({ Path: 'a', Size: '1', Mode: '-rwsr-xr-x' })?.executable, true);
});

test('a method that has no name is not supported', () => {
  const code = (Method: string): string | undefined => codeOf(() => one({ Path: 'a', Size: '1', Method }));
  assert.is(code('04F71101'), 'ARCHIVE_UNSUPPORTED');
  assert.is(code('BCJ 04F71101:3'), 'ARCHIVE_UNSUPPORTED');
  for (const Method of ['LZMA2:24 BCJ', 'v6:m0:128K', 'Deflate', 'DEADBEEF.BIN', 'Copy'])
    assert.is(code(Method), undefined, Method);
});

test('a path is left as it is, for the host to judge, but for the ./ of tar', () => {
  for (const path of ['../up', '/abs', 'a/../b', 'C:/x', 'a = b', ' lead', 'trail '])
    assert.is(one({ Path: path, Size: '0' })?.path, path);
  assert.is(one({ Path: './a/b', Size: '0' })?.path, 'a/b');
  assert.equal(parseListing(bytes(block({ Path: '.', Folder: '+', Size: '0' })), 'linux'), []);
});

test('a backslash separates folders on every system, and control characters are written as _', () => {
  for (const [path, wanted] of [
    ['a\\b', 'a/b'],
    ['data\\', 'data'],
    ['..\\up', '../up'],
    ['Icon\r', 'Icon_'],
    ['a\u2028b', 'a_b'],
  ] as const) {
    const [entry] = parseListing(bytes(block({ Path: path, Size: '0' })), 'linux');
    assert.is(entry?.path, wanted);
    assert.is(entry?.isForHost, true, 'what 7-Zip would write itself is another name');
  }
  assert.is(one({ Path: './a/', Size: '0' })?.isForHost, undefined);
  assert.is(parseListing(bytes(block({ Path: 'a\\b', Size: '0' })), 'win32')[0]?.path, 'a/b');
});

test('what cannot be understood is corrupt: no entry hides in it', () => {
  const entry = block({ Path: 'a', Size: '1' });
  for (const text of [
    `${entry}{\nPath = b\n}\n`,
    `${entry}Path = b\n`,
    `${entry}loose text\n`,
    block({ Path: 'a', Size: '-1' }),
    block({ Path: 'a', Size: '1e9' }),
    block({ Path: 'a', Size: '99999999999999999999' }),
  ])
    assert.is(
      codeOf(() => parseListing(bytes(text), 'linux')),
      'ARCHIVE_CORRUPT',
      text,
    );
});

test('a name in an old encoding arrives readable, and the texts that nobody needs are in whatever encoding they are', () => {
  const listed = (fields: Record<string, string>): string | undefined =>
    parseListing(Buffer.from(block({ Size: '1', ...fields }), 'latin1'), 'linux')[0]?.path;
  assert.is(listed({ Path: 'M\u0081nze.txt', 'Host OS': 'FAT' }), 'M\u00fcnze.txt', 'CP437, of zips made by Windows');
  assert.is(listed({ Path: 'M\u00fcnze.txt', Mode: '-rw-r--r--' }), 'M\u00fcnze.txt', 'Latin-1, of tars');
  assert.is(listed({ Path: 'M\u00fcnze.txt', 'Host OS': 'Unix' }), 'M\u00fcnze.txt');
  assert.is(
    listed({ Path: '\u0084\u00a0\u00ad\u00ad\u00eb\u00a5.txt' }),
    '\u0414\u0430\u043d\u043d\u044b\u0435.txt',
    'CP866',
  );
  assert.is(listed({ Path: 'a', User: 'J\u00fcrgen', Comment: 'two\r_lines \u0081' }), 'a');
  const mixed = Buffer.concat([
    Buffer.from(block({ Path: 'caf\u00e9', Size: '1' })),
    Buffer.from(`\n${block({ Path: 'M\u0081nze', Size: '1' })}`, 'latin1'),
  ]);
  assert.equal(
    parseListing(mixed, 'linux').map(({ path, isForHost = false }) => [path, isForHost]),
    [
      ['caf\u00e9', false],
      ['M\u00fcnze', true],
    ],
  );
});

test('Japanese names are known where there are enough of them', () => {
  const names = [
    '\u30b2\u30fc\u30e0/\u30bb\u30fc\u30d6\u30c7\u30fc\u30bf.dat',
    '\u8aac\u660e\u66f8\u3092\u8aad\u3093\u3067\u304f\u3060\u3055\u3044.txt',
  ];
  const raw = names.map((name) => Buffer.concat([Buffer.from('Path = '), iconv.encode(name, 'Shift_JIS')]));
  const listing = raw.flatMap((line) => [line, Buffer.from('\nSize = 1\nHost OS = FAT\n\n')]);
  assert.equal(
    parseListing(Buffer.concat(listing), 'linux').map(({ path }) => path),
    names,
  );
});

test('an empty listing is no entries, and Windows line ends are fine', () => {
  assert.equal(parseListing(bytes('\n\n')), []);
  assert.is(parseListing(bytes('Path = a\r\nSize = 1\r\n\r\nPath = b\r\nSize = 2\r\n'), 'win32').length, 2);
});

test('the first bytes decide, the name counts where they say nothing', () => {
  const zip = bytes('PK\u0003\u0004rest');
  const rar = Buffer.from('526172211a070100', 'hex');
  assert.is(formatOf(rar), 'rar');
  assert.is(formatOf(Buffer.from('526172211a0700', 'hex')), 'rar');
  assert.is(probeScore('game.eti', rar), 100);
  assert.is(probeScore('game.ETI', zip), 100);
  assert.is(probeScore('data.bin', rar), 80);
  assert.is(probeScore('game.rar', zip), 90, 'a wrong extension does not hide an archive');
  assert.is(probeScore('broken.rar', bytes('??')), 60);
  assert.is(probeScore('readme.txt', bytes('hello')), 0);
});

test('game data that is a zip under another name is not an archive to unpack', () => {
  const zip = bytes('PK\u0003\u0004rest');
  for (const name of ['pak0.pk3', 'game.jar', 'game.love', 'data.dat']) assert.ok(probeScore(name, zip) < 50, name);
});

test('a tar and an iso are known by marks far into the file', () => {
  const tar = Buffer.alloc(512);
  tar.write('ustar', 257, 'latin1');
  assert.is(probeScore('game.tar', tar), 100);
  const iso = Buffer.alloc(0x8006);
  iso.write('CD001', 0x8001, 'latin1');
  assert.is(probeScore('game.iso', iso), 100);
});

test.run();
