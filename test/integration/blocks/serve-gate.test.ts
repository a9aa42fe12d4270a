import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rm, utimes, writeFile } from 'node:fs/promises';
import {
  Bitmap,
  LanspreadError,
  nodeFileSystem,
  parseGameId,
  silentLogger,
  systemClock,
  type GameId,
} from '../../../app/core/base/index.ts';
import { openLibrary, type HashedManifest } from '../../../app/core/library/index.ts';
import { blockSizeBytes, ManifestLayout, type GetBlocks } from '../../../app/core/protocol/index.ts';
import { openState } from '../../../app/core/state/index.ts';
import { createTlsLane } from '../../../app/core/lanes/index.ts';
import { createLibp2pLane, serveBlocks } from '../../../app/core/lanes/control/libp2p-lane.ts';
import { askRoot } from '../../../app/core/manifests/index.ts';
import { createServeGate, type ServeGateOptions } from '../../../app/core/blocks/serve/serve-gate.ts';

type LivePartial = NonNullable<ReturnType<ServeGateOptions['partialOf']>>;
import { serveManifests } from '../../../app/core/manifests/serve-manifest.ts';
import type { Authorize, Lane } from '../../../app/core/lanes/types.ts';
import { writeEntries } from '../../support/entries.ts';
import { writeSentinel } from '../../support/games.ts';
import { startPeerPair } from '../../support/peer-pair.ts';
import { tempDir } from '../../support/temp.ts';

const id = parseGameId('game');

interface Road extends AsyncDisposable {
  readonly lane: Lane;
  readonly serverPeerId: string;
}

const tlsRoad = async (authorize: Authorize): Promise<Road> => {
  const options = { listenHosts: ['127.0.0.1'], clock: systemClock, logger: silentLogger };
  await using starting = new AsyncDisposableStack();
  const server = starting.use(await createTlsLane({ ...options, authorize }));
  const lane = starting.use(await createTlsLane({ ...options, authorize: () => Promise.reject(new Error('no')) }));
  await server.trust('client', { ...lane.offer(), addresses: [] });
  await lane.trust('server', server.offer());
  const running = starting.move();
  return { lane, serverPeerId: 'server', [Symbol.asyncDispose]: () => running.disposeAsync() };
};

const libp2pRoad = async (authorize: Authorize): Promise<Road> => {
  await using starting = new AsyncDisposableStack();
  const { server, client } = starting.use(await startPeerPair());
  starting.use(serveBlocks(server, { authorize }));
  const running = starting.move();
  return {
    lane: createLibp2pLane(client),
    serverPeerId: server.peerId,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
};

interface Scene extends AsyncDisposable {
  /** Called whenever the gate looks at a file. */
  onLook: () => void;
  /** Games of which the gate found that the library is behind. */
  readonly stale: readonly GameId[];
  readonly known: Set<string>;
  readonly unservable: Set<string>;
  readonly live: Map<GameId, LivePartial>;
  readonly hashed: HashedManifest;
  readonly root: string;
  readonly hold: () => Disposable;
  readonly refresh: () => Promise<unknown>;
  /** Asks with these changes to a request that is in order; the answer's code, or `served`. */
  ask(changes?: Partial<GetBlocks>): Promise<string>;
}

async function scene(openRoad: (authorize: Authorize) => Promise<Road>): Promise<Scene> {
  await using starting = new AsyncDisposableStack();
  const folder = starting.use(await tempDir('gate'));
  const root = folder.join('games', id);
  await writeEntries(
    root,
    [
      { path: 'a.bin', sizeBytes: blockSizeBytes + 5 },
      { path: 'b/c.bin', sizeBytes: 100 },
      { path: 'local/save.dat', sizeBytes: 10 },
      { path: '.sync/x', sizeBytes: 10 },
    ],
    'gate',
  );
  await writeSentinel(root, '1');
  const { state } = openState({ directory: folder.join('state') });
  starting.use(state);
  const known = new Set<string>([id]);
  const unservable = new Set<string>();
  const live = new Map<GameId, LivePartial>();
  const isKnownGame = (game: string): boolean => known.has(game);
  const library = starting.use(
    await openLibrary({
      gamesDir: folder.join('games'),
      state,
      isKnownGame,
      fileSystem: nodeFileSystem,
      logger: silentLogger,
    }),
  );
  await library.scan();
  const hashed = await library.manifest(id);
  const stale: GameId[] = [];
  const look: { onLook: () => void } = { onLook: () => {} };
  const authorize = createServeGate({
    library,
    isKnownGame,
    isServable: (game) => !unservable.has(game),
    partialOf: (game) => live.get(game),
    fileSystem: {
      ...nodeFileSystem,
      lstat(path) {
        look.onLook();
        return nodeFileSystem.lstat(path);
      },
    },
    blocks: state.blocks,
    onStale: (game) => void stale.push(game),
  });
  const { lane, serverPeerId } = starting.use(await openRoad(authorize));
  const layout = new ManifestLayout(hashed.manifest);
  const owned = starting.move();
  return Object.assign(look, {
    stale,
    known,
    unservable,
    live,
    hashed,
    root,
    hold: () => library.hold(id),
    refresh: () => library.refresh(id),
    async ask(changes: Partial<GetBlocks> = {}) {
      const { offsetBytes, lengthBytes, hash } = layout.place(0);
      const request: GetBlocks = { op: 'blocks', id, root: hashed.root, file: 'a.bin', from: 0, count: 1, ...changes };
      const blocks = [{ block: 0, offsetBytes, lengthBytes, hash }];
      const sound: boolean[] = [];
      try {
        await lane.fetch(
          { peerId: serverPeerId, request, files: [{ path: folder.join('target'), sizeBytes: lengthBytes, blocks }] },
          { onBytes() {}, onBlock: (_block, isSound) => void sound.push(isSound) },
          { signal: AbortSignal.timeout(10_000) },
        );
        assert.equal(sound, [true]);
        return 'served';
      } catch (error) {
        assert.equal(sound, [], 'not a byte of it');
        return error instanceof LanspreadError ? error.code : String(error);
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  });
}

for (const [name, openRoad] of Object.entries({ 'byte lane': tlsRoad, 'control plane': libp2pRoad })) {
  const test = suite(`serve gate over the ${name}`);

  test('a complete game is served, also while it is being installed', async () => {
    await using at = await scene(openRoad);
    assert.is(await at.ask(), 'served');
    using _held = at.hold();
    await writeEntries(at.root, [{ path: '.local.installing/.lanspread_owned', text: '' }], 'staging');
    await at.refresh();
    assert.is(await at.ask(), 'served');
  });

  test('a game that the catalog does not list is refused', async () => {
    await using at = await scene(openRoad);
    assert.is(await at.ask({ id: parseGameId('other') }), 'GAME_NOT_FOUND');
    at.known.delete(id);
    assert.is(await at.ask(), 'GAME_NOT_FOUND');
  });

  test('a game without its sentinel is refused, even before the library has noticed', async () => {
    await using at = await scene(openRoad);
    await rm(`${at.root}/version.ini`);
    assert.is(await at.ask(), 'GAME_NOT_FOUND');
    await at.refresh();
    assert.is(await at.ask(), 'GAME_NOT_FOUND');
  });

  test('a game that is being removed or repaired is refused', async () => {
    await using at = await scene(openRoad);
    at.unservable.add(id);
    assert.is(await at.ask(), 'GAME_NOT_FOUND');
  });

  test('another manifest is refused', async () => {
    await using at = await scene(openRoad);
    assert.is(await at.ask({ root: 'f'.repeat(64) }), 'MANIFEST_MISMATCH');
  });

  test('what is not in the manifest is refused, whatever it is called', async () => {
    await using at = await scene(openRoad);
    const paths = [
      'local/save.dat',
      '../../state/lanspread.db',
      'b/../a.bin',
      `${at.root}/a.bin`,
      '/etc/passwd',
      'version.ini',
      '.sync/x',
      '.local.backup/x',
      'A.BIN',
      'a.bin/',
      'a.bin\0',
      'b\\c.bin',
      '__proto__',
      '',
    ];
    for (const file of paths) assert.is(await at.ask({ file }), 'NOT_SERVED', JSON.stringify(file));
    assert.is(await at.ask(), 'served', 'and the lane still works');
  });

  test('a range over the end is refused', async () => {
    await using at = await scene(openRoad);
    assert.is(await at.ask({ from: 2 }), 'NOT_SERVED');
    assert.is(await at.ask({ count: 4 }), 'NOT_SERVED');
    assert.is(await at.ask({ from: Number.MAX_SAFE_INTEGER }), 'NOT_SERVED');
  });

  test('of a running download only verified blocks of that manifest are served', async () => {
    await using at = await scene(openRoad);
    await rm(`${at.root}/version.ini`);
    await at.refresh();
    const layout = new ManifestLayout(at.hashed.manifest);
    const verified = new Bitmap(layout.blockCount);
    at.live.set(id, { manifestRoot: at.hashed.root, gameRoot: at.root, layout, verified });
    assert.is(await at.ask(), 'BLOCK_NOT_AVAILABLE');
    verified.add(0);
    assert.is(await at.ask(), 'served');
    assert.is(await at.ask({ count: 2 }), 'BLOCK_NOT_AVAILABLE', 'not the one beside it');
    assert.is(await at.ask({ root: 'f'.repeat(64) }), 'MANIFEST_MISMATCH');
  });

  test('a game whose sentinel tells of something else is refused before the library has noticed, which then looks', async () => {
    await using at = await scene(openRoad);
    await rm(`${at.root}/version.ini`);
    await writeSentinel(at.root, '2');
    assert.is(await at.ask(), 'MANIFEST_MISMATCH');
    assert.equal(at.stale, [id]);
    await rm(`${at.root}/version.ini`);
    await writeSentinel(at.root, '1');
    assert.is(await at.ask(), 'served');
  });

  test('an operation that begins while the disk is looked at is noticed', async () => {
    await using at = await scene(openRoad);
    at.onLook = () => void at.unservable.add(id);
    assert.is(await at.ask(), 'GAME_NOT_FOUND');
    at.unservable.clear();
    const layout = new ManifestLayout(at.hashed.manifest);
    const verified = new Bitmap(layout.blockCount);
    at.onLook = () => void at.live.set(id, { manifestRoot: at.hashed.root, gameRoot: at.root, layout, verified });
    assert.is(await at.ask(), 'MANIFEST_PENDING');
  });

  test('a file that changed since it was hashed is refused', async () => {
    await using at = await scene(openRoad);
    await writeFile(`${at.root}/a.bin`, Buffer.alloc(blockSizeBytes + 5));
    await utimes(`${at.root}/a.bin`, 1, 1);
    assert.is(await at.ask(), 'NOT_SERVED');
    await rm(`${at.root}/a.bin`);
    assert.is(await at.ask(), 'NOT_SERVED');
  });

  test.run();
}

const manifests = suite('manifests');

manifests('are given for the wanted version of a complete game only', async () => {
  await using pair = await startPeerPair();
  const hashed = { root: 'a'.repeat(64), bytes: new Uint8Array(3), executables: [] };
  let downloaded = true;
  const removing = new Set<string>();
  using _serving = serveManifests({
    peers: pair.server,
    library: {
      // oxlint-disable-next-line -- only what the answer reads
      get: () => ({ downloaded, version: '1' }) as never,
      manifestState: () => ({ kind: 'ready', hashed }) as never,
    },
    isKnownGame: (game) => game === id,
    isServable: (game) => !removing.has(game),
  });
  const ask = async (gameId: GameId, version: string): Promise<string> => {
    const options = { request: { gameId, version }, signal: AbortSignal.timeout(10 * 1_000) };
    try {
      return await askRoot(pair.client, pair.server.peerId, options);
    } catch (error) {
      return error instanceof LanspreadError ? error.code : String(error);
    }
  };
  assert.is(await ask(id, '1'), hashed.root);
  assert.is(await ask(id, '2'), 'GAME_NOT_FOUND');
  assert.is(await ask(parseGameId('other'), '1'), 'GAME_NOT_FOUND');
  removing.add(id);
  assert.is(await ask(id, '1'), 'GAME_NOT_FOUND');
  removing.clear();
  downloaded = false;
  assert.is(await ask(id, '1'), 'GAME_NOT_FOUND');
});

manifests.run();
