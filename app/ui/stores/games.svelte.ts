/** Every game as the core last published it: a snapshot plus patches. Cards show nothing else. */
import type { CoreEvent, GameView } from '../../core/rpc/contract.ts';
import { link } from './link.ts';
import { oncePerFrame } from './next-frame.ts';

type Patch = Extract<CoreEvent, { event: 'games-changed' }>;

class Games {
  /** By title. A new array with every change. */
  list = $state.raw<readonly GameView[]>([]);
  /** The first snapshot is here. */
  isLoaded = $state(false);
  #byId = $state.raw<ReadonlyMap<string, GameView>>(new Map());
  /** The patches since the last frame; undefined when there were none. */
  #next: { byId: Map<string, GameView>; keepsOrder: boolean } | undefined;
  readonly #publishSoon = oncePerFrame(() => this.#publishNext());
  #revision = -1;
  #reloading: Promise<void> | undefined;
  readonly #byTitle = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

  constructor() {
    link.onConnected(() => this.#reload());
    link.onEvent((event) => {
      if (event.event === 'games-changed') this.#apply(event);
    });
  }

  get(id: string): GameView | undefined {
    return this.#byId.get(id);
  }

  #reload(): Promise<void> {
    this.#reloading ??= link
      .invoke('listGames', {})
      .then(({ revision, games }) => {
        this.#revision = revision;
        this.#next = undefined;
        this.#publish(new Map(games.map((game) => [game.id, game])));
        this.isLoaded = true;
      })
      .finally(() => {
        this.#reloading = undefined;
      });
    return this.#reloading;
  }

  #apply({ revision, upserts, removed }: Patch): void {
    // While the whole is under way a patch may be older than it or newer: the gap shows with the next one.
    if (this.#reloading || revision <= this.#revision) return;
    if (revision !== this.#revision + 1) {
      void this.#reload().catch(() => {});
      return;
    }
    this.#revision = revision;
    const next = (this.#next ??= { byId: new Map(this.#byId), keepsOrder: true });
    const { byId } = next;
    // Only a catalog changes titles, so most patches keep the order.
    if (removed.length > 0 || upserts.some(({ id, title }) => byId.get(id)?.title !== title)) next.keepsOrder = false;
    for (const id of removed) byId.delete(id);
    for (const game of upserts) byId.set(game.id, game);
    this.#publishSoon();
  }

  /** A burst of patches costs one pass over the library. */
  #publishNext(): void {
    if (!this.#next) return;
    const { byId, keepsOrder } = this.#next;
    this.#next = undefined;
    if (!keepsOrder) return this.#publish(byId);
    this.#byId = byId;
    this.list = this.list.map((game) => byId.get(game.id) ?? game);
  }

  #publish(byId: Map<string, GameView>): void {
    this.#byId = byId;
    this.list = [...byId.values()].sort((a, b) => this.#byTitle.compare(a.title, b.title));
  }
}

export const games = new Games();
