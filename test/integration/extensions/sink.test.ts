/** An unpacker that gives the content by itself, through the host: crates, a toy format in pure TypeScript. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError } from '../../../app/core/base/index.ts';
import type { ArchiveEntry, Unpacker } from '../../../app/core/content/index.ts';
import { packCrate, type CrateFile } from '../../../fixtures/extensions/crate/src/crate-format.ts';
import { describeFolder, hostLab, type HostLab } from '../../support/extension-host.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';
import { readTree } from '../../support/trees.ts';

const crates = fileURLToPath(new URL('../../../fixtures/extensions/crate', import.meta.url));
const signal = (): AbortSignal => AbortSignal.timeout(60_000);
const mib = 1024 * 1024;

const files: CrateFile[] = [
  { path: 'bin/start.sh', bytes: Buffer.from('#!/bin/sh\n'), executable: true },
  { path: 'empty', bytes: new Uint8Array(0) },
  { path: 'saves' },
  { path: 'data/zeros.bin', bytes: new Uint8Array(3 * mib + 17) },
  { path: 'data/mixed.bin', bytes: Uint8Array.from({ length: 70_000 }, (_, index) => (index * 7) % 251) },
];

async function opened(temp: TempDir, content: Uint8Array): Promise<{ lab: HostLab; unpacker: Unpacker; path: string }> {
  const lab = hostLab([await describeFolder(crates)]);
  const [unpacker] = lab.host.unpackers();
  assert.ok(unpacker);
  const path = temp.join('game.crate');
  await writeFile(path, content);
  await mkdir(temp.join('out'));
  return { lab, unpacker, path };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'it succeeded';
  } catch (error) {
    return error instanceof LanspreadError ? error.code : String(error);
  }
}

async function assertInstalled(folder: string): Promise<void> {
  const tree = new Map((await readTree(folder)).map((entry) => [entry.path, entry]));
  assert.equal([...tree.keys()].sort(), [
    'bin',
    'bin/start.sh',
    'data',
    'data/mixed.bin',
    'data/zeros.bin',
    'empty',
    'saves',
  ]);
  for (const { path, bytes, executable = false } of files) {
    if (!bytes) continue;
    assert.ok((await readFile(`${folder}/${path}`)).equals(bytes), path);
    assert.is(tree.get(path)?.executable, executable, path);
  }
}

test('what an extension gives ends up in the folder, byte for byte, with progress', async () => {
  await using temp = await tempDir('sink');
  const { lab, unpacker, path } = await opened(temp, packCrate(files));
  await using _lab = lab;
  const head = (await readFile(path)).subarray(0, 36 * 1024);
  assert.is(await unpacker.probe({ path, head }, { signal: signal() }), 100);
  const progress: number[] = [];
  await unpacker.extract(path, temp.join('out'), { signal: signal(), onProgress: (bytes) => progress.push(bytes) });
  await assertInstalled(temp.join('out'));
  assert.is(
    progress.at(-1),
    files.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0),
  );
});

test('a stream has the entries in order, each with its bytes, and several go on at a time', async () => {
  await using temp = await tempDir('sink');
  const { lab, unpacker, path } = await opened(temp, packCrate(files));
  await using _lab = lab;
  const entries = await unpacker.list(path, { signal: signal() });
  const read = async (): Promise<string[]> => {
    const told: string[] = [];
    let bytes = 0;
    for await (const item of unpacker.stream(path, { signal: signal(), entries })) {
      if (item.kind === 'bytes') bytes += item.bytes.length;
      else told.push(item.entry.path);
    }
    return [...told, String(bytes)];
  };
  const wanted = [...files.map((file) => file.path), String(3 * mib + 17 + 70_000 + 10)];
  assert.equal(await Promise.all([read(), read(), read()]), [wanted, wanted, wanted]);
});

test('a wrong byte is corrupt, and so is a listing that says something else', async () => {
  await using temp = await tempDir('sink');
  const crate = Buffer.from(packCrate(files));
  const entries = await (async (): Promise<ArchiveEntry[]> => {
    const { lab, unpacker, path } = await opened(temp, crate);
    await using _lab = lab;
    return await unpacker.list(path, { signal: signal() });
  })();
  await using other = await tempDir('sink');
  crate[crate.length - 100_000] = (crate[crate.length - 100_000] ?? 0) ^ 1;
  const { lab, unpacker, path } = await opened(other, crate);
  await using _lab = lab;
  assert.is(await codeOf(unpacker.extract(path, other.join('out'), { signal: signal() })), 'ARCHIVE_CORRUPT');
  const drain = async (listed: readonly ArchiveEntry[]): Promise<void> => {
    for await (const item of unpacker.stream(path, { signal: signal(), entries: listed })) assert.ok(item);
  };
  assert.is(await codeOf(drain(entries.slice(1))), 'ARCHIVE_CORRUPT');
  assert.is(await codeOf(drain([...entries, { path: 'more', sizeBytes: 1, kind: 'file' }])), 'ARCHIVE_CORRUPT');
  assert.is(await codeOf(drain([{ path: '../out', sizeBytes: 1, kind: 'file' }])), 'ARCHIVE_HOSTILE');
});

test('aborting stops the writing at once, and the extension serves the next call', async () => {
  await using temp = await tempDir('sink');
  const { lab, unpacker, path } = await opened(temp, packCrate(files));
  await using _lab = lab;
  const cancel = new AbortController();
  const onProgress = (): void => cancel.abort(new LanspreadError('CANCELLED'));
  const work = unpacker.extract(path, temp.join('out'), { signal: cancel.signal, onProgress });
  assert.is(await codeOf(work), 'CANCELLED');
  const left = await readTree(temp.path);
  await unpacker.list(path, { signal: signal() });
  assert.equal(await readTree(temp.path), left, 'nothing was written afterwards');
  await mkdir(temp.join('again'));
  await unpacker.extract(path, temp.join('again'), { signal: signal() });
  await assertInstalled(temp.join('again'));
});

test('a reader that goes away or waits lets the extension wait; when its process dies the reader is told by name', async () => {
  await using temp = await tempDir('sink');
  const { lab, unpacker, path } = await opened(temp, packCrate(files));
  await using _lab = lab;
  const entries = await unpacker.list(path, { signal: signal() });
  for await (const item of unpacker.stream(path, { signal: signal(), entries })) if (item.kind === 'bytes') break;
  const items = unpacker.stream(path, { signal: signal(), entries })[Symbol.asyncIterator]();
  assert.is((await items.next()).value?.kind, 'entry');
  const { pid } = lab.host.states()[0] ?? {};
  assert.ok(pid);
  process.kill(pid, 'SIGKILL');
  const drain = async (): Promise<void> => {
    for (let next = await items.next(); !next.done; next = await items.next());
  };
  assert.is(await codeOf(drain()), 'EXTENSION_CRASHED');
});

test.run();
