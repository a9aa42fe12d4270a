import type { GameId, Logger } from '../base/index.ts';
import type { DownloadPhase } from '../state/index.ts';
import { moveInQueue } from './queue.ts';

/** A download that is not over. */
export interface ListedDownload {
  readonly gameId: GameId;
  readonly install: boolean;
  /** `waiting` for its turn; `begun`: it had its turn; `paused` by somebody. */
  readonly phase: DownloadPhase;
  /**
   * It does not start by itself before a peer offers it: it was broken off because all were gone, or this core was
   * started while it was on the list.
   */
  readonly awaitsPeers: boolean;
  /** The content that the player chose where PCs disagree; forgotten by a restart, unless it has begun. */
  readonly manifestHash?: string | undefined;
}

/** Where the list survives a restart. */
export interface DownloadListStore {
  load(): readonly Pick<ListedDownload, 'gameId' | 'install' | 'phase'>[];
  save(downloads: readonly ListedDownload[]): void;
}

interface DownloadListOptions {
  readonly store: DownloadListStore;
  readonly onChanged: (ids: readonly GameId[]) => void;
  readonly logger: Logger;
}

/** Every download that is not over, in the order in which they go on: what had its turn, then what waits. */
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

  /** Reads what an earlier run left, in place of what is listed now. */
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

  /** Those that wait for their turn. */
  waiting(): readonly ListedDownload[] {
    return this.#entries.filter(({ phase }) => phase === 'waiting');
  }

  /** From 1; undefined when it does not wait. */
  position(gameId: GameId): number | undefined {
    const place = this.waiting().findIndex((entry) => entry.gameId === gameId);
    return place < 0 ? undefined : place + 1;
  }

  /** Adds a download at the end of those that wait; one that had its turn already waits first of all. */
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

  /** Changes one; nothing happens when it is not listed. */
  update(gameId: GameId, change: Partial<Omit<ListedDownload, 'gameId'>>): void {
    if (!this.get(gameId)) return;
    this.#set(this.#entries.map((entry) => (entry.gameId === gameId ? { ...entry, ...change } : entry)));
  }

  /** Lists one that is not in the queue: a repair that shall be completed, a download that was paused. */
  put(entry: ListedDownload): void {
    this.#set([entry, ...this.#entries.filter(({ gameId }) => gameId !== entry.gameId)]);
  }

  remove(gameId: GameId): void {
    if (this.get(gameId)) this.#set(this.#entries.filter((entry) => entry.gameId !== gameId));
  }

  /** Moves a waiting one among those that wait; `to` counts from 0. */
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
    // What had its turn goes before what waits, so that the stored order is the one in which they go on.
    this.#entries = [
      ...entries.filter(({ phase }) => phase !== 'waiting'),
      ...entries.filter(({ phase }) => phase === 'waiting'),
    ];
    this.#save();
    this.#onChanged([...touched]);
  }

  /** What is in memory holds, also when it could not be stored: the next change stores everything anew. */
  #save(): void {
    try {
      this.#store.save(this.#entries);
    } catch (error) {
      this.#logger.warn({ err: error }, 'the list of downloads could not be stored');
    }
  }
}
