import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, parsePath } from '../../../app/core/base/index.ts';
import type { ArchiveEntry } from '../../../app/core/content/index.ts';
import { planInstall } from '../../../app/core/install/plan.ts';
import {
  splitPayload,
  type ArchiveRules,
  type PayloadItem,
  type Probe,
} from '../../../app/core/install/split-payload.ts';
import { whyNotRemovable, type RemovalFacts } from '../../../app/core/install/remove-download.ts';
import { volumeSets } from '../../../app/core/install/volumes.ts';

const gib = 1024 ** 3;
const file = (path: string, sizeBytes = 10): PayloadItem => ({
  path: parsePath(path, { atGameRoot: true }),
  kind: 'file',
  sizeBytes,
});
const entry = (path: string, more: Partial<ArchiveEntry> = {}): ArchiveEntry => ({
  path,
  kind: 'file',
  sizeBytes: 5,
  ...more,
});

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof LanspreadError ? error.code : String(error);
  }
}

function split(paths: readonly string[], archives: readonly string[], rules: ArchiveRules = {}) {
  const probes = new Map<string, Probe>(archives.map((path) => [path, { unpackerId: 'u', score: 100 }]));
  const { archives: chosen, loose } = splitPayload(
    paths.map((path) => file(path)),
    { gameId: 'quake', probes, rules },
  );
  return { archives: chosen.map(({ path }) => path), loose: loose.map(({ path }) => path), chosen };
}

interface Case {
  archives?: readonly (readonly ArchiveEntry[])[];
  loose?: readonly PayloadItem[];
  freeBytes?: number;
  packedBytes?: number;
}

const plan = ({ archives = [], loose = [], freeBytes = 1000 * gib, packedBytes = 100 }: Case) =>
  planInstall({
    archives: archives.map((entries, index) => ({
      path: parsePath(`archive ${index}.eti`, { atGameRoot: true }),
      unpackerId: 'u',
      packedBytes,
      entries,
    })),
    loose,
    freeBytes,
    platform: 'linux',
  });

test('archives and loose files are told apart, in the order of their names', () => {
  const { archives, loose } = split(
    ['b.eti', 'a.eti', 'readme.txt', 'folder/c.eti'],
    ['b.eti', 'a.eti', 'folder/c.eti'],
  );
  assert.equal(archives, ['a.eti', 'b.eti']);
  assert.equal(loose, ['folder/c.eti', 'readme.txt'], 'what lies in folders is game data');
});

test('further volumes belong to the first and count towards its size', () => {
  const names = ['g.part1.rar', 'g.part2.rar', 'g.part3.rar', 'o.r00', 'o.r01', 'o.rar', 'z.7z.001', 'z.7z.002'];
  const { archives, loose, chosen } = split(names, names);
  assert.equal(archives, ['g.part1.rar', 'o.rar', 'z.7z.001']);
  assert.equal(loose, []);
  assert.equal(
    chosen.map(({ packedBytes }) => packedBytes),
    [30, 30, 20],
  );
});

/** `first + further`, with what is missing. */
function sets(...names: string[]): string[] {
  return volumeSets(names).map(
    ({ first = 'nothing', further, missing }) =>
      `${[first, ...further].join(' + ')}${missing === undefined ? '' : `, without ${missing}`}`,
  );
}

test('volumes are grouped by their common name, whatever the case and the number of digits', () => {
  assert.equal(sets('A.Part01.RAR', 'a.part02.rar', 'a.part3.rar'), ['A.Part01.RAR + a.part02.rar + a.part3.rar']);
  assert.equal(sets('b.zip', 'b.z01', 'b.z02'), ['b.zip + b.z01 + b.z02']);
  assert.equal(sets('g.part1.exe', 'g.part2.rar'), ['g.part1.exe + g.part2.rar']);
  assert.equal(sets('g.part01.eti', 'g.part02.eti'), ['g.part01.eti + g.part02.eti']);
  assert.equal(sets('id.eti', 'id.r00', 'id.r01'), ['id.eti + id.r00 + id.r01']);
  for (const base of ['g', 'g.tar', 'g.iso', 'g.eti', 'g.7z', 'g.zip'])
    assert.equal(sets(`${base}.001`, `${base}.002`), [`${base}.001 + ${base}.002`]);
  const hundred = Array.from({ length: 101 }, (_, index) => `o.r${String(index).padStart(2, '0')}`).slice(0, 100);
  assert.match(sets('o.rar', ...hundred, 's.s00', 'o.s00')[0] ?? '', /o\.r99 \+ o\.s00$/);
});

test('neighbours of an archive are volumes only in a series without a gap', () => {
  assert.equal(sets('kart.zip', 'kart.z64'), []);
  assert.equal(sets('a.rar', 'a.r05', 'b.zip', 'b.txt', 'c.eti'), []);
  assert.equal(sets('save.002', 'save.007'), []);
  assert.equal(sets('g.7z.001'), [], 'one that is whole');
});

test('a volume that is missing is named, the first one too', () => {
  assert.equal(sets('g.part1.rar', 'g.part2.rar', 'g.part4.rar'), ['g.part1.rar + g.part2.rar, without g.part3.rar']);
  assert.equal(sets('g.part01.rar', 'g.part03.rar'), ['g.part01.rar, without g.part02.rar']);
  assert.equal(sets('g.part2.rar', 'g.part3.rar'), ['nothing + g.part2.rar + g.part3.rar, without g.part1.rar']);
  assert.equal(sets('g.7z.002'), ['nothing + g.7z.002, without g.7z.001']);
  assert.equal(sets('g.7z.001', 'g.7z.003'), ['g.7z.001, without g.7z.002']);
  assert.equal(sets('o.rar', 'o.r00', 'o.r02'), ['o.rar + o.r00, without o.r01']);
  assert.equal(sets('o.r00', 'o.r01'), ['nothing + o.r00 + o.r01, without o.rar']);
  assert.is(
    codeOf(() => split(['g.part2.rar', 'g.part3.rar'], [])),
    'VOLUME_MISSING',
  );
  assert.is(
    codeOf(() => split(['data.001', 'data.003', 'g.exe'], [])),
    undefined,
    'what is no archive',
  );
});

test('`<id>.*` and `.eti` are unpacked; without them all archives, unless a program lies beside them', () => {
  const loose = (paths: string[], archives: string[]): string[] => split(paths, archives).loose;
  assert.equal(loose(['base.zip', 'patch.zip', 'map.jpg', 'data/x'], ['base.zip', 'patch.zip']), ['data/x', 'map.jpg']);
  assert.equal(loose(['game.exe', 'data.zip', 'disc.iso'], ['data.zip', 'disc.iso']), [
    'game.exe',
    'data.zip',
    'disc.iso',
  ]);
  assert.equal(loose(['bin/game.dll', 'data.zip'], ['data.zip']), ['bin/game.dll', 'data.zip']);
  assert.equal(loose(['game.exe', 'Quake.rar', 'extra.eti', 'data.zip'], ['Quake.rar', 'extra.eti', 'data.zip']), [
    'game.exe',
    'data.zip',
  ]);
  const volumes = ['data.7z.001', 'data.7z.002', 'game.exe'];
  assert.equal(loose(volumes, ['data.7z.001']), ['game.exe', 'data.7z.001', 'data.7z.002'], 'with their volumes');
});

test('the catalog says what is unpacked: nothing, or the files that it names', () => {
  const paths = ['quake.eti', 'data.zip', 'game.exe'];
  const archives = ['quake.eti', 'data.zip'];
  assert.equal(split(paths, archives, { unpack: 'never' }).archives, []);
  const named = split(paths, archives, { unpack: ['DATA.zip'] });
  assert.equal([named.archives, named.loose], [['data.zip'], ['game.exe', 'quake.eti']]);
  assert.is(
    codeOf(() => split(paths, archives, { unpack: ['gone.zip'] })),
    'NO_ARCHIVE',
  );
  assert.is(
    codeOf(() => split(paths, archives, { unpack: ['game.exe'] })),
    'NO_UNPACKER',
  );
});

test('an empty payload has nothing to install, and an .eti that nobody opens needs an unpacker', () => {
  assert.is(
    codeOf(() => split([], [])),
    'NO_ARCHIVE',
  );
  assert.is(
    codeOf(() => split(['game.eti'], [])),
    'NO_UNPACKER',
  );
  assert.equal(split(['game.exe'], []).loose, ['game.exe']);
});

test('the plan names every file, every folder and all bytes', () => {
  const { files, directories, totalBytes } = plan({
    archives: [[entry('a/b/c.txt'), entry('saves', { kind: 'directory', sizeBytes: 0 })]],
    loose: [file('readme.txt', 7)],
  });
  assert.equal(Array.from(files), [
    ['a/b/c.txt', 5],
    ['readme.txt', 7],
  ]);
  assert.equal(Array.from(directories).sort(), ['a', 'a/b', 'saves']);
  assert.is(totalBytes, 12);
});

test('only what leads outside is hostile', () => {
  for (const path of ['../x', 'a/../../x', '/etc/passwd', 'C:/x', 'c:\\x', '\\\\host\\x', '..\\x', 'a\\..\\..\\x'])
    assert.is(
      codeOf(() => plan({ archives: [[entry(path)]] })),
      'ARCHIVE_HOSTILE',
      JSON.stringify(path),
    );
});

test('what some PC cannot store is not suitable, and the entry is named with the reason', () => {
  for (const [path, reason] of [
    ['a\\b', 'backslash'],
    ['a/./b', 'dot-segment'],
    ['a//b', 'empty-segment'],
    ['', 'empty'],
    ['a\nb', 'control'],
    ['a\u0000b', 'control'],
    ['CON', 'device-name'],
    ['a/nul.txt', 'device-name'],
    ['a.', 'ends-in-dot'],
    ['a /b', 'ends-in-dot'],
    ['x:stream', 'colon'],
    ['C:x', 'colon'],
    [`${'d/'.repeat(150)}x`, 'too-long'],
    ['.lanspread_owned', 'reserved'],
    ['.LANSPREAD_OWNED/x', 'reserved'],
  ] as const) {
    try {
      plan({ archives: [[entry('fine.txt'), entry(path)]] });
      assert.unreachable(path);
    } catch (error) {
      if (!(error instanceof LanspreadError)) throw error;
      assert.is(error.code, 'ARCHIVE_UNSUITABLE', JSON.stringify(path));
      assert.equal(error.details, { file: 'archive 0.eti', entry: path.slice(0, 300), reason });
    }
  }
});

test('links, devices and deletions are hostile', () => {
  for (const kind of ['symlink', 'hardlink', 'other'] as const)
    assert.is(
      codeOf(() => plan({ archives: [[entry('a', { kind })]] })),
      'ARCHIVE_HOSTILE',
      kind,
    );
});

/** `listed -> installed`, archive by archive; nothing stands for what is overwritten. */
function places({ archives, loose }: ReturnType<typeof plan>): string[][] {
  const told = ({ entry: { path: from }, path }: { entry: { path: string }; path: string | undefined }): string =>
    path === from ? from : `${from} -> ${path ?? 'nothing'}`;
  return [...archives.map(({ entries }) => entries.map(told)), loose.map(told)];
}

test('a later file takes the place of an earlier one: in one archive, in the next one, loose ones last', () => {
  const planned = plan({
    archives: [
      [entry('a', { sizeBytes: 1 }), entry('b'), entry('a', { sizeBytes: 2 }), entry('d/readme.txt')],
      [entry('B', { sizeBytes: 3 }), entry('d/c')],
    ],
    loose: [file('D/README.txt', 7)],
  });
  assert.equal(places(planned), [
    ['a -> nothing', 'b -> nothing', 'a', 'd/readme.txt -> nothing'],
    ['B -> b', 'd/c'],
    ['D/README.txt -> d/readme.txt'],
  ]);
  assert.equal(Object.fromEntries(planned.files), { a: 2, b: 3, 'd/readme.txt': 7, 'd/c': 5 });
  assert.is(planned.totalBytes, 17);
  assert.equal(
    planned.archives.map(({ isAsListed, totalBytes }) => [isAsListed, totalBytes]),
    [
      [false, 2],
      [false, 8],
    ],
  );
});

test('folders that differ by case are one folder, spelled as it came first', () => {
  const planned = plan({ archives: [[entry('Data/a'), entry('data/b'), entry('DATA/Sub/c'), entry('data/sub/d')]] });
  assert.equal(places(planned)[0], [
    'Data/a',
    'data/b -> Data/b',
    'DATA/Sub/c -> Data/Sub/c',
    'data/sub/d -> Data/Sub/d',
  ]);
  assert.equal(Array.from(planned.directories), ['Data', 'Data/Sub']);
});

test('names that Windows keeps apart stay apart; those that differ by their Unicode form alone are one', () => {
  const apart = ['Stra\u00dfe', 'STRASSE', '\u0131', 'i', '\u017f', 's'];
  assert.equal(places(plan({ archives: [apart.map((path) => entry(path))] }))[0], apart);
  const planned = plan({ archives: [[entry('caf\u00e9'), entry('cafe\u0301'), entry('CAF\u00c9')]] });
  assert.equal(Array.from(planned.files.keys()), ['caf\u00e9']);
});

test('a name that is a file and a folder is not suitable, whichever comes first', () => {
  for (const paths of [
    ['a', 'a/b'],
    ['a/b', 'A'],
  ])
    assert.is(
      codeOf(() => plan({ archives: [paths.map((path) => entry(path))] })),
      'ARCHIVE_UNSUITABLE',
    );
  assert.is(
    codeOf(() => plan({ archives: [[entry('d/a')], [entry('d/b')]] })),
    undefined,
    'a folder may be shared',
  );
});

test('a copy whose original is overwritten gets the content itself', () => {
  const planned = planInstall({
    archives: [
      {
        path: parsePath('a.eti', { atGameRoot: true }),
        unpackerId: 'u',
        packedBytes: 100,
        entries: [entry('lib.so.1')],
        copies: ['lib.so', 'lib', 'gone'].map((path) => ({ path, from: 'lib.so.1', sizeBytes: 5 })),
      },
      { path: parsePath('b.eti', { atGameRoot: true }), unpackerId: 'u', packedBytes: 100, entries: [entry('gone')] },
    ],
    loose: [file('lib.so.1', 9)],
    freeBytes: gib,
  });
  assert.equal(places(planned), [['lib.so.1 -> lib.so'], ['gone'], ['lib.so.1']]);
  assert.equal(Array.from(planned.archives[0]?.copies ?? []), [['lib', 'lib.so']]);
});

test('an encrypted entry is told before anything is written', () => {
  assert.is(
    codeOf(() => plan({ archives: [[entry('a', { encrypted: true })]] })),
    'ARCHIVE_ENCRYPTED',
  );
});

test('bombs are refused by ratio, by count and by impossible sizes', () => {
  const big = entry('zeros', { sizeBytes: 10 * gib });
  assert.is(
    codeOf(() => plan({ archives: [[big]], packedBytes: 1_000_000 })),
    'ARCHIVE_HOSTILE',
  );
  assert.is(
    codeOf(() => plan({ archives: [[big]], packedBytes: gib })),
    undefined,
  );
  assert.is(
    codeOf(() => plan({ archives: [[entry('small', { sizeBytes: 1_000_000 })]], packedBytes: 10 })),
    undefined,
  );
  const many = Array.from({ length: 500_001 }, (_, index) => entry(`f${index}`, { sizeBytes: 0 }));
  assert.is(
    codeOf(() => plan({ archives: [many] })),
    'ARCHIVE_HOSTILE',
  );
  const huge = entry('huge', { sizeBytes: Number.MAX_SAFE_INTEGER });
  assert.is(
    codeOf(() => plan({ archives: [[huge, entry('more', { sizeBytes: 10 })]] })),
    'ARCHIVE_HOSTILE',
  );
});

test('too little space is told with what is needed and what is free', () => {
  try {
    plan({ loose: [file('a', 1000)], freeBytes: 1010 });
    assert.unreachable();
  } catch (error) {
    if (!(error instanceof LanspreadError)) throw error;
    assert.is(error.code, 'DISK_FULL');
    assert.equal(error.details, { neededBytes: 1020, freeBytes: 1010 });
  }
});

test('a download may be removed only when every rule holds, and the reason is told', () => {
  const fine: RemovalFacts = {
    isInCatalog: true,
    isDirectChild: true,
    rootKind: 'directory',
    sentinelKind: 'file',
    names: ['version.ini', 'game.eti'],
  };
  assert.is(whyNotRemovable(fine), undefined);
  assert.is(whyNotRemovable({ ...fine, isInCatalog: false }), 'not-in-catalog');
  assert.is(whyNotRemovable({ ...fine, isDirectChild: false }), 'outside-games-folder');
  assert.is(whyNotRemovable({ ...fine, rootKind: undefined }), 'not-there');
  assert.is(whyNotRemovable({ ...fine, rootKind: 'symlink' }), 'link');
  assert.is(whyNotRemovable({ ...fine, rootKind: 'file' }), 'not-a-folder');
  assert.is(whyNotRemovable({ ...fine, sentinelKind: undefined }), 'not-downloaded');
  assert.is(whyNotRemovable({ ...fine, sentinelKind: 'symlink' }), 'not-downloaded');
  assert.is(whyNotRemovable({ ...fine, names: ['local'] }), 'installed');
  assert.is(whyNotRemovable({ ...fine, names: ['LOCAL'] }), 'installed');
  assert.is(whyNotRemovable({ ...fine, names: ['.local.installing'] }), 'install-unfinished');
  assert.is(whyNotRemovable({ ...fine, names: ['.local.backup'] }), 'install-unfinished');
  assert.is(whyNotRemovable({ ...fine, names: ['.local.conflict-2026'] }), 'conflict');
});

test.run();
