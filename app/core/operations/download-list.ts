import type { GameId, Logger } from '../base/index.ts';
import type { DownloadPhase } from '../state/index.ts';
import { moveInQueue } from './queue.ts';

/** A download that is not finished. */
export interface ListedDownload {
  readonly gameId: GameId;
  readonly install: boolean;
  /** `waiting` for its turn; `begun`: it had its turn; `paused` by a command. */
  readonly phase: DownloadPhase;
  /** The download waits until a peer offers it: either all its peers left, or the core started with it on the list. */
  readonly awaitsPeers: boolean;
  /** The content that the player chose where PCs disagree. A restart forgets it unless the download has begun. */
  readonly manifestHash?: string | undefined;
}

/** Stores the list across restarts. */
export interface DownloadListStore {
  load(): readonly Pick<ListedDownload, 'gameId' | 'install' | 'phase'>[];
  save(downloads: readonly ListedDownload[]): void;
}

interface DownloadListOptions {
  readonly store: DownloadListStore;
  readonly onChanged: (ids: readonly GameId[]) => void;
  readonly logger: Logger;
}

/**
 * Every download that is not finished, in the order in which they continue: those that had their turn, then those that wait.
 */
export class DownloadList {
  readonly #store: DownloadListStore;
  readonly #onChanged: (ids: readonly GameId[]) => void;
  readonly #logger: Logger;
  #entries: readonly ListedDownload[] = [];

  constructor({ store, onChanged, logger }: DownloadListOptions) {
    this.#store = store;
    this.#onChanged = onChanged;
    this.#logger = logger;
  }

  /** Reads the list of an earlier run and replaces the current one with it. */
  load(): void {
    const former = this.#entries;
    this.#entries = this.#store.load().map((entry) => ({ ...entry, awaitsPeers: entry.phase !== 'paused' }));
    this.#onChanged([...former, ...this.#entries].map(({ gameId }) => gameId));
  }

  all(): readonly ListedDownload[] {
    return this.#entries;
  }

  get(gameId: GameId): ListedDownload | undefined {
    return this.#entries.find((entry) => entry.gameId === gameId);
  }

  /** The downloads that wait for their turn. */
  waiting(): readonly ListedDownload[] {
    return this.#entries.filter(({ phase }) => phase === 'waiting');
  }

  /** Counts from 1; undefined when the download does not wait. */
  position(gameId: GameId): number | undefined {
    const place = this.waiting().findIndex((entry) => entry.gameId === gameId);
    return place < 0 ? undefined : place + 1;
  }

  /** Adds a download at the end of the waiting ones. One that had its turn already goes to the front of them. */
  enqueue(gameId: GameId, { install, manifestHash }: { install: boolean; manifestHash?: string | undefined }): void {
    const hadTurn = this.get(gameId)?.phase === 'begun';
    const others = this.#entries.filter((entry) => entry.gameId !== gameId);
    const entry: ListedDownload = {
      gameId,
      install,
      phase: 'waiting',
      awaitsPeers: false,
      ...(manifestHash !== undefined && { manifestHash }),
    };
    const firstWaiting = others.findIndex(({ phase }) => phase === 'waiting');
    const place = hadTurn && firstWaiting >= 0 ? firstWaiting : others.length;
    this.#set([...others.slice(0, place), entry, ...others.slice(place)]);
  }

  /** Changes one download; does nothing when it is not listed. */
  update(gameId: GameId, change: Partial<Omit<ListedDownload, 'gameId'>>): void {
    if (!this.get(gameId)) return;
    this.#set(this.#entries.map((entry) => (entry.gameId === gameId ? { ...entry, ...change } : entry)));
  }

  /** Lists a download that did not come through the queue: an unfinished repair, or a paused download. */
  put(entry: ListedDownload): void {
    this.#set([entry, ...this.#entries.filter(({ gameId }) => gameId !== entry.gameId)]);
  }

  remove(gameId: GameId): void {
    if (this.get(gameId)) this.#set(this.#entries.filter((entry) => entry.gameId !== gameId));
  }

  /** Moves a waiting download to another place among the waiting ones; `to` counts from 0. */
  move(gameId: GameId, to: number): void {
    const waiting = this.waiting();
    const order = moveInQueue(
      waiting.map((entry) => entry.gameId),
      gameId,
      to,
    );
    const byId = new Map(waiting.map((entry) => [entry.gameId, entry]));
    const moved = order.flatMap((id) => byId.get(id) ?? []);
    this.#set([...this.#entries.filter(({ phase }) => phase !== 'waiting'), ...moved]);
  }

  #set(entries: readonly ListedDownload[]): void {
    const touched = new Set([...this.#entries, ...entries].map(({ gameId }) => gameId));
    // Downloads that had their turn go before waiting ones, so the stored order is the order in which they continue.
    this.#entries = [
      ...entries.filter(({ phase }) => phase !== 'waiting'),
      ...entries.filter(({ phase }) => phase === 'waiting'),
    ];
    this.#save();
    this.#onChanged([...touched]);
  }

  /** The list in memory is valid even when storing fails: the next change stores the whole list. */
  #save(): void {
    try {
      this.#store.save(this.#entries);
    } catch (error) {
      this.#logger.warn({ err: error }, 'the list of downloads could not be stored');
    }
  }
}
