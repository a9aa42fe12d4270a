import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError } from '../../../app/core/base/index.ts';
import {
  assertCompatible,
  compareVersions,
  isCompatible,
  isVersion,
  manifestJsonSchema,
  parseManifest,
  type ExtensionManifest,
} from '../../../app/core/extensions/manifest/index.ts';
import { schemaPath } from '../../../build/extension-schema.ts';

const sound = {
  publisher: 'acme',
  name: 'inno',
  version: '1.2.0',
  displayName: 'Inno Setup',
  license: 'MIT',
  type: 'module',
  engines: { lanspread: '^1.0.0', node: '>=20' },
  main: './dist/main.js',
  contributes: {
    unpackers: [{ id: 'inno', label: 'Inno Setup', match: { extensions: ['.exe'], magic: [{ at: 0, hex: '4d5a' }] } }],
    catalogSources: [
      {
        id: 'acme',
        label: 'ACME list',
        configuration: { type: 'object', properties: { folder: { type: 'string', format: 'folder' } } },
      },
    ],
    themes: [{ id: 'acme.night', label: 'Night', path: 'themes/night.json' }],
  },
  tools: { innoextract: { 'linux-x64': { path: 'bin/innoextract', blake3: 'ab'.repeat(32) } } },
  permissions: { tools: ['innoextract'], net: ['https://lists.acme.example'], read: ['configured folders'] },
};

const parse = (changes: object): ExtensionManifest => parseManifest(JSON.stringify({ ...sound, ...changes }));

function refusal(changes: object): LanspreadError {
  try {
    parse(changes);
  } catch (error) {
    if (error instanceof LanspreadError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

test('a manifest with everything is read, and its id is publisher and name', () => {
  const manifest = parse({});
  assert.is(manifest.id, 'acme.inno');
  assert.is(manifest.main, 'dist/main.js');
  assert.equal(manifest.permissions, sound.permissions);
  assert.equal(manifest.contributes.unpackers[0]?.match, sound.contributes.unpackers[0]?.match);
  assert.not.ok('type' in manifest, 'fields of package.json that mean nothing here are left out');
});

test('what is left out is empty', () => {
  const manifest = parse({ main: undefined, contributes: {}, tools: undefined, permissions: undefined });
  assert.equal(manifest.contributes, { unpackers: [], catalogSources: [], themes: [] });
  assert.equal(manifest.permissions, { tools: [], net: [], read: [] });
  assert.equal(manifest.tools, {});
});

test('a message names the field that is wrong, wherever it is', () => {
  const unpacker = sound.contributes.unpackers[0];
  const wrong: [string, object][] = [
    ['publisher', { publisher: 'ACME Inc' }],
    ['name', { name: undefined }],
    ['version', { version: '1.2' }],
    ['engines.lanspread', { engines: { lanspread: 'newest' } }],
    ['engines', { engines: undefined }],
    ['license', { license: undefined }],
    ['main', { main: '../outside.js' }],
    ['main', { main: undefined }],
    ['main', { main: 'dist/main.exe' }],
    ['contributes.unpackers[0].match', { contributes: { unpackers: [{ ...unpacker, match: {} }] } }],
    [
      'contributes.unpackers[0].match.magic[0].hex',
      { contributes: { unpackers: [{ ...unpacker, match: { magic: [{ at: 0, hex: '4d5' }] } }] } },
    ],
    [
      'contributes.unpackers[0].match.extensions[0]',
      { contributes: { unpackers: [{ ...unpacker, match: { extensions: ['exe'] } }] } },
    ],
    ['contributes.unpackers[1].id', { contributes: { unpackers: [unpacker, unpacker] } }],
    ['contributes.unpacker', { contributes: { unpacker: [] } }],
    ['contributes.themes[0].path', { contributes: { themes: [{ id: 'a', label: 'A', path: '/etc/passwd' }] } }],
    [
      'tools.innoextract.linux-x64.path',
      { tools: { innoextract: { 'linux-x64': { path: '../bin/sh', blake3: 'ab'.repeat(32) } } } },
    ],
    [
      'tools.innoextract.linux-x64.blake3',
      { tools: { innoextract: { 'linux-x64': { path: 'bin/sh', blake3: 'ab' } } } },
    ],
    ['permissions.tools[0]', { tools: {} }],
    ['permissions.net[0]', { permissions: { net: ['https://acme.example/path'] } }],
    ['permissions.net[0]', { permissions: { net: ['file:///etc'] } }],
    ['permissions.read[0]', { permissions: { read: ['/etc'] } }],
    ['permissions.spawn', { permissions: { spawn: true } }],
  ];
  for (const [field, changes] of wrong) {
    const { code, details, message } = refusal(changes);
    assert.is(code, 'EXTENSION_INVALID');
    assert.is(details['field'], field);
    assert.ok(message.includes(field), message);
  }
});

test('what is of the wrong kind is told from what is missing', () => {
  assert.match(refusal({ version: 1 }).message, /version must be a string/);
  assert.match(refusal({ version: undefined }).message, /version is missing/);
});

test('a field that is misspelt does not go unnoticed, and npm may have its own', () => {
  assert.match(refusal({ permissions: undefined, permisions: {} }).message, /permisions .* did you mean permissions\?/);
  assert.match(refusal({ license: undefined, licence: 'MIT' }).message, /licence .* did you mean license\?/);
  const { id } = parseManifest(JSON.stringify({ ...sound, types: 'x.d.ts', bin: {}, man: 'x.1', author: 'somebody' }));
  assert.is(id, `${sound.publisher}.${sound.name}`);
});

test('every wrong field is named, not only the first', () => {
  const { message } = refusal({ publisher: 'A B', version: 'x' });
  assert.match(message, 'publisher');
  assert.match(message, 'version');
});

test('what is not JSON says so, and an empty file too', () => {
  for (const text of ['', '{', 'null', '[]', '"x"', '7'])
    assert.throws(
      () => parseManifest(text),
      (error: LanspreadError) => error.code === 'EXTENSION_INVALID',
    );
});

test('ranges hold the versions that npm would say', () => {
  const table: [string, string, boolean][] = [
    ['^1.0.0', '1.0.0', true],
    ['^1.0.0', '1.9.3', true],
    ['^1.0.0', '2.0.0', false],
    ['^1.2', '1.1.9', false],
    ['^0.2.3', '0.2.9', true],
    ['^0.2.3', '0.3.0', false],
    ['^0.0.3', '0.0.4', false],
    ['^0.0', '0.0.9', true],
    ['^0.0', '0.1.0', false],
    ['^0', '0.9.0', true],
    ['^0', '1.0.0', false],
    ['~1.2.3', '1.2.9', true],
    ['~1.2.3', '1.3.0', false],
    ['~1', '1.9.0', true],
    ['1.x', '1.5.0', true],
    ['1.x', '2.0.0', false],
    ['*', '7.1.2', true],
    ['', '7.1.2', true],
    ['1.0.0', '1.0.1', false],
    ['1', '1.7.7', true],
    ['>=1.0.0 <1.5.0', '1.4.9', true],
    ['>=1.0.0 <1.5.0', '1.5.0', false],
    ['>= 1.0.0 < 1.5.0', '1.4.9', true],
    ['>1.2', '1.2.9', false],
    ['>1.2', '1.3.0', true],
    ['<=1.2', '1.2.9', true],
    ['<=1.2', '1.3.0', false],
    ['1.0.0 - 2.0.0', '2.0.0', true],
    ['1.0.0 - 2.0.0', '2.0.1', false],
    ['^2.0.0 || ^1.0.0', '1.4.0', true],
    ['^2.0.0 || ^3.0.0', '1.4.0', false],
    ['<1 >2', '1.5.0', false],
  ];
  for (const [range, version, expected] of table)
    assert.is(isCompatible(range, version), expected, `${version} in ${JSON.stringify(range)}`);
  for (const range of ['newest', '1.2.3.4', '^', '>=', '1.0 -- 2', 'a||b'])
    assert.not.ok(isCompatible(range, '1.0.0'), range);
});

test('an extension for another version of the API is refused with both versions', () => {
  const manifest = parse({ engines: { lanspread: '^2.0.0' } });
  assert.throws(
    () => assertCompatible(manifest, '1.3.0'),
    (error: LanspreadError) =>
      error.code === 'EXTENSION_INCOMPATIBLE' && error.message.includes('^2.0.0') && error.message.includes('1.3.0'),
  );
});

test('versions have the order of semantic versioning', () => {
  const inOrder = [
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.1',
    '1.2.0',
    '1.10.0',
    '2.0.0',
  ];
  assert.equal(inOrder.toReversed().toSorted(compareVersions), inOrder);
  assert.is(compareVersions('1.0.0+a', '1.0.0+b'), 0);
});

test('a version is a semantic version and nothing else: it names a folder', () => {
  for (const text of ['1.2.3', '0.0.0', '1.2.3-rc.1', '1.2.3+build.7']) assert.ok(isVersion(text), text);
  const others = [
    '',
    '1',
    '1.2',
    'v1.2.3',
    '=1.2.3',
    ' 1.2.3',
    '1.2.3 ',
    '1.2.3\n',
    '01.2.3',
    '1.2.3-01',
    '../1.2.3',
    '1.2.3/..',
  ];
  for (const text of [...others, `1.2.3-${'a'.repeat(95)}`]) assert.not.ok(isVersion(text), JSON.stringify(text));
});

test('the JSON Schema that editors use is the one of the source', () => {
  assert.equal(
    JSON.parse(readFileSync(schemaPath, 'utf8')),
    JSON.parse(JSON.stringify(manifestJsonSchema())),
    'run `node build/extension-schema.ts`',
  );
});

test.run();
