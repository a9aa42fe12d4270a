/** What every Unpacker's `stream` does, whatever tool is behind it. */
import { open, readFile, stat, truncate } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { createHasher, LanspreadError } from '../../../app/core/base/index.ts';
import type { ArchiveEntry, EntryStreamItem, Unpacker } from '../../../app/core/content/index.ts';
import type { Entry } from '../entries.ts';
import { eventually } from '../eventually.ts';
import { oddEntries } from '../odd-names.ts';
import { tempDir } from '../temp.ts';
import { treeOfEntries } from '../trees.ts';
import { processesWith } from './processes.ts';
import type { UnpackerUnderTest } from './unpacker-under-test.ts';
import { failure } from '../failure.ts';

const limitMs = 60_000;
const seed = 'compliance';

const entriesInFolders: Entry[] = [
  { path: 'start.sh', text: '#!/bin/sh\n', executable: true },
  { path: 'data/zero.bin', sizeBytes: 0 },
  { path: 'data/one.bin', sizeBytes: 300_001 },
  { path: 'data/two.bin', sizeBytes: 70_000 },
  { kind: 'directory', path: 'saves' },
];

function signal(): AbortSignal {
  return AbortSignal.timeout(limitMs);
}

interface Streamed {
  readonly order: string[];
  readonly files: Map<string, { sizeBytes: number; hash: string }>;
}

/** Reads a whole stream the way a receiver does: what comes after an entry is that entry's. */
async function collect(items: AsyncIterable<EntryStreamItem>): Promise<Streamed> {
  const order: string[] = [];
  const files = new Map<string, { sizeBytes: number; hash: string }>();
  let current: ArchiveEntry | undefined;
  const hasher = createHasher();
  let sizeBytes = 0;
  const close = (): void => {
    if (current?.kind === 'file') files.set(current.path, { sizeBytes, hash: hasher.finish() });
    sizeBytes = 0;
  };
  for await (const item of items) {
    if (item.kind === 'entry') {
      close();
      current = item.entry;
      order.push(current.path);
    } else {
      assert.ok(item.bytes.length > 0, 'no piece is empty');
      sizeBytes += item.bytes.length;
      hasher.update(item.bytes);
    }
  }
  close();
  return { order, files };
}

async function streamAll(unpacker: Unpacker, path: string): Promise<Streamed> {
  const entries = await unpacker.list(path, { signal: signal() });
  return await collect(unpacker.stream(path, { signal: signal(), entries }));
}

/** Bytes that a process has written so far, wherever to. */
async function writtenBy(pid: number): Promise<number> {
  return Number(/^wchar: (\d+)$/m.exec(await readFile(`/proc/${pid}/io`, 'utf8'))?.[1]);
}

/** An archive of plain names and one of odd names, in turn. */
async function* packed(
  under: UnpackerUnderTest,
): AsyncGenerator<{ path: string; content: readonly Entry[] }, void, undefined> {
  await using temp = await tempDir('unpacker');
  for (const [name, content] of [
    ['plain', entriesInFolders],
    ['-odd näme 日本', oddEntries()],
  ] as const) {
    const path = temp.join(`${name}${under.extension}`);
    await under.pack(path, content, seed);
    yield { path, content };
  }
}

/** Adds the tests to the suite. */
export function unpackerStreamCompliance(test: Test, under: UnpackerUnderTest): void {
  test('streaming yields every entry in the order of the listing, each file with exactly its bytes', async () => {
    for await (const { path, content } of packed(under)) {
      const listed = await under.create().list(path, { signal: signal() });
      const { order, files } = await collect(under.create().stream(path, { signal: signal(), entries: listed }));
      assert.equal(
        order,
        listed.map((entry) => entry.path),
      );
      const wanted = treeOfEntries(content, seed).filter(({ kind }) => kind === 'file');
      assert.equal(
        Array.from(files.keys()).toSorted(),
        wanted.map((entry) => entry.path),
      );
      for (const { path: file, hash, sizeBytes } of wanted) assert.equal(files.get(file), { sizeBytes, hash }, file);
    }
  });

  test('a part of an archive, where it says that unpacking can begin there, streams as it does in the whole', async () => {
    for await (const { path } of packed(under)) {
      const unpacker = under.create();
      const listed = await unpacker.list(path, { signal: signal() });
      const starts = listed.flatMap(({ startsBlock }, index) => (startsBlock ? [index] : []));
      const files = listed.filter(({ kind }) => kind === 'file').length;
      if (under.isPackedApart) assert.is(starts.length, files, 'each file is a place to begin at');
      const whole = await collect(unpacker.stream(path, { signal: signal(), entries: listed }));
      const middle = starts[Math.floor(starts.length / 2)];
      const blocks = starts.map((from, index) => [from, starts[index + 1]]);
      for (const [from, to] of starts.length < 2 ? [] : [...blocks, [0, middle], [middle, listed.length]]) {
        const entries = listed.slice(from, to);
        const part = await collect(unpacker.stream(path, { signal: signal(), entries, isPart: true }));
        assert.equal(
          part.order,
          entries.map((entry) => entry.path),
        );
        for (const [file, facts] of part.files) assert.equal(facts, whole.files.get(file), file);
      }
    }
  });

  test('a stream of a truncated archive fails as corrupt', async () => {
    await using temp = await tempDir('unpacker');
    const path = temp.join(`cut${under.extension}`);
    await under.pack(path, entriesInFolders, seed);
    const entries = await under.create().list(path, { signal: signal() });
    await truncate(path, Math.floor((await stat(path)).size * 0.6));
    const work = collect(under.create().stream(path, { signal: signal(), entries }));
    assert.is((await failure(work)).code, 'ARCHIVE_CORRUPT');
  });

  test('one wrong byte in the content fails the stream as corrupt, though every size is right', async () => {
    await using temp = await tempDir('unpacker');
    const path = temp.join(`wrong${under.extension}`);
    await under.pack(path, entriesInFolders, seed);
    const entries = await under.create().list(path, { signal: signal() });
    const file = await open(path, 'r+');
    const middle = Math.floor((await file.stat()).size / 2);
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, middle);
    await file.write(Buffer.from([(buffer[0] ?? 0) ^ 0xff]), 0, 1, middle);
    await file.close();
    const work = collect(under.create().stream(path, { signal: signal(), entries }));
    assert.is((await failure(work)).code, 'ARCHIVE_CORRUPT');
  });

  test('content of another size than the listing says is corrupt, be it more or less', async () => {
    await using temp = await tempDir('unpacker');
    const path = temp.join(`plain${under.extension}`);
    await under.pack(path, entriesInFolders, seed);
    const listed = await under.create().list(path, { signal: signal() });
    for (const difference of [-1, 1]) {
      const entries = listed.map((entry) =>
        entry.path === 'data/one.bin' ? { ...entry, sizeBytes: entry.sizeBytes + difference } : entry,
      );
      const work = collect(under.create().stream(path, { signal: signal(), entries }));
      assert.is((await failure(work)).code, 'ARCHIVE_CORRUPT', String(difference));
    }
    assert.equal(await processesWith(path), []);
  });

  test('a stream refuses links and devices before it starts anything', async () => {
    await using temp = await tempDir('unpacker');
    const path = temp.join(`plain${under.extension}`);
    await under.pack(path, entriesInFolders, seed);
    for (const kind of ['symlink', 'hardlink', 'other'] as const) {
      const entries: ArchiveEntry[] = [{ path: 'door', sizeBytes: 0, kind }];
      const work = collect(under.create().stream(path, { signal: signal(), entries }));
      assert.is((await failure(work)).code, 'ARCHIVE_HOSTILE', kind);
    }
  });

  const { packEncrypted, packEmpty } = under;
  if (packEncrypted) {
    test('a stream of an encrypted archive is told as such', async () => {
      await using temp = await tempDir('unpacker');
      const path = temp.join(`secret${under.extension}`);
      await packEncrypted(path, entriesInFolders, seed);
      assert.is((await failure(streamAll(under.create(), path))).code, 'ARCHIVE_ENCRYPTED');
    });
  }
  if (packEmpty) {
    test('a stream of an archive without entries is empty and ends well', async () => {
      await using temp = await tempDir('unpacker');
      const path = temp.join(`empty${under.extension}`);
      await packEmpty(path);
      assert.equal((await streamAll(under.create(), path)).order, []);
    });
  }

  test('aborting a stream kills the tool before it rejects', async () => {
    await using temp = await tempDir('unpacker');
    const path = temp.join(`large${under.extension}`);
    await under.packLarge(path);
    const unpacker = under.create();
    const entries = await unpacker.list(path, { signal: signal() });
    const cancel = new AbortController();
    const options = { signal: AbortSignal.any([cancel.signal, signal()]), entries };
    const work = (async () => {
      for await (const { kind } of unpacker.stream(path, options))
        if (kind === 'bytes') cancel.abort(new LanspreadError('CANCELLED'));
    })();
    assert.is((await failure(work)).code, 'CANCELLED');
    assert.equal(await processesWith(path), [], `no tool works on ${basename(path)} any more`);
  });

  test('a tool that nobody reads from stands still, and is dead once its reader went away', async () => {
    await using temp = await tempDir('unpacker');
    const path = temp.join(`large${under.extension}`);
    const { totalBytes } = await under.packLarge(path);
    const unpacker = under.create();
    const entries = await unpacker.list(path, { signal: signal() });
    for await (const { kind } of unpacker.stream(path, { signal: signal(), entries })) {
      if (kind !== 'bytes') continue;
      if (process.platform === 'linux') {
        const [pid] = await processesWith(path);
        assert.ok(pid, 'the tool is alive');
        let before = -1;
        const written = await eventually('the tool stands still', async () => {
          const now = await writtenBy(pid);
          const same = now === before;
          before = now;
          return same ? now : undefined;
        });
        assert.ok(written < totalBytes / 8, `${written} bytes were made for nobody`);
      }
      break;
    }
    assert.equal(await processesWith(path), []);
  });

  test('aborted before it begins, a stream starts nothing', async () => {
    await using temp = await tempDir('unpacker');
    const path = temp.join(`plain${under.extension}`);
    await under.pack(path, entriesInFolders, seed);
    const aborted = AbortSignal.abort(new LanspreadError('CANCELLED'));
    const work = collect(under.create().stream(path, { signal: aborted, entries: [] }));
    assert.is((await failure(work)).code, 'CANCELLED');
  });
}
