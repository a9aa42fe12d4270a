import { Emitter, type Clock, type Event, type GameId } from '../base/index.ts';
import type { GameView } from './games-view.ts';

/** One step of the snapshot. A reader that misses a revision asks for the whole snapshot again. */
export interface GamesPatch {
  readonly revision: number;
  readonly upserts: readonly GameView[];
  readonly removed: readonly GameId[];
}

interface GamesSnapshotOptions {
  /** Every id of the catalog. */
  ids: () => Iterable<GameId>;
  /** The game's current view; undefined when the catalog no longer lists it. */
  view: (id: GameId) => GameView | undefined;
  clock: Clock;
  /** The time for which changes are gathered into one patch, in milliseconds. */
  gatherMs?: number;
}

/** Owns the views of all games: a list with a revision, published as patches. Only changed games are recomputed. */
export class GamesSnapshot implements Disposable {
  readonly #options: Required<GamesSnapshotOptions>;
  readonly #games = new Map<GameId, { view: GameView; json: string }>();
  readonly #dirty = new Set<GameId>();
  readonly #changed = new Emitter<GamesPatch>();
  #allDirty = true;
  #timer: Disposable | undefined;
  #revision = 0;

  readonly onDidChange: Event<GamesPatch> = this.#changed.event;

  constructor(options: GamesSnapshotOptions) {
    this.#options = { gatherMs: 50, ...options };
  }

  /** The list as last published; publishes pending changes first. */
  read(): { revision: number; games: GameView[] } {
    this.publish();
    return { revision: this.#revision, games: Array.from(this.#games.values(), ({ view }) => view) };
  }

  get(id: GameId): GameView | undefined {
    this.publish();
    return this.#games.get(id)?.view;
  }

  /** Marks games whose view may have changed; `undefined` marks all of them (the catalog changed). */
  invalidate(ids: Iterable<GameId> | undefined): void {
    if (ids === undefined) this.#allDirty = true;
    else for (const id of ids) this.#dirty.add(id);
    if (!this.#allDirty && this.#dirty.size === 0) return;
    this.#timer ??= this.#options.clock.timeout(() => this.publish(), this.#options.gatherMs, { background: true });
  }

  /** Publishes pending changes at once. Sends no patch when nothing differs. */
  publish(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const ids = this.#allDirty ? new Set([...this.#games.keys(), ...this.#options.ids()]) : new Set(this.#dirty);
    this.#allDirty = false;
    this.#dirty.clear();
    const upserts: GameView[] = [];
    const removed: GameId[] = [];
    for (const id of ids) {
      const view = this.#options.view(id);
      if (view) {
        const json = JSON.stringify(view);
        if (this.#games.get(id)?.json === json) continue;
        this.#games.set(id, { view, json });
        upserts.push(view);
      } else if (this.#games.delete(id)) removed.push(id);
    }
    if (upserts.length === 0 && removed.length === 0) return;
    this.#revision += 1;
    this.#changed.fire({ revision: this.#revision, upserts, removed });
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#changed[Symbol.dispose]();
  }
}
