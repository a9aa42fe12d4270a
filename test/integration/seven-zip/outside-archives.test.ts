/** Archives as others make them: very many entries, junk behind the end, compressed streams that lie. */
import { open, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { failure } from '../../support/failure.ts';
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

test.run();
