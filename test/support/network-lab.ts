/** Real peer networks of this process on loopback, with everything recorded that they tell. */
import {
  libraryDigest,
  type GameSummary,
  type LaneOffer,
  type LibrarySnapshot,
} from '../../app/core/protocol/index.ts';
import {
  nodeFileSystem,
  once,
  type Event,
  type GameId,
  type LanspreadError,
  type Logger,
} from '../../app/core/base/index.ts';
import {
  createPeerNetwork,
  loadIdentity,
  type PeerNetwork,
  type PeerNetworkOptions,
} from '../../app/core/peers/index.ts';
import type { KnownPeer } from '../../app/core/state/index.ts';
import { tempDir } from './temp.ts';

export const waitMs = 10_000;

export const gameOf = (id: string, more: Partial<GameSummary> = {}): GameSummary => ({
  // oxlint-disable-next-line -- the tests write valid ids
  id: id as GameId,
  version: '1.0',
  sizeBytes: 1_000,
  availability: 'Ready',
  ...more,
});

/** A library that changes as a test says. */
export class FakeLibrary {
  #revision = 0;
  readonly #games = new Map<GameId, GameSummary>();

  constructor(games: readonly GameSummary[] = []) {
    for (const game of games) this.#games.set(game.id, game);
  }

  snapshot(): LibrarySnapshot {
    const games = [...this.#games.values()];
    return { revision: this.#revision, digest: libraryDigest(games), games };
  }

  /** One change, as the real library tells it. */
  change({ put = [], remove = [] }: { put?: readonly GameSummary[]; remove?: readonly string[] }) {
    const from = this.#revision;
    this.#revision += 1;
    for (const game of put) this.#games.set(game.id, game);
    const removed = remove.map((id) => gameOf(id).id);
    for (const id of removed) this.#games.delete(id);
    return { from, to: this.#revision, upserts: [...put], removed, digest: this.snapshot().digest };
  }
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly facts: Record<string, unknown>;
  readonly message: string;
}

/** Keeps every line. */
export function recordingLogger(lines: LogLine[]): Logger {
  const at =
    (level: LogLine['level']) =>
    (facts: object, message: string): void =>
      void lines.push({ level, facts: { ...facts }, message });
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  return logger;
}

export interface LabNode extends AsyncDisposable {
  readonly network: PeerNetwork;
  readonly library: FakeLibrary;
  readonly log: LogLine[];
  readonly known: KnownPeer[];
  /** What the byte lane was told, in order. */
  readonly trusted: [peerId: string, lane: LaneOffer | undefined][];
  readonly events: {
    kind: 'connect' | 'lose' | 'change' | 'discover' | 'incompatible';
    peerId: string;
    reason?: string;
  }[];
  readonly knownGames: Set<string> | undefined;
  /** A multiaddr of the wanted transport. */
  address(transport?: 'quic' | 'tcp'): string;
}

export type LabOptions = Partial<Omit<PeerNetworkOptions, 'identity'>> & {
  /** The identity lies here, so that a second node can have the same; otherwise a new one. */
  stateDir?: string;
  games?: readonly GameSummary[];
  lane?: LaneOffer;
  /** All, unless given. */
  knownGames?: Set<string>;
  /** The test runs `discover` itself. */
  ownsDiscovery?: boolean;
  trustLane?: (peerId: string, lane: LaneOffer | undefined) => Promise<void>;
};

export async function labNode(options: LabOptions = {}): Promise<LabNode> {
  const { stateDir, games = [], lane, knownGames, ownsDiscovery = false, trustLane, ...rest } = options;
  await using temporary = await tempDir('identity');
  const identity = await loadIdentity({ stateDir: stateDir ?? temporary.path, fileSystem: nodeFileSystem });
  const library = new FakeLibrary(games);
  const log: LogLine[] = [];
  const known: KnownPeer[] = [];
  const trusted: LabNode['trusted'] = [];
  const events: LabNode['events'] = [];
  const network = await createPeerNetwork({
    identity,
    name: 'a PC',
    listenHosts: ['127.0.0.1'],
    staticPeers: [],
    knownPeers: { all: () => [], put: (peer) => void known.push(peer) },
    logger: recordingLogger(log),
    ...rest,
    host: {
      library: () => library.snapshot(),
      lane: () => lane,
      isKnownGame: (id) => knownGames?.has(id) ?? true,
      async trustLane(peerId, offer) {
        trusted.push([peerId, offer]);
        await trustLane?.(peerId, offer);
      },
    },
  });
  network.onDidConnect(({ peerId }) => events.push({ kind: 'connect', peerId }));
  network.onDidLose(({ peerId, reason }) => events.push({ kind: 'lose', peerId, reason }));
  network.onDidChange(({ peerId }) => events.push({ kind: 'change', peerId }));
  network.onDidDiscover(({ peerId }) => events.push({ kind: 'discover', peerId }));
  network.onDidFindIncompatible(({ peerId, reason }) => events.push({ kind: 'incompatible', peerId, reason }));
  const ending = new AbortController();
  const services = [network.watchLiveness(ending.signal)];
  if (!ownsDiscovery) services.push(network.discover(ending.signal));
  return {
    network,
    library,
    log,
    known,
    trusted,
    events,
    knownGames,
    address(transport = 'tcp') {
      const part = transport === 'quic' ? '/udp/' : '/tcp/';
      const found = network.addresses().find((text) => text.includes(part));
      if (!found) throw new Error(`no ${transport} address: ${network.addresses().join()}`);
      return found;
    },
    async [Symbol.asyncDispose]() {
      await network.stop();
      ending.abort();
      await Promise.all(services);
    },
  };
}

/** The next value of an event that fits, with a limit. Listening starts with the call. */
export function next<T>(event: Event<T>, accept: (value: T) => boolean = () => true, limitMs = waitMs): Promise<T> {
  return once(event, accept, { signal: AbortSignal.timeout(limitMs) });
}

/** The code of the error a promise rejects with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    // oxlint-disable-next-line -- everything that leaves the network is coded; anything else shows as undefined
    return (error as LanspreadError).code;
  }
  return 'no error';
}
