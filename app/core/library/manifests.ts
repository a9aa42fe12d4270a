import { abortError, Semaphore, untilAborted, type GameId, type Logger } from '../base/index.ts';
import { buildManifest, type BuildContext } from './manifest-builder.ts';
import type { HashedManifest, HashOptions, ManifestState } from './types.ts';

interface Building {
  readonly kind: 'building';
  readonly promise: Promise<HashedManifest>;
  readonly controller: AbortController;
  readonly listeners: Set<(hashedBytes: number) => void>;
  urgent: boolean;
  isStarted: boolean;
  doneBytes: number;
  totalBytes: number;
}

type Entry = Building | { readonly kind: 'ready'; readonly hashed: HashedManifest };

export interface ManifestsOptions extends BuildContext {
  readonly logger: Logger;
  /** A manifest is ready: its root can be told. */
  readonly onReady: (id: GameId, hashed: HashedManifest) => void;
}

/** Manifests kept in memory, in bytes; others are put together again from the stored block hashes. */
const keptBytes = 64 * 1024 * 1024;

/** The manifests of what is here: built in the background one after another, at once for whoever asks. */
export class Manifests implements AsyncDisposable {
  readonly #options: ManifestsOptions;
  readonly #entries = new Map<GameId, Entry>();
  readonly #background = new Semaphore(1);
  readonly #stopping = new AbortController();

  constructor(options: ManifestsOptions) {
    this.#options = options;
  }

  state(id: GameId, root: string): ManifestState {
    const entry = this.#entries.get(id);
    if (entry?.kind === 'ready') return this.#touch(id, entry.hashed);
    const building = this.#buildNow(id, root, entry);
    const percent =
      building.totalBytes > 0 ? Math.min(99, Math.floor((building.doneBytes / building.totalBytes) * 100)) : 0;
    return { kind: 'pending', percent };
  }

  async get(id: GameId, root: string, { signal, onProgress }: HashOptions = {}): Promise<HashedManifest> {
    const entry = this.#entries.get(id);
    if (entry?.kind === 'ready') return this.#touch(id, entry.hashed).hashed;
    const building = this.#buildNow(id, root, entry);
    if (onProgress) building.listeners.add(onProgress);
    try {
      return await (signal ? untilAborted(signal, () => building.promise) : building.promise);
    } finally {
      if (onProgress) building.listeners.delete(onProgress);
    }
  }

  /** Builds it when nothing else is to be done. */
  prepare(id: GameId, root: string): void {
    if (!this.#entries.has(id)) this.#build(id, root, { urgent: false });
  }

  /** What is known of this game no longer holds. */
  forget(id: GameId): void {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    if (entry?.kind === 'building') entry.controller.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    const building = [...this.#entries.values()].filter((entry) => entry.kind === 'building');
    for (const { controller } of building) controller.abort();
    await Promise.allSettled(building.map(({ promise }) => promise));
    this.#entries.clear();
  }

  /** Somebody asks: one that waits for its turn in the background jumps the queue. */
  #buildNow(id: GameId, root: string, entry: Building | undefined): Building {
    if (entry && (entry.urgent || entry.isStarted)) {
      entry.urgent = true;
      return entry;
    }
    if (entry) this.forget(id);
    return this.#build(id, root, { urgent: true });
  }

  #build(id: GameId, root: string, { urgent }: { urgent: boolean }): Building {
    const controller = new AbortController();
    const { promise, resolve, reject } = Promise.withResolvers<HashedManifest>();
    const entry: Building = {
      kind: 'building',
      promise,
      controller,
      listeners: new Set(),
      urgent,
      isStarted: false,
      doneBytes: 0,
      totalBytes: 0,
    };
    this.#entries.set(id, entry);
    const work = (): Promise<HashedManifest> => {
      entry.isStarted = true;
      return buildManifest(
        this.#options,
        { id, root },
        {
          signal: controller.signal,
          isUrgent: () => entry.urgent,
          onProgress: (doneBytes, totalBytes) => {
            entry.doneBytes = doneBytes;
            entry.totalBytes = totalBytes;
            for (const listener of entry.listeners) listener(doneBytes);
          },
        },
      );
    };
    const running = urgent ? work() : this.#background.run(work, { signal: controller.signal });
    running.then(
      (hashed) => this.#finish(id, entry, hashed),
      (error: unknown) => {
        if (this.#entries.get(id) === entry) this.#entries.delete(id);
        if (!controller.signal.aborted)
          this.#options.logger.warn({ gameId: id, err: error }, 'the payload has no manifest');
      },
    );
    running.then(resolve, (error: unknown) =>
      reject(controller.signal.aborted ? abortError(controller.signal) : error),
    );
    // Nobody may be waiting: the failure was logged above.
    promise.catch(() => {});
    return entry;
  }

  #finish(id: GameId, entry: Building, hashed: HashedManifest): void {
    if (this.#entries.get(id) !== entry) return;
    this.#touch(id, hashed);
    this.#options.onReady(id, hashed);
  }

  /** Marks as used last and drops what was not used for long beyond the limit. */
  #touch(id: GameId, hashed: HashedManifest): ManifestState & { kind: 'ready' } {
    this.#entries.delete(id);
    this.#entries.set(id, { kind: 'ready', hashed });
    let total = 0;
    for (const entry of this.#entries.values()) if (entry.kind === 'ready') total += entry.hashed.bytes.length;
    for (const [other, entry] of this.#entries) {
      if (total <= keptBytes) break;
      if (entry.kind !== 'ready' || other === id) continue;
      this.#entries.delete(other);
      total -= entry.hashed.bytes.length;
    }
    return { kind: 'ready', hashed };
  }
}
