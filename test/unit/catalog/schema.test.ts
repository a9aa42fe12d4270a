import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError } from '../../../app/core/base/index.ts';
import { parseCatalog } from '../../../app/core/catalog/catalog-file.ts';
import { catalogLimits } from '../../../app/core/catalog/schema.ts';

const quake = { id: 'quake', title: 'Quake', version: '1.09' };
const launch = { label: 'Play', platform: 'linux', command: 'bin/quake' };

const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const catalogOf = (...games: unknown[]): Record<string, unknown> => ({ formatVersion: 1, games });
const withField = (field: Record<string, unknown>): Record<string, unknown> => catalogOf({ ...quake, ...field });

function refusal(bytes: Buffer): LanspreadError {
  try {
    parseCatalog(bytes);
  } catch (error) {
    if (error instanceof LanspreadError) return error;
    throw error;
  }
  throw new Error('The catalog was accepted.');
}

test('id, title and version are enough; the rest has defaults', () => {
  assert.equal(parseCatalog(bytesOf(catalogOf(quake))).games, [
    { ...quake, description: '', genres: [], tags: [], launch: [], keep: [] },
  ]);
});

test('every field of a full game is kept', () => {
  const full = {
    ...quake,
    manifestRoot: 'ab'.repeat(32),
    installedRoot: 'cd'.repeat(32),
    sizeBytes: 0,
    description: 'Two\nlines\twith 🎮',
    genres: ['Shooter'],
    players: { min: 1, max: 16 },
    releaseYear: 1996,
    publisher: 'id Software',
    cover: 'covers/quake.PNG',
    tags: ['classic'],
    launch: [{ ...launch, arguments: ['-w', ''], workingDirectory: 'bin', server: true }],
    keep: ['saves/**', '*.cfg', 'a?c/*'],
    requires: ['OpenGL'],
  };
  assert.equal(parseCatalog(bytesOf(catalogOf(full))).games, [full]);
});

test('unknown fields are ignored, at every level', () => {
  const document = {
    ...catalogOf({ ...quake, rating: 5, players: { min: 1, max: 2, best: 2 }, launch: [{ ...launch, icon: 'x' }] }),
    revoked: [],
    signature: { any: 'thing' },
  };
  const [game] = parseCatalog(bytesOf(document)).games;
  assert.is(game && 'rating' in game, false);
  assert.equal(game?.players, { min: 1, max: 2 });
});

test('a byte order mark is fine', () => {
  assert.is(parseCatalog(Buffer.concat([Buffer.from('\ufeff'), bytesOf(catalogOf(quake))])).games.length, 1);
});

test('an empty catalog is a catalog', () => {
  assert.equal(parseCatalog(bytesOf(catalogOf())).games, []);
});

const games = (count: number): unknown[] =>
  Array.from({ length: count }, (_, index) => ({ ...quake, id: `g${index}` }));

/** What is wrong, and the field that the error must name. */
const broken: [what: string, document: unknown, field: string][] = [
  ['null', null, '(the whole)'],
  ['a list', [quake], '(the whole)'],
  ['a text', 'quake', '(the whole)'],
  ['no format version', { games: [] }, 'formatVersion'],
  ['a later format version', { formatVersion: 2, games: [] }, 'formatVersion'],
  ['a format version as text', { formatVersion: '1', games: [] }, 'formatVersion'],
  ['no games', { formatVersion: 1 }, 'games'],
  ['games that are no list', { formatVersion: 1, games: { quake } }, 'games'],
  ['too many games', catalogOf(...games(catalogLimits.games + 1)), 'games'],
  ['an empty name', { ...catalogOf(quake), name: '' }, 'name'],
  ['a name with a line break', { ...catalogOf(quake), name: 'a\nb' }, 'name'],
  ['an issue date that is none', { ...catalogOf(quake), issued: 'yesterday-ish' }, 'issued'],
  ['a game that is null', catalogOf(quake, null), 'games.1'],
  ['the fourth game without a version', catalogOf(...games(3), { id: 'x', title: 'X' }), 'games.3.version'],
  ['no id', catalogOf({ title: 'X', version: '1' }), 'games.0.id'],
  ['no title', catalogOf({ id: 'x', version: '1' }), 'games.0.title'],
  ['an empty title', withField({ title: '' }), 'games.0.title'],
  ['a title of spaces', withField({ title: '   ' }), 'games.0.title'],
  ['a title with a control character', withField({ title: 'Qu\u0007ake' }), 'games.0.title'],
  ['a title with half a surrogate pair', withField({ title: 'Q\ud83d' }), 'games.0.title'],
  ['a title too long', withField({ title: 'x'.repeat(201) }), 'games.0.title'],
  ['a version that is a number', withField({ version: 2 }), 'games.0.version'],
  ['an empty version', withField({ version: '' }), 'games.0.version'],
  ['a version with space around it', withField({ version: ' 1' }), 'games.0.version'],
  ['a version of two lines', withField({ version: '1\n2' }), 'games.0.version'],
  ['a version too long', withField({ version: '1'.repeat(129) }), 'games.0.version'],
  ['an id with a slash', withField({ id: 'a/b' }), 'games.0.id'],
  ['an id that climbs', withField({ id: '..' }), 'games.0.id'],
  ['an id with a space', withField({ id: 'a b' }), 'games.0.id'],
  ['an id of a Windows device', withField({ id: 'COM1' }), 'games.0.id'],
  ['an id with a dot at its end', withField({ id: 'quake.' }), 'games.0.id'],
  ['an id too long', withField({ id: 'a'.repeat(65) }), 'games.0.id'],
  ['an id with an accent', withField({ id: 'pokémon' }), 'games.0.id'],
  ['the same id twice', catalogOf(quake, { ...quake, title: 'Other' }), 'games.1.id'],
  ['ids that differ by case', catalogOf(quake, ...games(1), { ...quake, id: 'QUAKE' }), 'games.2.id'],
  ['a negative size', withField({ sizeBytes: -1 }), 'games.0.sizeBytes'],
  ['a size with a fraction', withField({ sizeBytes: 1.5 }), 'games.0.sizeBytes'],
  ['a size beyond exact numbers', withField({ sizeBytes: 2 ** 60 }), 'games.0.sizeBytes'],
  ['a manifest root in upper case', withField({ manifestRoot: 'AB'.repeat(32) }), 'games.0.manifestRoot'],
  ['an installed root too short', withField({ installedRoot: 'ab' }), 'games.0.installedRoot'],
  ['a description too long', withField({ description: 'x'.repeat(20_001) }), 'games.0.description'],
  ['genres as one text', withField({ genres: 'Shooter' }), 'games.0.genres'],
  ['an empty genre', withField({ genres: ['Shooter', ''] }), 'games.0.genres.1'],
  ['too many tags', withField({ tags: Array.from({ length: 65 }, (_, index) => `t${index}`) }), 'games.0.tags'],
  ['players as a number', withField({ players: 4 }), 'games.0.players'],
  ['no greatest number of players', withField({ players: { min: 1 } }), 'games.0.players.max'],
  ['no player', withField({ players: { min: 0, max: 4 } }), 'games.0.players.min'],
  ['fewer players at most than at least', withField({ players: { min: 4, max: 2 } }), 'games.0.players'],
  ['a year as text', withField({ releaseYear: '1996' }), 'games.0.releaseYear'],
  ['a year before computers', withField({ releaseYear: 1492 }), 'games.0.releaseYear'],
  ['an empty publisher', withField({ publisher: '' }), 'games.0.publisher'],
  ['a cover that climbs out', withField({ cover: '../x.png' }), 'games.0.cover'],
  ['an absolute cover', withField({ cover: '/etc/x.png' }), 'games.0.cover'],
  ['a cover on a drive', withField({ cover: 'C:/x.png' }), 'games.0.cover'],
  ['a cover with backslashes', withField({ cover: 'covers\\x.png' }), 'games.0.cover'],
  ['a cover on the web', withField({ cover: 'https://example.org/x.png' }), 'games.0.cover'],
  ['a cover of another kind', withField({ cover: 'covers/x.gif' }), 'games.0.cover'],
  ['a cover that Windows cannot store', withField({ cover: 'covers/x?.png' }), 'games.0.cover'],
  ['launch as an object', withField({ launch }), 'games.0.launch'],
  ['a launch without a label', withField({ launch: [{ command: 'x' }] }), 'games.0.launch.0.label'],
  ['a launch without a command', withField({ launch: [launch, { label: 'Play' }] }), 'games.0.launch.1.command'],
  ['a command outside', withField({ launch: [{ ...launch, command: '../sh' }] }), 'games.0.launch.0.command'],
  ['an absolute command', withField({ launch: [{ ...launch, command: '/bin/sh' }] }), 'games.0.launch.0.command'],
  ['an unknown platform', withField({ launch: [{ ...launch, platform: 'amiga' }] }), 'games.0.launch.0.platform'],
  ['arguments as text', withField({ launch: [{ ...launch, arguments: '-w' }] }), 'games.0.launch.0.arguments'],
  ['a number as argument', withField({ launch: [{ ...launch, arguments: [1] }] }), 'games.0.launch.0.arguments.0'],
  [
    'a working directory outside',
    withField({ launch: [{ ...launch, workingDirectory: 'a/../..' }] }),
    'games.0.launch.0.workingDirectory',
  ],
  ['server as text', withField({ launch: [{ ...launch, server: 'yes' }] }), 'games.0.launch.0.server'],
  ['a pattern that climbs out', withField({ keep: ['saves/**', '../**'] }), 'games.0.keep.1'],
  ['an absolute pattern', withField({ keep: ['/home/**'] }), 'games.0.keep.0'],
  ['an empty pattern', withField({ keep: [''] }), 'games.0.keep.0'],
  ['requirements as text', withField({ requires: 'OpenGL' }), 'games.0.requires'],
];

for (const [what, document, field] of broken) {
  test(`a catalog with ${what} is refused and the field is named`, () => {
    const error = refusal(bytesOf(document));
    assert.is(error.code, 'CATALOG_INVALID');
    assert.is(error.details['field'], field);
    assert.ok(error.message.includes(field), error.message);
  });
}

test('what is not JSON, not UTF-8 or too large is refused in words', () => {
  assert.match(refusal(Buffer.from('{"formatVersion": 1,')).message, 'not JSON');
  assert.match(refusal(Buffer.alloc(0)).message, 'not JSON');
  assert.match(refusal(Buffer.from([0x22, 0xff, 0x22])).message, 'not UTF-8');
  assert.match(refusal(Buffer.from('{}', 'utf16le')).message, 'not JSON');
  const large = refusal(Buffer.alloc(catalogLimits.fileBytes + 1, 0x20));
  assert.is(large.code, 'CATALOG_INVALID');
  assert.match(large.message, String(catalogLimits.fileBytes));
});

test('a name that JavaScript objects know from birth is an ordinary id', () => {
  const catalog = parseCatalog(bytesOf(catalogOf({ ...quake, id: 'constructor' }, { ...quake, id: 'toString' })));
  assert.is(catalog.games.length, 2);
});

test.run();
