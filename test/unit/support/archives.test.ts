import { access, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  flipByte,
  runSevenZip,
  writeArchive,
  writeHostileArchives,
  type ArchiveFormat,
} from '../../support/archives.ts';
import type { Entry } from '../../support/entries.ts';
import { oddEntries } from '../../support/odd-names.ts';
import { vint, writeRar5 } from '../../support/rar5-writer.ts';
import { tempDir } from '../../support/temp.ts';
import { assertSameTree, readTree, treeOfEntries } from '../../support/trees.ts';

const content: Entry[] = [...oddEntries(), { path: 'over a chunk.bin', sizeBytes: 4 * 1024 * 1024 + 3 }];

for (const format of ['rar5', '7z', 'zip'] satisfies ArchiveFormat[]) {
  test(`7-Zip finds no fault in a ${format} archive and unpacks an identical tree`, async () => {
    await using temp = await tempDir();
    const archive = temp.join('sample.eti');
    await writeArchive(archive, content, { format, seed: 'sample' });
    assert.match(await runSevenZip(['t', archive]), 'Everything is Ok');
    await runSevenZip(['x', `-o${temp.join('out')}`, archive]);
    assertSameTree(await readTree(temp.join('out')), treeOfEntries(content, 'sample'));
  });
}

test('a RAR archive says it is RAR 5 and carries its links', async () => {
  await using temp = await tempDir();
  const archive = temp.join('links.eti');
  const entries: Entry[] = [
    { path: 'real.txt', text: 'real' },
    { kind: 'symlink', path: 'link.txt', target: 'real.txt' },
  ];
  await writeRar5(archive, entries, 'links');
  assert.is((await readFile(archive)).subarray(0, 8).toString('latin1'), 'Rar!\x1a\x07\x01\x00');
  assert.match(await runSevenZip(['l', '-slt', archive]), 'Type = Rar5');
  await runSevenZip(['x', `-o${temp.join('out')}`, archive]);
  assertSameTree(await readTree(temp.join('out')), treeOfEntries(entries, 'links'));
});

test('a spoilt byte of a RAR archive is noticed by its checksum', async () => {
  await using temp = await tempDir();
  const archive = temp.join('sound.rar');
  await writeRar5(archive, [{ path: 'data.bin', sizeBytes: 10_000 }], 'x');
  await flipByte(archive, 5_000);
  const failure = await runSevenZip(['t', archive]).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  assert.match(failure ?? 'it passed', 'CRC Failed');
});

test('vints carry seven bits a byte, lowest first', () => {
  assert.equal([...vint(0)], [0]);
  assert.equal([...vint(127)], [0x7f]);
  assert.equal([...vint(128)], [0x80, 0x01]);
  assert.equal([...vint(2 ** 40)], [0x80, 0x80, 0x80, 0x80, 0x80, 0x20]);
});

test('hostile archives really hold what their names promise', async () => {
  await using temp = await tempDir();
  await mkdir(temp.join('made'));
  const made = await writeHostileArchives(temp.join('made'));
  assert.ok(made.length >= 28);
  const listing = async (name: string): Promise<string> => {
    const archive = made.find((one) => one.name === name);
    assert.ok(archive, `there is no ${name}`);
    const text = await runSevenZip(['l', '-slt', '-p', archive.path]).catch((error: unknown) => String(error));
    // 7-Zip shows paths as its system writes them.
    return text.replaceAll('\\', '/');
  };
  for (const format of ['rar', 'zip']) {
    assert.match(await listing(`zip-slip (${format})`), 'Path = ../escaped.txt');
    assert.match(await listing(`absolute (${format})`), 'Path = /tmp/lanspread-escaped.txt');
    assert.match(await listing(`reserved Windows name (${format})`), 'Path = data/CON');
    assert.match(await listing(`symlink escape (${format})`), 'Path = door/escaped.txt');
  }
  assert.match(await listing('encrypted (7z)'), 'Encrypted = +');
  assert.match(await listing('encrypted (zip)'), 'Encrypted = +');
  for (const { path } of made.filter(({ name }) => /truncated|wrong byte|encrypted/.test(name))) {
    const passed = await runSevenZip(['t', '-pwrong', path]).then(
      () => true,
      () => false,
    );
    assert.not(passed, `${path} should not pass a test`);
  }
  await access(join(temp.path, 'made', 'zip-slip.rar'));
});

test.run();
