import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { blake3Hex, LanspreadError } from '../../../../app/core/base/index.ts';
import { receiveStream } from '../../../../app/core/streamed/receive/receive-stream.ts';
import { PacedRoad } from '../../../../app/core/streamed/receive/paced-road.ts';
import { content, honest, roadOf, said, type FakeRoad, type HonestStream } from '../../../support/stream-frames.ts';

const files = [
  { path: 'a.bin', bytes: Buffer.from('the first file') },
  { path: 'empty.bin', bytes: Buffer.alloc(0) },
  { path: 'data/b.bin', bytes: Buffer.from('and the second one') },
];
const options = { peerId: 'mallory', signal: new AbortController().signal };

async function readAll(road: FakeRoad): Promise<{ text: string; paths: string[]; hashes: readonly string[] }> {
  await using stream = await receiveStream(road, options);
  const pieces: Buffer[] = [];
  for await (const { bytes } of stream.pieces()) pieces.push(Buffer.from(bytes));
  const paths = stream.entries.map(({ path }) => path);
  return { text: Buffer.concat(pieces).toString(), paths, hashes: stream.hashes };
}

const framesOf = (stream: HonestStream): Buffer[] => [
  stream.ok,
  stream.plan,
  stream.entries,
  stream.content,
  stream.hashes,
  stream.verdict,
];

async function failure(frames: readonly Buffer[], more: { isSilent?: boolean } = {}): Promise<LanspreadError> {
  const road = roadOf(frames, more);
  try {
    await readAll(road);
  } catch (error) {
    assert.ok(road.isLeft, 'the road is left, so that the sender stops');
    if (error instanceof LanspreadError) return error;
    throw error;
  }
  throw new Error('it was believed');
}

test('an honest stream is read to the end, however its bytes are cut', async () => {
  for (const pieceBytes of [1, 3, 16, 1_000]) {
    const { text, paths, hashes } = await readAll(roadOf(framesOf(honest(files)), { pieceBytes }));
    assert.is(text, 'the first fileand the second one');
    assert.equal(paths, ['a.bin', 'empty.bin', 'data/b.bin']);
    assert.is(hashes.length, 3);
  }
});

/** The same files in two sections, the second from the empty one on. */
function inSections(): Record<'plan' | 'first' | 'second' | 'firstHashes' | 'secondHashes', Buffer> {
  const [one, , two] = files.map(({ bytes }) => bytes);
  if (!one || !two) throw new Error('three files');
  const hashes = files.map(({ bytes }) => blake3Hex(bytes));
  return {
    plan: said({ kind: 'plan', entries: 3, totalBytes: 32, sections: [1] }),
    first: content(one),
    second: content(two, 1),
    firstHashes: said({ kind: 'hashes', hashes: hashes.slice(0, 1) }),
    secondHashes: said({ kind: 'hashes', section: 1, hashes: hashes.slice(1) }),
  };
}

test('sections come in any order, each piece told with its own, the hashes in the order of the files', async () => {
  const { ok, entries, verdict } = honest(files);
  const { plan, first, second, firstHashes, secondHashes } = inSections();
  const [one = Buffer.alloc(0), , two = Buffer.alloc(0)] = files.map(({ bytes }) => bytes);
  const mixed = [
    content(two.subarray(0, 5), 1),
    content(one.subarray(0, 9), 0),
    content(two.subarray(5), 1),
    secondHashes,
    content(one.subarray(9), 0),
    firstHashes,
  ];
  for (const rest of [[first, firstHashes, second, secondHashes], [second, secondHashes, first, firstHashes], mixed]) {
    await using stream = await receiveStream(roadOf([ok, plan, entries, ...rest, verdict]), options);
    assert.equal(stream.sectionFiles, [1, 2]);
    const got = ['', ''];
    for await (const { section, bytes } of stream.pieces()) got[section] += Buffer.from(bytes).toString();
    assert.equal(got, ['the first file', 'and the second one']);
    assert.equal(
      stream.hashes,
      files.map(({ bytes }) => blake3Hex(bytes)),
    );
  }
});

test('sections that make no sense, and content or hashes of others than told, are not believed', async () => {
  const { ok, entries, verdict } = honest(files);
  const { plan, first, second, firstHashes, secondHashes } = inSections();
  const starts = (...sections: number[]): Buffer => said({ kind: 'plan', entries: 3, totalBytes: 32, sections });
  const codes: string[] = [];
  for (const frames of [
    [starts(0), entries],
    [starts(3), entries],
    [starts(2, 1), entries],
    [starts(1, 1), entries],
    [starts(...Array.from({ length: 16 }, (_, index) => index + 1)), entries],
    [plan, entries, content(Buffer.alloc(1), 2)],
    [plan, entries, content(Buffer.alloc(15), 0)],
    [plan, entries, first, firstHashes, second, secondHashes, content(Buffer.alloc(1), 1)],
    [plan, entries, first, firstHashes, second, verdict],
    [plan, entries, first, firstHashes, secondHashes, verdict],
    [plan, entries, first, firstHashes, firstHashes],
    [plan, entries, said({ kind: 'hashes', section: 2, hashes: ['0'.repeat(64)] })],
  ])
    codes.push((await failure([ok, ...frames])).code);
  assert.equal(new Set(codes), new Set(['BAD_MESSAGE']));
});

test('a sender may look for a while before it tells', async () => {
  const { ok, ...rest } = honest(files);
  const looking = said({ kind: 'looking' });
  const { text } = await readAll(roadOf([ok, looking, looking, ...framesOf({ ok, ...rest }).slice(1)]));
  assert.is(text, 'the first fileand the second one');
});

const lies: readonly (readonly [string, (stream: HonestStream) => readonly Buffer[], string])[] = [
  ['more content than told', (s) => [s.ok, s.plan, s.entries, content(Buffer.alloc(200))], 'BAD_MESSAGE'],
  ['content twice', (s) => [s.ok, s.plan, s.entries, s.content, s.content, s.hashes, s.verdict], 'BAD_MESSAGE'],
  ['no content', (s) => [s.ok, s.plan, s.entries, s.hashes, s.verdict], 'BAD_MESSAGE'],
  ['no hashes', (s) => [s.ok, s.plan, s.entries, s.content, s.verdict], 'BAD_MESSAGE'],
  ['hashes twice', (s) => [s.ok, s.plan, s.entries, s.content, s.hashes, s.hashes, s.verdict], 'BAD_MESSAGE'],
  ['an empty frame of content', (s) => [s.ok, s.plan, s.entries, content(Buffer.alloc(0))], 'BAD_MESSAGE'],
  ['entries twice', (s) => [s.ok, s.plan, s.entries, s.entries, s.content, s.hashes, s.verdict], 'BAD_MESSAGE'],
  ['no entries', (s) => [s.ok, s.plan, s.content, s.hashes, s.verdict], 'BAD_MESSAGE'],
  ['no plan', (s) => [s.ok, s.entries, s.content], 'BAD_MESSAGE'],
  ['content before the answer', (s) => [s.content, s.ok], 'BAD_MESSAGE'],
  ['an end in the middle of the content', (s) => [s.ok, s.plan, s.entries, s.content.subarray(0, 9)], 'PEER_GONE'],
  ['an end without a verdict', (s) => [s.ok, s.plan, s.entries, s.content, s.hashes], 'PEER_GONE'],
  [
    'a total that the sizes do not make',
    (s) => [s.ok, said({ kind: 'plan', entries: 3, totalBytes: 31 }), s.entries],
    'BAD_MESSAGE',
  ],
  [
    'fewer entries than told of',
    (s) => [s.ok, said({ kind: 'plan', entries: 2, totalBytes: 32 }), s.entries],
    'BAD_MESSAGE',
  ],
  ['a flood of entries', (s) => [s.ok, said({ kind: 'plan', entries: 500_001, totalBytes: 0 })], 'BAD_MESSAGE'],
  [
    'a size beyond numbers',
    (s) => [s.ok, Buffer.from(s.plan.toString('latin1').replace('32', '-2'), 'latin1')],
    'BAD_MESSAGE',
  ],
  [
    'a frame of content over the limit',
    (s) => [s.ok, s.plan, s.entries, Buffer.from([0xff, 0xff, 0xff, 0xff])],
    'FRAME_TOO_LARGE',
  ],
  ['a message over the limit', () => [Buffer.from([0x7f, 0xff, 0xff, 0xff])], 'FRAME_TOO_LARGE'],
  ['what is no JSON', () => [Buffer.from([0, 0, 0, 2, 0x7b, 0x7b])], 'BAD_MESSAGE'],
];

for (const [what, spoil, code] of lies) {
  test(`a sender that sends ${what} is not believed`, async () => {
    assert.is((await failure(spoil(honest(files)))).code, code);
  });
}

test('a batch of entries over the limit is refused', async () => {
  const entries = Array.from({ length: 501 }, (_, index) => ({ path: `${index}`, size: 0, kind: 'file' as const }));
  const frames = [
    said({ ok: true }),
    said({ kind: 'plan', entries: 501, totalBytes: 0 }),
    said({ kind: 'entries', entries }),
  ];
  assert.is((await failure(frames)).code, 'BAD_MESSAGE');
});

test('a folder with a size is refused', async () => {
  const entries = [{ path: 'folder', size: 5, kind: 'directory' as const }];
  const frames = [
    said({ ok: true }),
    said({ kind: 'plan', entries: 1, totalBytes: 5 }),
    said({ kind: 'entries', entries }),
  ];
  assert.is((await failure(frames)).code, 'BAD_MESSAGE');
});

test('a refusal and a bad verdict come with their code, one that is not a sender’s to give as a plain refusal', async () => {
  const { ok, plan, entries, content: bytes } = honest(files);
  assert.is((await failure([said({ ok: false, code: 'GAME_NOT_FOUND', message: 'no' })])).code, 'GAME_NOT_FOUND');
  const corrupt = said({ kind: 'failed', code: 'ARCHIVE_CORRUPT', message: 'broken' });
  assert.is((await failure([ok, plan, entries, bytes, corrupt])).code, 'ARCHIVE_CORRUPT');
  assert.is((await failure([ok, corrupt])).code, 'ARCHIVE_CORRUPT');
  // Otherwise a sender could make this PC believe that its own disk is full.
  for (const code of ['DISK_FULL', 'CANCELLED', 'INTERNAL', 'nonsense'])
    assert.is((await failure([ok, plan, said({ kind: 'failed', code, message: 'x' })])).code, 'NOT_SERVED', code);
});

test('silence is not waited for longer than a request may idle, nor is a drip', async () => {
  const silent = new PacedRoad(roadOf([], { isSilent: true }), { idleLimitMs: 50 });
  const dripping = new PacedRoad(
    {
      read: () => new Promise((resolve) => setTimeout(() => resolve(Buffer.alloc(1)), 10)),
      async [Symbol.asyncDispose]() {},
    },
    { idleLimitMs: 100 },
  );
  for (const road of [silent, dripping]) {
    const reading = (async () => {
      for (;;) await road.read();
    })();
    const error = await reading.catch((thrown: unknown) => thrown);
    assert.ok(error instanceof LanspreadError && error.code === 'PEER_TIMEOUT');
  }
});

test.run();
