import type { Clock, GameId, IDisposable } from '../base/index.ts';
import type { CatalogGame } from '../catalog/index.ts';
import type { Peer, PeerNetwork } from '../peers/index.ts';
import type { DownloadList, ListedDownload } from './download-list.ts';

/**
 * After a start, peers appear one by one. A download that continues by itself waits this long after the first peer that has
 * it, in milliseconds. Otherwise the fastest peers alone would decide the vote about its manifest.
 */
export const gatherPeersMs = 4_000;
/**
 * A peer that offers the game may still not deliver it. The first pause before another try, in milliseconds; each further
 * pause doubles.
 */
const firstRetryMs = 5_000;
const maxRetryMs = 60_000;

/** Whether a peer offers the wanted version with the same content as the blocks on this disk. Pure. */
export function isOfferedAgain(
  { id, version }: Pick<CatalogGame, 'id' | 'version'>,
  peers: readonly Pick<Peer, 'games'>[],
  kept: { version: string; manifestRoot: string } | undefined,
): boolean {
  return peers.some(({ games }) => {
    const offer = games.get(id);
    if (offer?.availability !== 'Ready' || offer.version !== version) return false;
    // A peer that is still hashing may have the same content. Blocks of another version do not restrict the choice.
    return kept?.version !== version || offer.root === undefined || offer.root === kept.manifestRoot;
  });
}

interface ReturningPeersOptions {
  readonly list: DownloadList;
  readonly peers: Pick<PeerNetwork, 'peers'>;
  readonly gameOf: (gameId: GameId) => CatalogGame | undefined;
  readonly keptOf: (gameId: GameId) => { version: string; manifestRoot: string } | undefined;
  readonly clock: Clock;
  /** Continues a download that peers offer. */
  readonly goOn: (download: ListedDownload) => void;
}

/** Continues downloads by itself once a peer offers what they need. */
export class ReturningPeers implements Disposable {
  readonly #options: ReturningPeersOptions;
  /** Downloads from an earlier run for which this run still gathers peers. */
  readonly #gathering = new Set<GameId>();
  /** The monotonic time at which an interrupted download may be tried again, and the length of the pause. */
  readonly #pauses = new Map<GameId, { untilMs: number; pauseMs: number }>();
  #timer: IDisposable | undefined;
  #disposed = false;

  constructor(options: ReturningPeersOptions) {
    this.#options = options;
  }

  /** Call it when the list holds the downloads of an earlier run. */
  afterStart(): void {
    this.#gathering.clear();
    for (const { gameId, awaitsPeers } of this.#options.list.all()) if (awaitsPeers) this.#gathering.add(gameId);
    this.look();
  }

  /** The peers left while the download ran. If the same peers still offer it, the next try waits for the pause. */
  afterLoss(gameId: GameId): void {
    const nowMs = this.#options.clock.monotonicMs();
    const former = this.#pauses.get(gameId)?.pauseMs;
    const pauseMs = former === undefined ? firstRetryMs : Math.min(maxRetryMs, 2 * former);
    this.#gathering.delete(gameId);
    this.#pauses.set(gameId, { untilMs: nowMs + (this.#isOffered(gameId) ? pauseMs : 0), pauseMs });
    this.look();
  }

  /** Call it when the download made progress or a command took it over. */
  forget(gameId: GameId): void {
    this.#gathering.delete(gameId);
    this.#pauses.delete(gameId);
  }

  /** Call it when peers or their games have changed. */
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
