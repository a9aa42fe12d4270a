/**
 * Whole operations in one process: the real queue, transfer, installer, library, database and disk; only the peers are in
 * memory. The disk can be wrapped, so that a test breaks any step of any operation.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  blake3Hex,
  Emitter,
  nodeFileSystem,
  silentLogger,
  systemClock,
  type FileSystem,
} from '../../app/core/base/index.ts';
import { downloadListStore } from '../../app/core/wiring/options.ts';
import {
  createInstaller,
  openPayloadContent,
  recover,
  streamingFileHasher,
  type InstallContext,
} from '../../app/core/install/index.ts';
import { RootLocks } from '../../app/core/game-folder/index.ts';
import { openLibrary, type BlockHasher } from '../../app/core/library/index.ts';
import { blockSizeBytes, ManifestLayout, decodeManifest } from '../../app/core/protocol/index.ts';
import { KnownGames } from '../../app/core/catalog/index.ts';
import { createOperations, type Operations, type OperationsOptions } from '../../app/core/operations/index.ts';
import { settingsInMemory } from './memory-settings.ts';
import type { State } from '../../app/core/state/index.ts';
import { discard, download } from '../../app/core/blocks/download.ts';
import { repair, verify, type VerifyContext } from '../../app/core/blocks/repair.ts';
import type { StreamSenders } from '../../app/core/streamed/index.ts';
import { isTerminal } from './event-faults.ts';
import { gameId, type MadeGame } from './fault-game.ts';
import { downloadLab, type FakeSwarm } from './fake-swarm.ts';
import { idlePlayer } from './operations-lab.ts';
import type { HarnessEvent } from './peer.ts';
import { createPlainUnpacker } from './plain-archive.ts';
import { versions, type Version } from './root-invariants.ts';
import { readTree, type Tree } from './trees.ts';
import { pouringOf, wholeOf } from './pouring.ts';

const never = new AbortController().signal;
/** An operation that says nothing for so long hangs, in milliseconds. */
const hangMs = 30_000;

export interface FaultLabOptions {
  /** Empty, or what an earlier lab left. */
  readonly directory: string;
  readonly made: Record<Version, MadeGame>;
  readonly wrap?: (fileSystem: FileSystem) => FileSystem;
}

export interface FaultLab extends AsyncDisposable {
  readonly root: string;
  readonly gamesDir: string;
  readonly state: State;
  readonly swarm: FakeSwarm;
  readonly operations: Operations;
  readonly events: readonly HarnessEvent[];
  /** What the catalog names. */
  wanted: Version;
  /** Gives a command; answers with the last event of what it began, or throws its refusal. */
  run(command: (operations: Operations) => void | Promise<void>): Promise<HarnessEvent>;
  /** Looks for the games folder as a core does every few seconds, and settles it when it is back; until nothing runs. */
  idle(): Promise<void>;
  tree(): Promise<Tree>;
}

/** Starts as a core does: recovery, a scan, then what was under way. Both versions are offered. */
export async function faultLab({ directory, made, wrap = (inner) => inner }: FaultLabOptions): Promise<FaultLab> {
  await using starting = new AsyncDisposableStack();
  const base = starting.use(await downloadLab({ directory, wrap, wrapsLane: true }));
  const { state, root, swarm } = base;
  const { fileSystem } = base.context;
  const gamesDir = join(root, '..');
  const events: HarnessEvent[] = [];
  const onEvent = new Emitter<HarnessEvent>();
  const locks = new RootLocks();
  const unpackers = [createPlainUnpacker(fileSystem)];
  const installContext: InstallContext = {
    fileSystem,
    state,
    unpackers: () => unpackers,
    hashFile: streamingFileHasher(fileSystem),
    locks,
    clock: systemClock,
    logger: silentLogger,
    keepPatterns: () => ['cfg/**'],
    archiveRules: () => ({}),
    isInCatalog: (id) => id === gameId,
    gamesDir: () => gamesDir,
  };
  await recover(installContext, { gamesDir });
  const library = starting.use(
    await openLibrary({
      gamesDir,
      state,
      isKnownGame: (id) => id === gameId,
      fileSystem,
      hasher: hasherInThisThread,
      logger: silentLogger,
    }),
  );
  await library.scan();
  const installer = createInstaller(installContext);
  const transferContext: VerifyContext = {
    ...base.context,
    library,
    hasher: hasherInThisThread,
    state,
    settleRoot: (target, options) => installer.settle(target, options),
  };
  const game = () => ({
    id: gameId,
    title: 'Game',
    version: lab.wanted,
    description: '',
    genres: [],
    tags: [],
    launch: [],
    keep: ['cfg/**'],
  });
  // What operations use of a catalog; the whole interface is far larger.
  const catalog = {
    has: (id: string) => id === gameId,
    get: (id: string) => (id === gameId ? game() : undefined),
    all: () => [game()],
    onDidChange: new Emitter<void>().event,
  } as unknown as OperationsOptions['catalog'];
  const operations = starting.use(
    createOperations({
      catalog,
      known: new KnownGames({ catalog, store: settingsInMemory(), logger: silentLogger }),
      library,
      peers: swarm.network,
      transfer: {
        download: (request, listener, { signal }) => download(transferContext, request, { listener, signal }),
        discard: (request) => discard(transferContext, request),
        verify: (request, listener, { signal }) => verify(transferContext, request, { listener, signal }),
        repair: (request, listeners, { signal }) => repair(transferContext, request, { ...listeners, signal }),
        forgetPayload: (path) => state.payloads.clear(path),
        resumable(path) {
          const partial = state.partials.get(path);
          if (!partial) return undefined;
          const { totalBytes } = new ManifestLayout(decodeManifest(partial.manifestBytes));
          const { verifiedBytes: bytes, version, manifestRoot, install } = partial;
          return { bytes, totalBytes, version, manifestRoot, install };
        },
        async findSenders({ version }) {
          const { fake, payloadBytes } = made[version === '1' ? '1' : '2'];
          return {
            manifestRoot: fake.hashed.root,
            payloadBytes,
            senders: [senderOf(made[version === '1' ? '1' : '2'])],
          };
        },
      },
      installer,
      player: idlePlayer,
      emit(message) {
        // As the harness prints it.
        const event: HarnessEvent = { ...message };
        events.push(event);
        onEvent.fire(event);
      },
      maxConcurrentDownloads: () => 2,
      downloadList: downloadListStore(state.downloadQueue, () => gamesDir),
      clock: systemClock,
      logger: silentLogger,
    }),
  );
  for (const version of versions) swarm.add(`peer ${version}`, made[version].fake);
  const isIdle = (): boolean => operations.running().length === 0;
  const untilIdle = (what: string): { ended: Promise<HarnessEvent> } & Disposable => {
    const { promise, resolve, reject } = Promise.withResolvers<HarnessEvent>();
    const waiting = new DisposableStack();
    waiting.use(onEvent.event((event) => void (isTerminal(event) && isIdle() && resolve(event))));
    waiting.use(systemClock.timeout(() => reject(new Error(`${what} does not come to its end`)), hangMs));
    return { ended: promise, [Symbol.dispose]: () => waiting.dispose() };
  };
  const lab: Omit<FaultLab, keyof AsyncDisposable> = {
    root,
    gamesDir,
    state,
    swarm,
    operations,
    events,
    wanted: '2',
    async run(command) {
      using waiting = untilIdle('the operation');
      await command(operations);
      return await waiting.ended;
    },
    async idle() {
      const wasThere = library.isAvailable;
      if (!wasThere && (await library.checkFolder())) {
        await recover(installContext, { gamesDir, isActive: (id) => operations.isBusy(id) });
        await library.scan();
      }
      using waiting = untilIdle('what goes on by itself');
      if (!isIdle()) await waiting.ended;
    },
    tree: () => readTree(gamesDir),
  };
  operations.restore();
  const owned = starting.move();
  return Object.assign(lab, {
    async [Symbol.asyncDispose]() {
      await operations.stop();
      await owned.disposeAsync();
    },
  });
}

function senderOf(made: MadeGame): StreamSenders['senders'][number] {
  const context = {
    fileSystem: nodeFileSystem,
    unpackers: () => [createPlainUnpacker(nodeFileSystem)],
    archiveRules: () => ({}),
  };
  return {
    peerId: `peer ${made.version}`,
    async open() {
      const content = await openPayloadContent(context, made.root, { signal: never });
      const hashOf = new Map(made.installed.map(({ path, hash }) => [path, hash]));
      return {
        entries: content.entries,
        totalBytes: content.totalBytes,
        hashes: content.entries.flatMap(({ path, kind }) => (kind === 'file' ? [hashOf.get(path) ?? ''] : [])),
        pour: pouringOf(() => wholeOf(content, never)),
        async [Symbol.asyncDispose]() {},
      };
    },
  };
}

/** Looks at the true disk: what is broken is what the launcher itself does. */
const hasherInThisThread: BlockHasher = {
  async hashFile(path) {
    const bytes = await readFile(path);
    const hashes: string[] = [];
    for (let at = 0; at < bytes.length; at += blockSizeBytes)
      hashes.push(blake3Hex(bytes.subarray(at, at + blockSizeBytes)));
    return hashes;
  },
  async checkBlocks(path, blocks) {
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    return blocks.map(
      ({ offsetBytes, lengthBytes, hash }) =>
        blake3Hex(bytes.subarray(offsetBytes, offsetBytes + lengthBytes)) === hash,
    );
  },
  async [Symbol.asyncDispose]() {},
};
