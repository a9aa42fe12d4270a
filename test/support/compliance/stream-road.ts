/** What every road for streamed installs must do; run against each by its own test file. */
import { mkdir, readFile, stat } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';
import {
  blake3Hex,
  LanspreadError,
  nodeFileSystem,
  parseGameId,
  parsePath,
  silentLogger,
  systemClock,
} from '../../../app/core/base/index.ts';
import { limits, type StreamInstall } from '../../../app/core/protocol/index.ts';
import { createStreamServer, type ServeStream, type StreamLane } from '../../../app/core/streamed/index.ts';
import type { ContentSection, IncomingContent, PayloadContent } from '../../../app/core/content/index.ts';
import { eventually, until } from '../eventually.ts';
import { failure } from '../failure.ts';
import { tempDir, type TempDir } from '../temp.ts';

/** Two ends of a road between this process's own "peers". */
export interface StreamRoadPair extends AsyncDisposable {
  readonly client: StreamLane;
  readonly serverPeerId: string;
  /** Ends the serving side at once, as if its PC lost power. */
  killServer(): Promise<void>;
}

export type CreateStreamRoadPair = (options: { serve: ServeStream }) => Promise<StreamRoadPair>;

const mib = 1024 * 1024;
const id = parseGameId('quake');
const root = 'ab'.repeat(32);
const ask: StreamInstall = { op: 'stream-install', id, version: '1.0', root, sections: limits.streamSections };
const unmetered = {
  isMetered: false,
  enter(_peerId: string, admit: () => void) {
    admit();
    return { [Symbol.dispose]() {} };
  },
  claim: () => ({ [Symbol.dispose]() {} }),
};

/** A payload made of nothing: files of these sizes, in pieces of odd lengths; further sections from these files on. */
class MadePayload implements PayloadContent {
  readonly entries: PayloadContent['entries'];
  readonly totalBytes: number;
  readonly #cuts: readonly number[];
  madeBytes = 0;
  readers = 0;
  mostReaders = 0;
  isServable = true;
  isPlaying = false;
  /** Somebody put other files in its place. */
  isReplaced = false;
  /** Throws it once so many bytes are made. */
  fails: { readonly atBytes: number; readonly error: LanspreadError } | undefined;

  constructor(sizes: readonly number[], cuts: readonly number[] = []) {
    this.entries = sizes.map((size, index) => ({ path: `data/${index}.bin`, size, kind: 'file' as const }));
    this.totalBytes = sizes.reduce((sum, size) => sum + size, 0);
    this.#cuts = cuts;
  }

  sections({ atMost }: { atMost: number }): ContentSection[] {
    const starts = [0, ...(this.#cuts.length < atMost ? this.#cuts : [])];
    return starts.map((firstEntry, index) => ({
      firstEntry,
      bytes: () => this.#bytes(this.#offsetOf(firstEntry), this.#offsetOf(starts[index + 1] ?? this.entries.length)),
    }));
  }

  #offsetOf(entry: number): number {
    return this.entries.slice(0, entry).reduce((sum, { size }) => sum + size, 0);
  }

  async *#bytes(from: number, to: number): AsyncGenerator<Uint8Array, void, undefined> {
    this.readers += 1;
    this.mostReaders = Math.max(this.mostReaders, this.readers);
    try {
      const piece = Buffer.alloc(100_003);
      for (let at = from; at < to; ) {
        if (this.fails && this.madeBytes >= this.fails.atBytes) throw this.fails.error;
        piece.fill(at % 251);
        const count = Math.min(piece.length, to - at);
        at += count;
        this.madeBytes += count;
        yield piece.subarray(0, count);
        // What was given is good only until now.
        piece.fill(0xee);
      }
    } finally {
      this.readers -= 1;
    }
  }

  serve(): ServeStream {
    return createStreamServer({
      library: {
        get: (gameId) =>
          gameId === id
            ? // Only what the gate looks at.
              ({ root: '/games/quake', version: '1.0', downloaded: true } as never)
            : undefined,
        manifestState: () => ({ kind: 'ready', hashed: { root } }) as never,
      },
      isKnownGame: (gameId) => gameId === id,
      isServable: () => this.isServable,
      isPlaying: () => this.isPlaying,
      assertUnchanged: async () => {
        if (this.isReplaced) throw new LanspreadError('NOT_SERVED');
      },
      openPayload: async () => this,
      uploads: unmetered,
      clock: systemClock,
      logger: silentLogger,
      maxUnpackers: 2,
    });
  }
}

/** Every file of the stream below the folder. */
async function pourInto(
  folder: TempDir,
  stream: IncomingContent,
  onBytes: (bytes: number) => void = () => {},
): Promise<readonly string[]> {
  await mkdir(folder.join('data'));
  const files = stream.entries.map(({ path, size }) => ({
    path: parsePath(path, { atGameRoot: false }),
    sizeBytes: size,
    executable: false,
  }));
  return await stream.pour({ fileSystem: nodeFileSystem, folder: folder.path, files }, { onBytes });
}

export function streamRoadCompliance(name: string, create: CreateStreamRoadPair): void {
  const test = suite(name);

  const withPair = async (
    payload: MadePayload,
    story: (open: (request?: StreamInstall) => Promise<IncomingContent>, pair: StreamRoadPair) => Promise<void>,
  ): Promise<void> => {
    await using pair = await create({ serve: payload.serve() });
    const peerId = pair.serverPeerId;
    const { signal } = new AbortController();
    const open = async (request = ask): Promise<IncomingContent> =>
      await pair.client.openStream(peerId, request, { signal });
    await story(open, pair);
  };

  const assertArrived = async (folder: TempDir, sizes: readonly number[], own: readonly string[]): Promise<void> => {
    assert.is(own.length, sizes.length);
    for (const [index, hash] of own.entries()) {
      const content = await readFile(folder.join('data', `${index}.bin`));
      assert.equal([content.length, blake3Hex(content)], [sizes[index], hash]);
    }
  };

  const refusal = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error instanceof LanspreadError) return error.code;
    throw error ?? new Error('it succeeded');
  };

  test('every byte arrives, whatever the files’ sizes, with the hash of each', async () => {
    const sizes = [0, 1, 5 * mib + 3, 0, ...Array.from({ length: 1_200 }, (_, index) => index), 9 * mib, 0];
    await withPair(new MadePayload(sizes), async (open) => {
      await using folder = await tempDir('poured');
      await using stream = await open();
      assert.is(stream.entries.length, sizes.length);
      let bytes = 0;
      const own = await pourInto(folder, stream, (count) => (bytes += count));
      assert.equal(own, stream.hashes);
      await assertArrived(folder, sizes, own);
      assert.ok(bytes <= new MadePayload(sizes).totalBytes && bytes > 8 * mib, `${bytes} bytes were told`);
    });
  });

  test('sections are unpacked two at a time and arrive whole; who takes one section gets the whole as one', async () => {
    const sizes = [3 * mib, 0, 4 * mib + 1, ...Array.from({ length: 700 }, (_, index) => index), 5 * mib, 0, 2 * mib];
    for (const [sections, readers] of [
      [limits.streamSections, 2],
      [3, 1],
      [undefined, 1],
    ] as const) {
      const payload = new MadePayload(sizes, [2, 300, 703]);
      await withPair(payload, async (open) => {
        await using folder = await tempDir('poured');
        await using stream = await open({ ...ask, sections });
        const own = await pourInto(folder, stream);
        assert.equal(own, stream.hashes);
        await assertArrived(folder, sizes, own);
        assert.is(payload.mostReaders, readers, `of ${sections} sections`);
      });
    }
  });

  test('while somebody plays on the sender’s PC one section is unpacked after another', async () => {
    const payload = new MadePayload([3 * mib, 3 * mib, 3 * mib, 3 * mib], [1, 2, 3]);
    payload.isPlaying = true;
    await withPair(payload, async (open) => {
      await using folder = await tempDir('poured');
      await using stream = await open();
      assert.equal(await pourInto(folder, stream), stream.hashes);
      assert.is(payload.mostReaders, 1);
    });
  });

  test('a payload that was replaced while it was sent is not told to be sound', async () => {
    const payload = new MadePayload([20 * mib, 20 * mib], [1]);
    await withPair(payload, async (open) => {
      await using folder = await tempDir('poured');
      await using stream = await open();
      assert.is(await refusal(pourInto(folder, stream, () => (payload.isReplaced = true))), 'NOT_SERVED');
    });
  });

  test('one section that cannot be unpacked fails the whole, and nobody unpacks any more', async () => {
    const payload = new MadePayload([50 * mib, 50 * mib, 50 * mib], [1, 2]);
    payload.fails = { atBytes: 20 * mib, error: new LanspreadError('ARCHIVE_CORRUPT') };
    await withPair(payload, async (open) => {
      await using folder = await tempDir('poured');
      await using stream = await open();
      assert.is(await refusal(pourInto(folder, stream)), 'ARCHIVE_CORRUPT');
      assert.equal([payload.readers, payload.mostReaders], [0, 2]);
    });
  });

  test('a sender stands still while nobody reads, and goes on when somebody does', async () => {
    const payload = new MadePayload([96 * mib]);
    await withPair(payload, async (open) => {
      await using stream = await open();
      let before = -1;
      const made = await eventually('the sender stands still', async () => {
        const same = payload.madeBytes === before && before > 0;
        before = payload.madeBytes;
        return same ? before : undefined;
      });
      assert.ok(made < 24 * mib, `${made} bytes were made for nobody`);
      await using folder = await tempDir('poured');
      await pourInto(folder, stream);
      assert.is((await stat(folder.join('data', '0.bin'))).size, 96 * mib);
    });
  });

  test('a receiver that leaves ends the unpacking within a second', async () => {
    const payload = new MadePayload([200 * mib, 200 * mib], [1]);
    await withPair(payload, async (open) => {
      await using folder = await tempDir('poured');
      const stream = await open();
      const first = Promise.withResolvers<void>();
      const pouring = refusal(pourInto(folder, stream, () => first.resolve()));
      await first.promise;
      assert.is(payload.readers, 2);
      const sinceMs = performance.now();
      await stream[Symbol.asyncDispose]();
      const { size } = await stat(folder.join('data', '0.bin'));
      await until('nobody unpacks', async () => payload.readers === 0);
      assert.ok(performance.now() - sinceMs < 1_000);
      assert.is(await pouring, 'CANCELLED');
      assert.is((await stat(folder.join('data', '0.bin'))).size, size, 'nothing is written any more');
    });
  });

  test('a sender that is gone midway is told as gone', async () => {
    const payload = new MadePayload([200 * mib]);
    await withPair(payload, async (open, pair) => {
      await using folder = await tempDir('poured');
      await using stream = await open();
      let killing: Promise<void> | undefined;
      assert.is(await refusal(pourInto(folder, stream, () => (killing ??= pair.killServer()))), 'PEER_GONE');
      await killing;
    });
  });

  test('what the gate refuses is told with its code', async () => {
    const payload = new MadePayload([1]);
    await withPair(payload, async (open) => {
      assert.is(await refusal(open({ ...ask, id: parseGameId('doom') })), 'GAME_NOT_FOUND');
      assert.is(await refusal(open({ ...ask, version: '2.0' })), 'GAME_NOT_FOUND');
      assert.is(await refusal(open({ ...ask, root: 'cd'.repeat(32) })), 'MANIFEST_MISMATCH');
      payload.isServable = false;
      assert.is(await refusal(open()), 'GAME_NOT_FOUND');
    });
  });

  test('an unpacker that fails midway is told as such, a disk that does not concern the receiver is not', async () => {
    for (const [code, told] of [
      ['ARCHIVE_CORRUPT', 'ARCHIVE_CORRUPT'],
      ['IO_ERROR', 'NOT_SERVED'],
    ] as const) {
      const payload = new MadePayload([8 * mib]);
      const message = 'The unpacker stopped: ERROR: /home/anna/games/quake/quake.eti';
      payload.fails = { atBytes: 3 * mib, error: new LanspreadError(code, { message }) };
      await withPair(payload, async (open) => {
        await using folder = await tempDir('poured');
        await using stream = await open();
        const error = await failure(pourInto(folder, stream));
        assert.is(error.code, told);
        assert.not.match(
          JSON.stringify([error.message, error.details]),
          /anna/,
          'the sender keeps its paths to itself',
        );
      });
    }
  });

  test('a game that is being removed is not given any further', async () => {
    const payload = new MadePayload([100 * mib]);
    await withPair(payload, async (open) => {
      await using folder = await tempDir('poured');
      await using stream = await open();
      assert.is(await refusal(pourInto(folder, stream, () => (payload.isServable = false))), 'NOT_SERVED');
      await until('nobody unpacks', async () => payload.readers === 0);
    });
  });

  test('a sender unpacks for two at a time, and for the next when one is done', async () => {
    const payload = new MadePayload([200 * mib]);
    await withPair(payload, async (open) => {
      const first = await open();
      await using _second = await open();
      assert.is(await refusal(open()), 'TOO_MANY_REQUESTS');
      await first[Symbol.asyncDispose]();
      const third = await eventually('there is a place', async () => await open().catch(() => undefined));
      await third[Symbol.asyncDispose]();
    });
  });

  test.run();
}
