import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  Bitmap,
  LanspreadError,
  parseGameId,
  silentLogger,
  systemClock,
  type GameId,
} from '../../../app/core/base/index.ts';
import type { PeerNetwork } from '../../../app/core/peers/index.ts';
import { askHaveSchema, blockSizeBytes, protocols, type Have } from '../../../app/core/protocol/index.ts';
import type { BlockRun } from '../../../app/core/blocks/schedule/block-runs.ts';
import { isNonsense } from '../../../app/core/blocks/have-check.ts';
import { createTlsLane } from '../../../app/core/lanes/index.ts';
import { createLibp2pLane, serveBlocks } from '../../../app/core/lanes/control/libp2p-lane.ts';
import { LivePartial } from '../../../app/core/blocks/live-partial.ts';
import { ProgressMeter } from '../../../app/core/blocks/progress.ts';
import { Scheduler } from '../../../app/core/blocks/schedule/scheduler.ts';
import { serveHave } from '../../../app/core/blocks/serve/serve-have.ts';
import { TransferRun } from '../../../app/core/blocks/transfer-run.ts';
import type { Authorize, Lane } from '../../../app/core/lanes/types.ts';
import { watchHave } from '../../../app/core/blocks/watch-have.ts';
import { SharedGame } from '../../support/compliance/lane.ts';
import { until } from '../../support/eventually.ts';
import { layoutOfSizes } from '../../support/manifests.ts';
import { startPeerPair } from '../../support/peer-pair.ts';
import { tempDir } from '../../support/temp.ts';
import { assertSameTree, readTree } from '../../support/trees.ts';
import { transports } from '../../support/transports.ts';

const id = parseGameId('game');
const root = 'a'.repeat(64);
const blockCount = 20;

interface Heard {
  have: number[] | undefined;
  readonly added: number[];
  claims: readonly BlockRun[];
  messages: number;
  /** How it ended: `ended` without an error, or the error. */
  readonly end: Promise<unknown>;
}

function listen(
  client: PeerNetwork,
  peerId: string,
  { asked = root, signal = new AbortController().signal } = {},
): Heard {
  const heard: Omit<Heard, 'end'> = { have: undefined, added: [], claims: [], messages: 0 };
  const end = watchHave({
    peers: client,
    peerId,
    gameId: id,
    manifestRoot: asked,
    blockCount,
    onHave: (have) => {
      heard.have = Array.from({ length: blockCount }, (_, block) => block).filter((block) => have.has(block));
    },
    onNews: ({ added, claims }) => {
      heard.messages += 1;
      heard.claims = claims;
      for (const [first, count] of added) for (let at = 0; at < count; at += 1) heard.added.push(first + at);
    },
    clock: systemClock,
    signal,
  }).then(
    () => 'ended',
    (error: unknown) => error,
  );
  return Object.assign(heard, { end });
}

const codeOf = (error: unknown): unknown => (error instanceof LanspreadError ? error.code : error);

for (const transport of transports) {
  const test = suite(`who has which blocks, over ${transport}`);

  test('it is told at once, then as it grows, each block once, until the download ends', async () => {
    await using pair = await startPeerPair({ transport });
    const layout = layoutOfSizes([blockCount * blockSizeBytes]);
    const verified = new Bitmap(blockCount);
    for (const block of [3, 4]) verified.add(block);
    let claims: BlockRun[] = [[7, 2]];
    const live = new LivePartial({ manifestRoot: root, gameRoot: '/none', layout, verified, claims: () => claims });
    const partials = new Map<GameId, LivePartial>([[id, live]]);
    using _serving = serveHave({
      peers: pair.server,
      partialOf: (game) => partials.get(game),
      isServable: () => true,
      clock: systemClock,
    });
    const heard = listen(pair.client, pair.server.peerId);
    await until('the bitmap is there', () => heard.have !== undefined);
    assert.equal(heard.have, [3, 4]);
    assert.equal(heard.claims, [[7, 2]]);
    const arrive = (block: number): void => {
      verified.add(block);
      live.onVerified(block);
    };
    for (const block of [9, 0, 1]) arrive(block);
    await until('what came is told', () => heard.added.length === 3);
    assert.equal(heard.added, [9, 0, 1], 'in the order in which it came');
    claims = [];
    await until('what is left off is told', () => heard.claims.length === 0);
    arrive(19);
    await until('the last one is told', () => heard.added.length === 4);
    partials.delete(id);
    live.end();
    assert.is.not(await heard.end, undefined);
    assert.not.ok(isNonsense(await heard.end), 'an end is no offence');
    assert.equal(heard.added, [9, 0, 1, 19]);
  });

  test('nothing is told of a root that is not fetched, of a game that is not, or that may not be served', async () => {
    await using pair = await startPeerPair({ transport });
    const live = new LivePartial({
      manifestRoot: root,
      gameRoot: '/none',
      layout: layoutOfSizes([blockCount * blockSizeBytes]),
      verified: new Bitmap(blockCount),
      claims: () => [],
    });
    let isServable = true;
    let isThere = true;
    using _serving = serveHave({
      peers: pair.server,
      partialOf: () => (isThere ? live : undefined),
      isServable: () => isServable,
      clock: systemClock,
    });
    const { server, client } = pair;
    const other = listen(client, server.peerId, { asked: 'b'.repeat(64) });
    assert.is(codeOf(await other.end), 'GAME_NOT_FOUND');
    assert.is(other.have, undefined);
    isServable = false;
    assert.is(codeOf(await listen(client, server.peerId).end), 'GAME_NOT_FOUND');
    [isServable, isThere] = [true, false];
    assert.is(codeOf(await listen(client, server.peerId).end), 'GAME_NOT_FOUND');
  });

  const good: Have = { ok: true, bitmap: Buffer.alloc(3).toString('base64'), added: [], fetching: [] };
  const everything: BlockRun[] = Array.from({ length: 10_000 }, () => [0, blockCount]);
  const told = (more: object): object[] => [good, { ok: true, added: [], fetching: [], ...more }];
  const lies: Record<string, { messages: object[]; isNonsense: boolean }> = {
    'a bitmap too short': { messages: [{ ...good, bitmap: 'AAA=' }], isNonsense: true },
    'a bitmap too long': { messages: [{ ...good, bitmap: 'AAAAAAAA' }], isNonsense: true },
    'no bitmap': { messages: [{ ok: true, added: [], fetching: [] }], isNonsense: true },
    'a bitmap that is no base64': { messages: [{ ...good, bitmap: '***' }], isNonsense: false },
    'blocks behind the last': { messages: told({ added: [[19, 2]] }), isNonsense: true },
    'fetching blocks behind the last': { messages: told({ fetching: [[20, 1]] }), isNonsense: true },
    'the same blocks ten thousand times': { messages: told({ added: everything }), isNonsense: true },
    'fetching the same ten thousand times': { messages: told({ fetching: everything }), isNonsense: true },
    'every block, and then again': {
      messages: [...told({ added: [[0, 20]] }), { ok: true, added: [[0, 1]], fetching: [] }],
      isNonsense: true,
    },
    'more runs than may be': { messages: told({ added: [...everything, [0, 1]] }), isNonsense: false },
    'a run of nothing': { messages: told({ added: [[0, 0]] }), isNonsense: false },
    'a run before the first': { messages: told({ added: [[-1, 2]] }), isNonsense: false },
    'a flood of news': {
      messages: [good, ...Array.from({ length: 200 }, () => ({ ok: true, added: [], fetching: [] }))],
      isNonsense: true,
    },
  };
  for (const [what, lie] of Object.entries(lies)) {
    test(`${what}: nobody listens any longer`, async () => {
      await using pair = await startPeerPair({ transport });
      const over = new AbortController();
      using _serving = pair.server.handle(protocols.have, async (stream) => {
        await stream.readMessage(askHaveSchema, 'Have');
        for (const message of lie.messages) await stream.writeMessage(message);
        await new Promise<void>((resolve) => over.signal.addEventListener('abort', () => resolve(), { once: true }));
      });
      const heard = listen(pair.client, pair.server.peerId);
      const limit = AbortSignal.timeout(10_000);
      const end = await Promise.race([
        heard.end,
        new Promise((resolve) => limit.addEventListener('abort', () => resolve('nothing'), { once: true })),
      ]);
      over.abort();
      assert.is(codeOf(end), 'BAD_MESSAGE', what);
      assert.is(isNonsense(end), lie.isNonsense);
      assert.ok(heard.messages <= 42);
    });
  }

  test.run();
}

interface Road extends AsyncDisposable {
  readonly lane: Lane;
  readonly peerId: string;
}

const roads: Record<string, (authorize: Authorize) => Promise<Road>> = {
  async 'byte lane'(authorize) {
    const options = { listenHosts: ['127.0.0.1'], clock: systemClock, logger: silentLogger, workers: 1 };
    await using starting = new AsyncDisposableStack();
    const server = starting.use(await createTlsLane({ ...options, authorize }));
    const lane = starting.use(await createTlsLane({ ...options, authorize: () => Promise.reject(new Error('no')) }));
    await server.trust('client', { ...lane.offer(), addresses: [] });
    await lane.trust('server', server.offer());
    const running = starting.move();
    return { lane, peerId: 'server', [Symbol.asyncDispose]: () => running.disposeAsync() };
  },
  async 'control plane'(authorize) {
    await using starting = new AsyncDisposableStack();
    const { server, client } = starting.use(await startPeerPair());
    starting.use(serveBlocks(server, { authorize }));
    const running = starting.move();
    return {
      lane: createLibp2pLane(client),
      peerId: server.peerId,
      [Symbol.asyncDispose]: () => running.disposeAsync(),
    };
  },
};

for (const [name, openRoad] of Object.entries(roads)) {
  const test = suite(`lies about blocks over the ${name}`);

  test('who tells to have everything and gives nothing delays nobody, and nobody innocent is struck', async () => {
    await using stack = new AsyncDisposableStack();
    const source = stack.use(await tempDir('have-source'));
    const target = stack.use(await tempDir('have-target'));
    const blocks = 12;
    const game = await SharedGame.create(source.path, [blocks * blockSizeBytes]);
    let refused = 0;
    const liar = stack.use(
      await openRoad(async () => {
        refused += 1;
        throw new LanspreadError('BLOCK_NOT_AVAILABLE');
      }),
    );
    const honest = stack.use(await openRoad(game.authorize));
    const seed = stack.use(await openRoad(game.authorize));
    // The peers' own names differ from road to road, so each is called by its part here.
    const lanes: Record<string, Road> = { liar, honest, seed };
    const laneOf = (peerId: string): Lane => {
      const road = lanes[peerId];
      if (!road) throw new Error(`no road to ${peerId}`);
      return {
        kind: road.lane.kind,
        fetch: (request, listener, options) => road.lane.fetch({ ...request, peerId: road.peerId }, listener, options),
        async [Symbol.asyncDispose]() {},
      };
    };
    const { layout } = game;
    const scheduler = new Scheduler({ layout, verified: new Bitmap(blocks), self: 'here' });
    const served = new Map<string, number>();
    const struck: string[] = [];
    const run = new TransferRun({
      scheduler,
      layout,
      rootOf: () => game.root,
      gameRoot: target.path,
      laneOf,
      onLaneFailed: () => false,
      meter: new ProgressMeter({ totalBytes: layout.totalBytes, verifiedBytes: 0, nowMs: performance.now() }),
      onVerified() {},
      listener: {
        onBegin() {},
        onProgress() {},
        onBlocksVerified: ({ peerId, count }) => void served.set(peerId, (served.get(peerId) ?? 0) + count),
        onPeerStruck: ({ peerId }) => void struck.push(peerId),
      },
      clock: systemClock,
      logger: silentLogger,
    });
    run.putPeer('liar', Bitmap.full(blocks));
    const half = new Bitmap(blocks);
    for (let block = 0; block < blocks / 2; block += 1) half.add(block);
    run.putPeer('honest', half);
    run.putPeer('seed');
    const startedMs = performance.now();
    assert.equal(await run.run(AbortSignal.timeout(20_000)), { kind: 'done' });
    assert.ok(performance.now() - startedMs < 10_000);
    assert.equal(struck, []);
    assert.is(served.get('liar'), undefined);
    assert.is((served.get('honest') ?? 0) + (served.get('seed') ?? 0), blocks);
    assert.ok(refused <= 8, `${refused} requests for nothing`);
    assertSameTree(await readTree(target.path), await readTree(source.path));
  });

  test.run();
}
