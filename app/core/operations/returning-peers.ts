import type { Clock, GameId, IDisposable } from '../base/index.ts';
import type { CatalogGame } from '../catalog/index.ts';
import type { Peer, PeerNetwork } from '../peers/index.ts';
import type { DownloadList, ListedDownload } from './download-list.ts';

/**
 * After a start peers come one by one. A download that goes on by itself lets them gather for so long after the first
 * one who has it, in milliseconds: the vote about its manifest shall not be that of whoever was quickest.
 */
export const gatherPeersMs = 4_000;
/** Who is here and offers the game may still not give it: asked again after so long, doubling, in milliseconds. */
const firstRetryMs = 5_000;
const maxRetryMs = 60_000;

/** Whether a peer offers the wanted version, in the content of which blocks are here. Pure. */
export function isOfferedAgain(
  { id, version }: Pick<CatalogGame, 'id' | 'version'>,
  peers: readonly Pick<Peer, 'games'>[],
  kept: { version: string; manifestRoot: string } | undefined,
): boolean {
  return peers.some(({ games }) => {
    const offer = games.get(id);
    if (offer?.availability !== 'Ready' || offer.version !== version) return false;
    // A peer that is still hashing may well have the same content; another version's blocks say nothing about it.
    return kept?.version !== version || offer.root === undefined || offer.root === kept.manifestRoot;
  });
}

interface ReturningPeersOptions {
  readonly list: DownloadList;
  readonly peers: Pick<PeerNetwork, 'peers'>;
  readonly gameOf: (gameId: GameId) => CatalogGame | undefined;
  readonly keptOf: (gameId: GameId) => { version: string; manifestRoot: string } | undefined;
  readonly clock: Clock;
  /** Peers have it: it may go on. */
  readonly goOn: (download: ListedDownload) => void;
}

/** Lets downloads go on by themselves once a peer offers what they need. */
export class ReturningPeers implements Disposable {
  readonly #options: ReturningPeersOptions;
  /** Of this run's start: peers are still gathering for these. */
  readonly #gathering = new Set<GameId>();
  /** When one that was broken off may be tried again, monotonic, and how long the pause was. */
  readonly #pauses = new Map<GameId, { untilMs: number; pauseMs: number }>();
  #timer: IDisposable | undefined;
  #disposed = false;

  constructor(options: ReturningPeersOptions) {
    this.#options = options;
  }

  /** What is on the list was put there by an earlier run. */
  afterStart(): void {
    this.#gathering.clear();
    for (const { gameId, awaitsPeers } of this.#options.list.all()) if (awaitsPeers) this.#gathering.add(gameId);
    this.look();
  }

  /** Its peers went while it ran. With the same ones still there it is not tried again at once. */
  afterLoss(gameId: GameId): void {
    const nowMs = this.#options.clock.monotonicMs();
    const former = this.#pauses.get(gameId)?.pauseMs;
    const pauseMs = former === undefined ? firstRetryMs : Math.min(maxRetryMs, 2 * former);
    this.#gathering.delete(gameId);
    this.#pauses.set(gameId, { untilMs: nowMs + (this.#isOffered(gameId) ? pauseMs : 0), pauseMs });
    this.look();
  }

  /** It got somewhere, or somebody took it in hand. */
  forget(gameId: GameId): void {
    this.#gathering.delete(gameId);
    this.#pauses.delete(gameId);
  }

  /** Peers or their games changed. */
  look(): void {
    if (this.#disposed) return;
    const nowMs = this.#options.clock.monotonicMs();
    let nextMs: number | undefined;
    for (const { gameId, awaitsPeers } of this.#options.list.all()) {
      if (!awaitsPeers || !this.#isOffered(gameId)) continue;
      if (this.#gathering.delete(gameId)) {
        this.#pauses.set(gameId, { untilMs: nowMs + gatherPeersMs, pauseMs: firstRetryMs / 2 });
      }
      const untilMs = this.#pauses.get(gameId)?.untilMs ?? 0;
      if (untilMs > nowMs) nextMs = Math.min(nextMs ?? untilMs, untilMs);
      else {
        const entry = this.#options.list.get(gameId);
        if (entry?.awaitsPeers) this.#options.goOn(entry);
      }
    }
    this.#timer?.[Symbol.dispose]();
    this.#timer =
      nextMs === undefined
        ? undefined
        : this.#options.clock.timeout(() => this.look(), nextMs - nowMs, { background: true });
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#timer?.[Symbol.dispose]();
  }

  #isOffered(gameId: GameId): boolean {
    const { gameOf, keptOf, peers } = this.#options;
    const game = gameOf(gameId);
    return game !== undefined && isOfferedAgain(game, peers.peers(), keptOf(gameId));
  }
}
