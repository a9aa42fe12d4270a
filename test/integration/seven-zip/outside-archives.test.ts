/** Archives as others make them: very many entries, junk behind the end, compressed streams that lie. */
import { open, readFile, writeFile } from 'node:fs/promises';
import { crc32, gzipSync, zstdCompressSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { failure } from '../../support/failure.ts';
import { runSevenZip } from '../../support/archives.ts';
import { rawTar } from '../../support/raw-tar.ts';
import { rawZip } from '../../support/raw-zip.ts';
import { createSevenZipUnpacker } from '../../support/seven-zip.ts';
import { tempDir } from '../../support/temp.ts';

const signal = AbortSignal.timeout(120_000);
const unpacker = createSevenZipUnpacker();

test('tens of thousands of entries are listed: what the tool prints fits into no single message', async () => {
  await using temp = await tempDir('outside');
  const names = Array.from({ length: 30_000 }, (_, index) => `data/level-${index}.dat`);
  await writeFile(temp.join('many.zip'), rawZip(names.map((name) => ({ name }))));
  const entries = await unpacker.list(temp.join('many.zip'), { signal });
  assert.equal(
    entries.map(({ path }) => path),
    names,
  );
});

test('an archive whose names begin with ./ is streamed whole: 7-Zip knows its files by other names than it lists', async () => {
  await using temp = await tempDir('outside');
  const texts = ['first', 'second', 'third'];
  for (const [prefix, isCut] of [
    ['./', false],
    ['data/', true],
  ] as const) {
    const path = temp.join(`${prefix.length}.zip`);
    await writeFile(path, rawZip(texts.map((text) => ({ name: `${prefix}${text}.txt`, bytes: text }))));
    const entries = await unpacker.list(path, { signal });
    assert.is(
      entries.every(({ startsBlock = false }) => startsBlock === isCut),
      true,
      prefix,
    );
    const pieces: Uint8Array[] = [];
    for await (const item of unpacker.stream(path, { signal, entries }))
      if (item.kind === 'bytes') pieces.push(Uint8Array.from(item.bytes));
    assert.is(Buffer.concat(pieces).toString(), texts.join(''));
  }
});

test('junk behind the end of a compressed file is told as damage, without what the tool says of its progress', async () => {
  await using temp = await tempDir('outside');
  const path = temp.join('level.dat.gz');
  await writeFile(path, Buffer.concat([gzipSync('level'), Buffer.from('junk'.repeat(100))]));
  const error = await failure(unpacker.list(path, { signal }));
  assert.is(error.code, 'ARCHIVE_CORRUPT');
  assert.not.match(error.message, /%|[\b\r]|undefined/);
});

test('a compressed file that unpacks to a thousand times its size is not counted to its end', async () => {
  await using temp = await tempDir('outside');
  const path = temp.join('zeros.gz');
  // Members one after the other are one file to gzip: 2 GiB here.
  const member = gzipSync(Buffer.alloc(16 * 1024 * 1024));
  await using file = await open(path, 'w');
  for (let count = 0; count < 128; count += 1) await file.write(member);
  const error = await failure(unpacker.list(path, { signal }));
  assert.is(error.code, 'ARCHIVE_HOSTILE');
  assert.match(error.message, /made to fill a disk/);
});

test('cpio, and a compressed stream that begins with something else, are opened', async () => {
  await using temp = await tempDir('outside');
  const record = (name: string, bytes: string): Buffer => {
    const hex = (value: number): string => value.toString(16).padStart(8, '0');
    const fields = [1, 0o100644, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, name.length + 1, 0].map(hex).join('');
    const padded = (text: string): string => text.padEnd(Math.ceil(text.length / 4) * 4, '\0');
    return Buffer.from(padded(`070701${fields}${name}\0`) + padded(bytes));
  };
  await writeFile(temp.join('a.eti'), Buffer.concat([record('a.txt', 'hello'), record('TRAILER!!!', '')]));
  assert.equal(
    (await unpacker.list(temp.join('a.eti'), { signal })).map(({ path, sizeBytes }) => [path, sizeBytes]),
    [['a.txt', 5]],
  );
  const skipped = Buffer.from('502a4d18040000006f6f7073', 'hex');
  const tar = rawTar([{ path: 'a.txt', bytes: 'hello' }]);
  for (const [content, wanted] of [
    [tar, 'a.txt'],
    [Buffer.from('level'), 'b'],
  ] as const) {
    await writeFile(temp.join('b.eti'), Buffer.concat([skipped, zstdCompressSync(content)]));
    const entries = await unpacker.list(temp.join('b.eti'), { signal });
    assert.equal(
      entries.map(({ path, sizeBytes }) => [path, sizeBytes]),
      [[wanted, 5]],
    );
  }
});

test('what is no archive, and what is packed by a method that 7-Zip does not know, is not called damaged', async () => {
  await using temp = await tempDir('outside');
  const codeOf = async (bytes: Buffer): Promise<string> => {
    await writeFile(temp.join('quake.eti'), bytes);
    return (await failure(unpacker.list(temp.join('quake.eti'), { signal }))).code;
  };
  for (const text of ['<!doctype html><title>404</title>', '', 'LZIP\u0001', '\u0004"M\u0018lz4'])
    assert.is(await codeOf(Buffer.from(text, 'latin1')), 'NO_UNPACKER', text);
  await writeFile(temp.join('a.txt'), 'hello '.repeat(100));
  await runSevenZip(['a', '-mhc=off', '-m0=lzma', temp.join('a.7z'), 'a.txt'], temp.path);
  const known = await readFile(temp.join('a.7z'));
  const coder = known.indexOf(Buffer.from('23030101', 'hex'));
  assert.ok(coder > 0);
  known[coder + 3] = 0x77;
  known.writeUInt32LE(crc32(known.subarray(32 + Number(known.readBigUInt64LE(12)))), 28);
  known.writeUInt32LE(crc32(known.subarray(12, 32)), 8);
  assert.is(await codeOf(known), 'ARCHIVE_UNSUPPORTED');
  known[40] = 0;
  const cut = known.subarray(0, known.length - 10);
  assert.is(await codeOf(cut), 'ARCHIVE_CORRUPT', 'a known kind that is cut off is damaged');
});

test.run();
