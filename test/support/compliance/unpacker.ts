/** What every Unpacker does, whatever tool is behind it. */
import { readdir, readFile, writeFile, mkdir, truncate, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isErrorCode, LanspreadError } from '../../../app/core/base/index.ts';
import { probeHeadBytes } from '../../../app/core/install/index.ts';
import type { ArchiveEntry } from '../../../app/core/content/index.ts';
import type { Entry } from '../entries.ts';
import { oddEntries } from '../odd-names.ts';
import { tempDir, type TempDir } from '../temp.ts';
import { assertSameTree, readTree, treeOfEntries } from '../trees.ts';
import { processesWith } from './processes.ts';
import { unpackerStreamCompliance } from './unpacker-stream.ts';
import type { UnpackerUnderTest } from './unpacker-under-test.ts';

export { processesWith } from './processes.ts';

const limitMs = 60_000;
const seed = 'compliance';
const codes = new Set(['ARCHIVE_CORRUPT', 'ARCHIVE_ENCRYPTED', 'NO_UNPACKER', 'UNPACKER_FAILED']);

const plainEntries: Entry[] = [
  { path: 'start.sh', text: '#!/bin/sh\n', executable: true },
  { path: 'data/one.bin', sizeBytes: 300_001 },
  { path: 'data/zero.bin', sizeBytes: 0 },
  { kind: 'directory', path: 'saves' },
];

function signal(): AbortSignal {
  return AbortSignal.timeout(limitMs);
}

async function emptyFolder(temp: TempDir, name = 'out'): Promise<string> {
  const path = temp.join(name);
  await mkdir(path);
  return path;
}

async function failure(work: Promise<unknown>): Promise<LanspreadError> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, LanspreadError);
    if (error instanceof LanspreadError && isErrorCode(error.code)) return error;
    throw error;
  }
  throw new Error('it succeeded');
}

function sumOf(entries: readonly ArchiveEntry[]): number {
  return entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Defines the suite and runs it. */
export function unpackerCompliance(under: UnpackerUnderTest): void {
  const test = suite(under.name);

  test('its own archives are its own by content, even under the name .eti', async () => {
    await using temp = await tempDir('unpacker');
    for (const name of [`game${under.extension}`, 'game.eti']) {
      const path = temp.join(name);
      await under.pack(path, plainEntries, seed);
      const head = (await readFile(path)).subarray(0, probeHeadBytes);
      assert.is(await under.create().probe({ path, head }, { signal: signal() }), 100, name);
    }
  });

  test('what is no archive at all is none of its own', async () => {
    const head = Buffer.from('MZ this is a program, not an archive'.padEnd(4096, '.'));
    assert.is(await under.create().probe({ path: '/games/x/setup.exe', head }, { signal: signal() }), 0);
    assert.is(
      await under.create().probe({ path: '/games/x/readme.txt', head: Buffer.alloc(0) }, { signal: signal() }),
      0,
    );
  });

  test('the listing names every entry with its size and kind, and unpacking yields exactly that', async () => {
    await using temp = await tempDir('unpacker');
    const path = temp.join(`plain${under.extension}`);
    await under.pack(path, plainEntries, seed);
    const unpacker = under.create();
    const entries = await unpacker.list(path, { signal: signal() });
    const sizes = new Map(entries.filter(({ kind }) => kind === 'file').map((entry) => [entry.path, entry.sizeBytes]));
    assert.equal(Array.from(sizes).sort(), [
      ['data/one.bin', 300_001],
      ['data/zero.bin', 0],
      ['start.sh', 10],
    ]);
    assert.ok(entries.some((entry) => entry.path === 'saves' && entry.kind === 'directory'));
    const out = await emptyFolder(temp);
    const progress: number[] = [];
    const totalBytes = sumOf(entries);
    await unpacker.extract(path, out, { signal: signal(), totalBytes, onProgress: (bytes) => progress.push(bytes) });
    assertSameTree(await readTree(out), treeOfEntries(plainEntries, seed));
    assert.equal(
      progress,
      progress.toSorted((a, b) => a - b),
    );
    assert.ok(progress.every((bytes) => bytes >= 0 && bytes <= totalBytes));
  });

  test('odd names come through', async () => {
    await using temp = await tempDir('unpacker');
    const path = temp.join(`-odd näme 日本${under.extension}`);
    await under.pack(path, oddEntries(), seed);
    const unpacker = under.create();
    const files = (await unpacker.list(path, { signal: signal() })).filter(({ kind }) => kind === 'file');
    const wanted = treeOfEntries(oddEntries(), seed);
    assert.equal(
      files.map((entry) => entry.path).toSorted(),
      wanted
        .filter(({ kind }) => kind === 'file')
        .map((entry) => entry.path)
        .toSorted(),
    );
    const out = await emptyFolder(temp);
    await unpacker.extract(path, out, { signal: signal() });
    assertSameTree(await readTree(out), wanted);
  });

  test('a truncated archive fails as corrupt, when listing or when unpacking', async () => {
    await using temp = await tempDir('unpacker');
    const path = temp.join(`cut${under.extension}`);
    await under.pack(path, plainEntries, seed);
    await truncate(path, Math.floor((await stat(path)).size * 0.6));
    const unpacker = under.create();
    const out = await emptyFolder(temp);
    const { code } = await failure(
      unpacker.list(path, { signal: signal() }).then(() => unpacker.extract(path, out, { signal: signal() })),
    );
    assert.is(code, 'ARCHIVE_CORRUPT');
  });

  test('garbage under the right name fails with a code', async () => {
    await using temp = await tempDir('unpacker');
    const path = temp.join(`garbage${under.extension}`);
    await writeFile(path, 'no archive'.repeat(500));
    const score = await under.create().probe({ path, head: await readFile(path) }, { signal: signal() });
    assert.ok(score >= 50, 'it is an archive by its name');
    const { code } = await failure(under.create().list(path, { signal: signal() }));
    assert.ok(codes.has(code), code);
  });

  const { packEncrypted, packEmpty } = under;
  if (packEncrypted) {
    test('an encrypted archive is told as such and never asks for the password', async () => {
      await using temp = await tempDir('unpacker');
      const path = temp.join(`secret${under.extension}`);
      await packEncrypted(path, plainEntries, seed);
      const unpacker = under.create();
      const entries = await unpacker.list(path, { signal: signal() });
      assert.ok(entries.some(({ encrypted }) => encrypted === true));
      const out = await emptyFolder(temp);
      assert.is((await failure(unpacker.extract(path, out, { signal: signal() }))).code, 'ARCHIVE_ENCRYPTED');
    });
  }
  if (packEmpty) {
    test('an archive without entries is fine', async () => {
      await using temp = await tempDir('unpacker');
      const path = temp.join(`empty${under.extension}`);
      await packEmpty(path);
      assert.equal(await under.create().list(path, { signal: signal() }), []);
      const out = await emptyFolder(temp);
      await under.create().extract(path, out, { signal: signal() });
      assert.equal(await readdir(out), []);
    });
  }

  test('aborting kills the tool before it rejects, and nothing is written any more', async () => {
    await using temp = await tempDir('unpacker');
    const path = temp.join(`large${under.extension}`);
    const { totalBytes } = await under.packLarge(path);
    const out = await emptyFolder(temp);
    const cancel = new AbortController();
    const work = under.create().extract(path, out, {
      signal: AbortSignal.any([cancel.signal, signal()]),
      totalBytes,
      onProgress: (bytes) => {
        if (bytes > 0) cancel.abort(new LanspreadError('CANCELLED'));
      },
    });
    assert.is((await failure(work)).code, 'CANCELLED');
    assert.equal(await processesWith(path), [], `no tool works on ${basename(path)} any more`);
    const left = await readTree(out);
    assert.ok(left.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) <= totalBytes);
    await new Promise(setImmediate);
    assertSameTree(await readTree(out), left);
  });

  test('aborted before it begins, it starts nothing', async () => {
    await using temp = await tempDir('unpacker');
    const path = temp.join(`plain${under.extension}`);
    await under.pack(path, plainEntries, seed);
    const out = await emptyFolder(temp);
    const aborted = AbortSignal.abort(new LanspreadError('CANCELLED'));
    assert.is((await failure(under.create().extract(path, out, { signal: aborted }))).code, 'CANCELLED');
    assert.is((await failure(under.create().list(path, { signal: aborted }))).code, 'CANCELLED');
    assert.equal(await readdir(join(out)), []);
  });

  unpackerStreamCompliance(test, under);
  test.run();
}
