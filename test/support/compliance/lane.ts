/** What every road for block bytes must do; run against each by its own test file. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blake3Hex, LanspreadError, parseGameId, parsePath, systemClock } from '../../../app/core/base/index.ts';
import { blockSizeBytes, ManifestLayout, type GetBlocks, type Manifest } from '../../../app/core/protocol/index.ts';
import type { Authorize, FetchRequest, FileWrite, Lane, ServePlan } from '../../../app/core/lanes/types.ts';
import { failure } from '../failure.ts';

/** Two ends of a road between this process's own "peers". */
export interface LanePair extends AsyncDisposable {
  readonly client: Lane;
  /** How `authorize` of the serving end knows the client. */
  readonly clientPeerId: string;
  readonly serverPeerId: string;
  /** Ends the serving side at once, as if its PC lost power. */
  killServer(): Promise<void>;
  /** The serving side ends the session with the client. */
  distrustClient(): Promise<void>;
}

export type CreateLanePair = (options: { authorize: Authorize }) => Promise<LanePair>;

/** A game of files on disk with its manifest. */
export class SharedGame {
  readonly folder: string;
  readonly layout: ManifestLayout;
  readonly root: string;

  private constructor(folder: string, layout: ManifestLayout, root: string) {
    this.folder = folder;
    this.layout = layout;
    this.root = root;
  }

  /** Files of these sizes, filled with bytes that depend on the file alone. */
  static async create(folder: string, sizes: readonly number[]): Promise<SharedGame> {
    const files: Manifest['files'][number][] = [];
    for (const [index, size] of sizes.entries()) {
      const path = parsePath(`file-${String(index).padStart(5, '0')}.bin`, { atGameRoot: true });
      const bytes = patternOf(index, size);
      const blocks: string[] = [];
      for (let at = 0; at < size; at += blockSizeBytes) blocks.push(blake3Hex(bytes.subarray(at, at + blockSizeBytes)));
      await writeFile(join(folder, path), bytes);
      files.push({ path, size, blocks });
    }
    const id = parseGameId('game');
    const manifest: Manifest = { id, version: '1', sentinel: '1', blockSize: blockSizeBytes, directories: [], files };
    return new SharedGame(folder, new ManifestLayout(manifest), blake3Hex(JSON.stringify(manifest)));
  }

  request(firstBlock: number, count: number): GetBlocks {
    const { fileIndex, blockInFile } = this.layout.place(firstBlock);
    const { id, files } = this.layout.manifest;
    return { op: 'blocks', id, root: this.root, file: files[fileIndex]?.path ?? '', from: blockInFile, count };
  }

  /** The same request with its places in another folder. */
  fetchRequest(peerId: string, target: string, range: { firstBlock: number; count: number }): FetchRequest {
    const files: (FileWrite & { blocks: FileWrite['blocks'][number][] })[] = [];
    for (let block = range.firstBlock; block < range.firstBlock + range.count; block += 1) {
      const { fileIndex, offsetBytes, lengthBytes, hash } = this.layout.place(block);
      const file = this.layout.manifest.files[fileIndex];
      if (!file) throw new RangeError(`no file ${fileIndex}`);
      const path = join(target, file.path);
      if (files.at(-1)?.path !== path) files.push({ path, sizeBytes: file.size, blocks: [] });
      files.at(-1)?.blocks.push({ block, offsetBytes, lengthBytes, hash });
    }
    return { peerId, request: this.request(range.firstBlock, range.count), files };
  }

  /** Serves everything, as the serve gate would for a complete game. */
  readonly authorize: Authorize = async (_peerId, { root, file, from, count }) => {
    if (root !== this.root) throw new LanspreadError('MANIFEST_MISMATCH');
    const fileIndex = this.layout.manifest.files.findIndex(({ path }) => path === file);
    if (fileIndex < 0) throw new LanspreadError('NOT_SERVED');
    const first = this.layout.firstBlockOf(fileIndex) + from;
    const segments: ServePlan['segments'][number][] = [];
    for (let block = first; block < first + count; block += 1) {
      const { fileIndex: at, offsetBytes, lengthBytes } = this.layout.place(block);
      segments.push({ path: join(this.folder, this.layout.manifest.files[at]?.path ?? ''), offsetBytes, lengthBytes });
    }
    return { totalBytes: segments.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0), segments };
  };
}

/** Bytes that differ from file to file and from place to place. */
function patternOf(seed: number, size: number): Buffer {
  const tile = Buffer.alloc(64 * 1024 + 7);
  for (let at = 0, digest = createHash('sha256').update(`tile ${seed}`).digest(); at < tile.length; at += 32) {
    digest.copy(tile, at);
    digest = createHash('sha256').update(digest).digest();
  }
  return Buffer.alloc(size, tile);
}

interface Outcome {
  bytes: number;
  readonly sound: number[];
  readonly unsound: number[];
}

function listenerOf(outcome: Outcome, onBlock?: (block: number) => void): Parameters<Lane['fetch']>[1] {
  return {
    onBytes: (count) => {
      outcome.bytes += count;
    },
    onBlock: (block, sound) => {
      (sound ? outcome.sound : outcome.unsound).push(block);
      onBlock?.(block);
    },
  };
}

const unedited = (request: FetchRequest): FetchRequest => request;
const newOutcome = (): Outcome => ({ bytes: 0, sound: [], unsound: [] });
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);
const ascending = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b);

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'resolved';
  } catch (error) {
    return error instanceof LanspreadError ? error.code : `uncoded: ${String(error)}`;
  }
}

interface Scene extends AsyncDisposable {
  readonly game: SharedGame;
  readonly target: string;
  readonly pair: LanePair;
  fetch(
    firstBlock: number,
    count: number,
    options?: {
      signal?: AbortSignal;
      onBlock?: (block: number) => void;
      edit?: (request: FetchRequest) => FetchRequest;
    },
  ): { done: Promise<void>; outcome: Outcome };
  /** Asserts that these files arrived whole. */
  assertSame(fileIndexes: readonly number[]): Promise<void>;
}

/** Runs the suite; `name` is the road's. */
export function laneCompliance(name: string, createPair: CreateLanePair): void {
  const test = suite(name);

  const scene = async (
    sizes: readonly number[],
    wrap: (authorize: Authorize) => Authorize = (authorize) => authorize,
  ): Promise<Scene> => {
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'lanspread-lane-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const source = await mkdtemp(join(folder, 'source-'));
    const target = await mkdtemp(join(folder, 'target-'));
    const game = await SharedGame.create(source, sizes);
    const pair = stack.use(await createPair({ authorize: wrap(game.authorize) }));
    const owned = stack.move();
    return {
      game,
      target,
      pair,
      fetch(firstBlock, count, { signal = AbortSignal.timeout(30_000), onBlock, edit = unedited } = {}) {
        const outcome = newOutcome();
        const request = edit(game.fetchRequest(pair.serverPeerId, target, { firstBlock, count }));
        return { done: pair.client.fetch(request, listenerOf(outcome, onBlock), { signal }), outcome };
      },
      async assertSame(fileIndexes) {
        for (const index of fileIndexes) {
          const path = game.layout.manifest.files[index]?.path ?? '';
          const [sent, arrived] = await Promise.all([readFile(join(source, path)), readFile(join(target, path))]);
          assert.ok(sent.equals(arrived), `${path} arrived whole`);
        }
      },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  };

  test('a single block arrives, is written at its place and reported sound', async () => {
    await using at = await scene([3 * blockSizeBytes]);
    const { done, outcome } = at.fetch(1, 1);
    await done;
    assert.equal(outcome, { bytes: blockSizeBytes, sound: [1], unsound: [] });
    const path = at.game.layout.manifest.files[0]?.path ?? '';
    const [sent, arrived] = await Promise.all([readFile(join(at.game.folder, path)), readFile(join(at.target, path))]);
    assert.is(arrived.length, sent.length, 'made at full size');
    const middle = [blockSizeBytes, 2 * blockSizeBytes] as const;
    assert.ok(arrived.subarray(...middle).equals(sent.subarray(...middle)));
    assert.ok(
      arrived.subarray(0, blockSizeBytes).every((byte) => byte === 0),
      'nothing else is written',
    );
  });

  test('a short last block arrives', async () => {
    await using at = await scene([blockSizeBytes + 4_321]);
    const { done, outcome } = at.fetch(0, 2);
    await done;
    assert.equal(ascending(outcome.sound), [0, 1]);
    assert.is(outcome.bytes, blockSizeBytes + 4_321);
    await at.assertSame([0]);
  });

  test('a range runs on over several files, past an empty one', async () => {
    await using at = await scene([blockSizeBytes + 1, 17, 0, 2 * blockSizeBytes, 1]);
    const { done, outcome } = at.fetch(0, 6);
    await done;
    assert.equal(ascending(outcome.sound), range(0, 6));
    await at.assertSame([0, 1, 3, 4]);
  });

  test('an empty file in the list is made', async () => {
    await using at = await scene([10, 0]);
    const empty: FileWrite = { path: join(at.target, 'empty.bin'), sizeBytes: 0, blocks: [] };
    await at.fetch(0, 1, { edit: (request) => ({ ...request, files: [...request.files, empty] }) }).done;
    assert.is((await readFile(empty.path)).length, 0);
    await at.assertSame([0]);
  });

  test('a file with verified blocks that somebody deleted or cut meanwhile is not made anew', async () => {
    await using at = await scene([3 * blockSizeBytes]);
    const begun = (request: FetchRequest): FetchRequest => ({
      ...request,
      files: request.files.map((file) => ({ ...file, isBegun: true })),
    });
    const path = join(at.target, 'file-00000.bin');
    const gone = await failure(at.fetch(1, 2, { edit: begun }).done);
    assert.equal([gone.code, existsSync(path)], ['IO_ERROR', false]);
    assert.match(gone.message, /changed or deleted/);
    if (process.platform === 'win32') return;
    await writeFile(path, Buffer.alloc(blockSizeBytes));
    const cut = await failure(at.fetch(1, 2, { edit: begun }).done);
    assert.equal([cut.code, (await stat(path)).size], ['IO_ERROR', blockSizeBytes]);
  });

  test('a block with a wrong hash is reported and the next ones still arrive', async () => {
    await using at = await scene([3 * blockSizeBytes]);
    const spoil = (request: FetchRequest): FetchRequest => ({
      ...request,
      files: request.files.map((file) => ({
        ...file,
        blocks: file.blocks.map((block) => (block.block === 1 ? { ...block, hash: '0'.repeat(64) } : block)),
      })),
    });
    const { done, outcome } = at.fetch(0, 3, { edit: spoil });
    await done;
    assert.equal(outcome.unsound, [1]);
    assert.equal(ascending(outcome.sound), [0, 2]);
  });

  test('a refusal of the serve gate comes back with its code and writes nothing', async () => {
    const codes = ['GAME_NOT_FOUND', 'MANIFEST_MISMATCH', 'BLOCK_NOT_AVAILABLE', 'NOT_SERVED'] as const;
    const left = [...codes];
    await using at = await scene([100], () => async () => {
      throw new LanspreadError(left.shift() ?? 'INTERNAL');
    });
    for (const code of codes) {
      const { done, outcome } = at.fetch(0, 1);
      assert.is(await codeOf(done), code);
      assert.equal(outcome, newOutcome());
    }
    assert.equal(await readdir(at.target), []);
  });

  test('after a refusal the next request is served', async () => {
    let asks = 0;
    await using at = await scene([100], (authorize) => async (peerId, request) => {
      asks += 1;
      if (asks === 1) throw new LanspreadError('TOO_MANY_REQUESTS');
      return authorize(peerId, request);
    });
    assert.is(await codeOf(at.fetch(0, 1).done), 'TOO_MANY_REQUESTS');
    await at.fetch(0, 1).done;
    await at.assertSame([0]);
  });

  test('the serve gate learns who asks for what', async () => {
    const asked: [string, GetBlocks][] = [];
    await using at = await scene([100, 100], (authorize) => (peerId, request) => {
      asked.push([peerId, request]);
      return authorize(peerId, request);
    });
    await at.fetch(1, 1).done;
    assert.equal(asked, [[at.pair.clientPeerId, at.game.request(1, 1)]]);
  });

  test('a cancelled fetch ends with its code and writes nothing afterwards', async () => {
    await using at = await scene([24 * blockSizeBytes]);
    const stop = new AbortController();
    const { done, outcome } = at.fetch(0, 24, { signal: stop.signal, onBlock: () => stop.abort() });
    assert.is(await codeOf(done), 'CANCELLED');
    const reported = outcome.sound.length;
    assert.ok(reported > 0);
    // Whoever still wrote would fill this emptied file again.
    const path = join(at.target, 'file-00000.bin');
    await writeFile(path, '');
    await at.fetch(0, 1).done;
    const bytes = await readFile(path);
    assert.ok(bytes.subarray(blockSizeBytes).every((byte) => byte === 0));
    assert.is(outcome.sound.length, reported, 'nothing is reported afterwards');
  });

  test('a fetch with an aborted signal does not begin', async () => {
    await using at = await scene([100]);
    assert.is(await codeOf(at.fetch(0, 1, { signal: AbortSignal.abort() }).done), 'CANCELLED');
  });

  test('a peer that dies mid-way is gone; what was reported stays', async () => {
    await using at = await scene([64 * blockSizeBytes]);
    const first = Promise.withResolvers<void>();
    const { done, outcome } = at.fetch(0, 64, { onBlock: () => first.resolve() });
    const code = codeOf(done);
    await first.promise;
    await at.pair.killServer();
    assert.is(await code, 'PEER_GONE');
    assert.ok(outcome.sound.length > 0 && outcome.sound.length < 64);
  });

  test('several fetches run at once and do not mix', async () => {
    await using at = await scene([20 * blockSizeBytes]);
    const fetches = range(0, 10).map((index) => at.fetch(index * 2, 2));
    await Promise.all(fetches.map(({ done }) => done));
    for (const [index, { outcome }] of fetches.entries()) {
      assert.equal(ascending(outcome.sound), [index * 2, index * 2 + 1]);
      assert.is(outcome.bytes, 2 * blockSizeBytes);
    }
    await at.assertSame([0]);
  });

  test('cancelling one fetch leaves the others alone', async () => {
    await using at = await scene([40 * blockSizeBytes]);
    const stop = new AbortController();
    const kept = range(0, 6).map((index) => at.fetch(index * 4, 4));
    const cancelled = range(6, 4).map((index) => at.fetch(index * 4, 4, { signal: stop.signal }));
    const codes = cancelled.map(({ done }) => codeOf(done));
    stop.abort();
    for (const code of await Promise.all(codes)) assert.is(code, 'CANCELLED');
    await Promise.all(kept.map(({ done }) => done));
    for (const [index, { outcome }] of kept.entries()) assert.equal(ascending(outcome.sound), range(index * 4, 4));
  });

  test('a wrong copy of a block never spoils a sound one', async () => {
    let asks = 0;
    await using at = await scene([4 * blockSizeBytes], (authorize) => async (peerId, request) => {
      asks += 1;
      // Read before waiting: the other fetch asks meanwhile.
      const isHonest = asks % 2 === 0;
      const plan = await authorize(peerId, request);
      // Every other answer is of the right length and wrong: the file's blocks in another order.
      return isHonest ? plan : { ...plan, segments: plan.segments.toReversed() };
    });
    for (let round = 0; round < 4; round += 1) {
      const [one, other] = [at.fetch(0, 4), at.fetch(0, 4)];
      await Promise.all([one.done, other.done]);
      assert.equal(ascending([...one.outcome.sound, ...other.outcome.sound]), range(0, 4));
      await at.assertSame([0]);
      await rm(join(at.target, 'file-00000.bin'));
    }
  });

  test('many small files come in one request', async () => {
    const count = 1_500;
    await using at = await scene(range(0, count).map((index) => 1 + ((index * 977) % 3_000)));
    const { done, outcome } = at.fetch(0, count);
    await done;
    assert.equal(ascending(outcome.sound), range(0, count));
    await at.assertSame(range(0, count));
  });

  test('a file that got shorter on the serving side ends the fetch with a code', async () => {
    await using at = await scene([4 * blockSizeBytes]);
    await writeFile(join(at.game.folder, 'file-00000.bin'), Buffer.alloc(blockSizeBytes));
    const code = await codeOf(at.fetch(0, 4).done);
    assert.ok(['PEER_GONE', 'PEER_UNREACHABLE'].includes(code), code);
  });

  test('a target that cannot be written is an IO_ERROR that names the file', async () => {
    await using at = await scene([100]);
    const path = join(at.target, 'no-such-folder', 'file.bin');
    const { done } = at.fetch(0, 1, {
      edit: (request) => ({ ...request, files: request.files.map((file) => ({ ...file, path })) }),
    });
    try {
      await done;
      assert.unreachable();
    } catch (error) {
      assert.instance(error, LanspreadError);
      assert.is((error as LanspreadError).code, 'IO_ERROR');
      assert.is((error as LanspreadError).details.path, path);
    }
  });

  test('who has no session is not served', async () => {
    await using at = await scene([100]);
    await at.fetch(0, 1).done;
    await at.pair.distrustClient();
    const started = systemClock.monotonicMs();
    const code = await codeOf(at.fetch(0, 1).done);
    assert.ok(['PEER_GONE', 'PEER_UNREACHABLE'].includes(code), code);
    assert.ok(systemClock.monotonicMs() - started < 10_000, 'soon');
  });

  test('a peer nobody knows is unreachable', async () => {
    await using at = await scene([100]);
    const { done } = at.fetch(0, 1, { edit: (request) => ({ ...request, peerId: 'nobody' }) });
    const code = await codeOf(done);
    assert.ok(['PEER_GONE', 'PEER_UNREACHABLE'].includes(code), code);
  });

  test.run();
}
