/** Peers in memory that give a game away, soundly or not, and a download onto a real disk that knows only them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  blake3Hex,
  Emitter,
  LanspreadError,
  nodeFileSystem,
  parseGameId,
  parsePath,
  silentLogger,
  systemClock,
  type FileSystem,
} from '../../app/core/base/index.ts';
import type { HashedManifest } from '../../app/core/library/index.ts';
import type { LostReason, Peer, PeerStream } from '../../app/core/peers/index.ts';
import {
  blockSizeBytes,
  comparePaths,
  encodeManifest,
  ManifestLayout,
  manifestRoot,
  protocols,
  type Manifest,
} from '../../app/core/protocol/index.ts';
import { openState, type State } from '../../app/core/state/index.ts';
import { download, type DownloadContext } from '../../app/core/blocks/download.ts';
import type { DownloadListener, DownloadOutcome, DownloadRequest } from '../../app/core/blocks/types.ts';
import type { FetchRequest, Lane } from '../../app/core/lanes/types.ts';
import { tempDir } from './temp.ts';
import { windowsRules } from './windows-rules.ts';

export interface FakeGame {
  readonly hashed: HashedManifest;
  readonly layout: ManifestLayout;
  readonly content: ReadonlyMap<string, Buffer>;
}

export interface FakeGameOptions {
  readonly version?: string;
  readonly directories?: readonly string[];
  readonly executables?: readonly string[];
  /** The text of `version.ini`. */
  readonly sentinel?: string;
}

export function fakeGame(
  content: Record<string, Buffer>,
  { version = '2', directories = [], executables = [], sentinel = `version = ${version}\n` }: FakeGameOptions = {},
): FakeGame {
  const paths = Object.keys(content).toSorted(comparePaths);
  const manifest: Manifest = {
    id: parseGameId('game'),
    version,
    sentinel,
    blockSize: blockSizeBytes,
    directories: directories.map((path) => parsePath(path, { atGameRoot: true })),
    files: paths.map((path) => {
      const bytes = content[path] ?? Buffer.alloc(0);
      const blocks: string[] = [];
      for (let at = 0; at < bytes.length; at += blockSizeBytes)
        blocks.push(blake3Hex(bytes.subarray(at, at + blockSizeBytes)));
      return { path: parsePath(path, { atGameRoot: true }), size: bytes.length, blocks };
    }),
  };
  const bytes = encodeManifest(manifest);
  const hashed = {
    manifest,
    bytes,
    root: manifestRoot(bytes),
    executables: executables.map((path) => paths.indexOf(path)),
  };
  return { hashed, layout: new ManifestLayout(manifest), content: new Map(Object.entries(content)) };
}

export interface FakePeerOptions {
  /** Blocks it sends wrong. */
  readonly spoils?: (block: number) => boolean;
  /** Awaited before each block; what it throws ends the fetch. */
  readonly before?: (block: number, signal: AbortSignal) => Promise<void> | void;
  /** Awaited before it answers about its manifest. */
  readonly beforeManifest?: (signal: AbortSignal | undefined) => Promise<void>;
  /** What it answers in place of its manifest, or of its root alone. */
  readonly refuses?: (question: { rootOnly: boolean }) => { code: string; percent?: number } | undefined;
  /** Where it connects from. Default: an address of its own. */
  readonly host?: string;
  readonly name?: string;
  /** It has not told its root beforehand. */
  readonly tellsNoRoot?: boolean;
}

interface FakePeer extends FakePeerOptions {
  readonly peer: Peer;
  readonly game: FakeGame;
}

/** Never ends but by the signal. */
export function hang(signal: AbortSignal | undefined): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const end = (): void => reject(new LanspreadError('CANCELLED'));
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  return promise;
}

export class FakeSwarm {
  readonly #disk: FileSystem;
  readonly #peers = new Map<string, FakePeer>();
  readonly #connected = new Emitter<Peer>();
  readonly #changed = new Emitter<Peer>();
  readonly #lost = new Emitter<{ peerId: string; name: string; reason: LostReason }>();
  /** Every block that was sent, as `peer:block`. */
  readonly sent: string[] = [];
  /** Streams that are neither closed nor aborted. */
  openStreams = 0;

  /** `disk`: what its lane writes to. */
  constructor(disk: FileSystem = nodeFileSystem) {
    this.#disk = disk;
  }

  add(peerId: string, game: FakeGame, options: FakePeerOptions = {}): void {
    const { id, version } = game.hashed.manifest;
    const sizeBytes = game.layout.totalBytes;
    const peer: Peer = {
      peerId,
      name: options.name ?? peerId,
      addresses: [],
      lane: undefined,
      remoteHosts: [options.host ?? peerId],
      transport: 'tcp',
      games: new Map([
        [
          id,
          { id, version, sizeBytes, availability: 'Ready', ...(!options.tellsNoRoot && { root: game.hashed.root }) },
        ],
      ]),
      libraryRevision: 1,
      playing: [],
    };
    this.#peers.set(peerId, { peer, game, ...options });
    this.#connected.fire(peer);
  }

  remove(peerId: string): void {
    this.#peers.delete(peerId);
    this.#lost.fire({ peerId, name: peerId, reason: 'closed' });
  }

  readonly network: DownloadContext['peers'] = {
    peerId: 'here',
    peers: () => Array.from(this.#peers.values(), ({ peer }) => peer),
    get: (peerId) => this.#peers.get(peerId)?.peer,
    onDidConnect: this.#connected.event,
    onDidChange: this.#changed.event,
    onDidLose: this.#lost.event,
    open: async (peerId, protocol, { signal } = {}) => {
      const held = this.#peers.get(peerId);
      if (!held || protocol !== protocols.game) throw new LanspreadError('PEER_GONE', { details: { peerId } });
      return this.#manifestStream(held, signal);
    },
  };

  #manifestStream({ peer, game, beforeManifest, refuses }: FakePeer, signal: AbortSignal | undefined): PeerStream {
    const { bytes, root, executables } = game.hashed;
    this.openStreams += 1;
    let isOpen = true;
    const end = (): void => {
      if (isOpen) this.openStreams -= 1;
      isOpen = false;
    };
    let rootOnly = false;
    return {
      peerId: peer.peerId,
      ended: new AbortController().signal,
      async writeMessage(message) {
        // The only message that is ever written here is a GetGame.
        rootOnly = (message as { rootOnly?: boolean }).rootOnly ?? false;
      },
      async readMessage(schema) {
        await beforeManifest?.(signal);
        const refusal = refuses?.({ rootOnly });
        if (refusal) return schema.parse({ ok: false, message: 'no', ...refusal });
        return schema.parse({ ok: true, root, bytes: rootOnly ? 0 : bytes.length, executables });
      },
      readBytes: async () => bytes,
      readSome: async () => undefined,
      write: async () => {},
      close: async () => end(),
      abort: end,
    };
  }

  readonly lane: Lane = {
    kind: 'tls',
    fetch: (request, listener, { signal }) => this.#fetch(request, listener, signal),
    async [Symbol.asyncDispose]() {},
  };

  async #fetch(
    { peerId, files }: FetchRequest,
    listener: Parameters<Lane['fetch']>[1],
    signal: AbortSignal,
  ): Promise<void> {
    for (const { path, sizeBytes, blocks } of files) {
      for (const { block, offsetBytes, lengthBytes, hash } of blocks) {
        const held = this.#peers.get(peerId);
        if (!held) throw new LanspreadError('PEER_GONE', { details: { peerId } });
        await held.before?.(block, signal);
        await new Promise((resolve) => setImmediate(resolve));
        if (signal.aborted) throw new LanspreadError('CANCELLED');
        if (!this.#peers.has(peerId)) throw new LanspreadError('PEER_GONE', { details: { peerId } });
        const bytes = blockOf(held.game, block);
        if (held.spoils?.(block)) bytes[0] = (bytes[0] ?? 0) ^ 1;
        this.sent.push(`${peerId}:${block}`);
        listener.onBytes(lengthBytes);
        const sound = blake3Hex(bytes) === hash;
        if (sound) await writeAt(this.#disk, path, { sizeBytes, bytes, position: offsetBytes });
        listener.onBlock(block, sound);
      }
    }
  }
}

function blockOf({ layout, content }: FakeGame, block: number): Buffer {
  const { fileIndex, offsetBytes, lengthBytes } = layout.place(block);
  const bytes = content.get(layout.manifest.files[fileIndex]?.path ?? '');
  if (!bytes) throw new Error(`no block ${block}`);
  return Buffer.from(bytes.subarray(offsetBytes, offsetBytes + lengthBytes));
}

/** The same steps on disk as the lane's own thread takes. */
async function writeAt(
  disk: FileSystem,
  path: string,
  { sizeBytes, bytes, position }: { sizeBytes: number; bytes: Uint8Array; position: number },
): Promise<void> {
  await using handle = await disk.open(path, 'edit');
  if ((await disk.stat(path)).sizeBytes !== sizeBytes) await handle.truncate(sizeBytes);
  await handle.write(bytes, position);
}

export type Told =
  | { kind: 'begin'; peers: readonly string[] }
  | { kind: 'progress'; bytes: number; bytesPerSecond: number }
  | { kind: 'verified'; peerId: string; count: number }
  | { kind: 'struck'; peerId: string; file: string; block: number };

export interface DownloadLab extends AsyncDisposable {
  readonly swarm: FakeSwarm;
  readonly state: State;
  readonly root: string;
  readonly context: DownloadContext;
  /** What the library was told, in order. */
  readonly library: string[];
  /** Blocks that were hashed on this disk. */
  hashedBlocks: number;
  readonly told: Told[];
  run(options?: {
    signal?: AbortSignal;
    request?: Partial<DownloadRequest>;
    onTold?: (told: Told) => void;
  }): Promise<DownloadOutcome>;
}

export interface DownloadLabOptions {
  wrap?: (fileSystem: FileSystem) => FileSystem;
  wrapState?: (state: State) => State;
  /** Use this folder, which stays, in place of a temporary one. */
  directory?: string;
  /** The lane's writes go through `wrap`, too. */
  wrapsLane?: boolean;
}

export async function downloadLab({
  wrap = (fileSystem) => fileSystem,
  wrapState = (state) => state,
  directory,
  wrapsLane = false,
}: DownloadLabOptions = {}): Promise<DownloadLab> {
  await using starting = new AsyncDisposableStack();
  const path = directory ?? starting.use(await tempDir('download')).path;
  const state = starting.use(wrapState(openState({ directory: join(path, 'state') }).state));
  const gamesDir = join(path, 'games');
  await nodeFileSystem.makeDirectory(gamesDir);
  const root = join(gamesDir, 'game');
  const fileSystem = wrap(windowsRules(nodeFileSystem));
  const swarm = new FakeSwarm(wrapsLane ? fileSystem : nodeFileSystem);
  const library: string[] = [];
  const told: Told[] = [];
  const lane = swarm.lane;
  const lab: Omit<DownloadLab, keyof AsyncDisposable> = {
    swarm,
    state,
    root,
    library,
    told,
    hashedBlocks: 0,
    context: {
      peers: swarm.network,
      library: {
        async refresh() {
          library.push('refresh');
          return undefined;
        },
        setPartial: (_id, partial) => void library.push(partial ? 'partial' : 'no partial'),
        async adopt() {
          library.push('adopt');
        },
        checkFolder: () =>
          nodeFileSystem.stat(gamesDir).then(
            () => true,
            () => false,
          ),
      },
      hasher: {
        async checkBlocks(path, blocks) {
          const bytes = await readFile(path);
          lab.hashedBlocks += blocks.length;
          return blocks.map(
            ({ offsetBytes, lengthBytes, hash }) =>
              blake3Hex(bytes.subarray(offsetBytes, offsetBytes + lengthBytes)) === hash,
          );
        },
      },
      state,
      fileSystem,
      lanes: { of: () => lane, onFailed: () => false },
      live: new Map(),
      clock: systemClock,
      logger: silentLogger,
    },
    run({ signal = AbortSignal.timeout(20_000), request = {}, onTold } = {}) {
      const tell = (fact: Told): void => {
        told.push(fact);
        onTold?.(fact);
      };
      const listener: DownloadListener = {
        onBegin: ({ peers }) => tell({ kind: 'begin', peers }),
        onProgress: ({ downloadedBytes, bytesPerSecond }) =>
          tell({ kind: 'progress', bytes: downloadedBytes, bytesPerSecond }),
        onBlocksVerified: ({ peerId, count }) => tell({ kind: 'verified', peerId, count }),
        onPeerStruck: ({ peerId, file, block }) => tell({ kind: 'struck', peerId, file, block }),
      };
      const whole = { gameId: parseGameId('game'), version: '2', root, willInstall: false, ...request };
      return download(lab.context, whole, { listener, signal });
    },
  };
  const owned = starting.move();
  return Object.assign(lab, { [Symbol.asyncDispose]: () => owned.disposeAsync() });
}
