/** Every game as the core last published it: a snapshot and its patches. The one authority on what a card shows. */
import type { CoreEvent, GameView } from '../../core/rpc/contract.ts';
import type { CoreLink } from '../link/core-link.svelte.ts';

type Patch = Extract<CoreEvent, { event: 'games-changed' }>;

export class Games {
  /** By title. A new array with every change. */
  list = $state.raw<readonly GameView[]>([]);
  /** The first snapshot is here. */
  isLoaded = $state(false);
  #byId = $state.raw<ReadonlyMap<string, GameView>>(new Map());
  #revision = -1;
  #reloading: Promise<void> | undefined;
  readonly #link: CoreLink;
  readonly #byTitle = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

  constructor(link: CoreLink) {
    this.#link = link;
    link.onConnected(() => this.#reload());
    link.onEvent((event) => {
      if (event.event === 'games-changed') this.#apply(event);
    });
  }

  get(id: string): GameView | undefined {
    return this.#byId.get(id);
  }

  #reload(): Promise<void> {
    this.#reloading ??= this.#link
      .invoke('listGames', {})
      .then(({ revision, games }) => {
        this.#revision = revision;
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
    // Titles change with the catalog alone; what happens to a game leaves the order as it is.
    const keepsOrder = removed.length === 0 && upserts.every(({ id, title }) => this.get(id)?.title === title);
    const byId = new Map(this.#byId);
    for (const id of removed) byId.delete(id);
    for (const game of upserts) byId.set(game.id, game);
    if (!keepsOrder) return this.#publish(byId);
    this.#byId = byId;
    this.list = this.list.map((game) => byId.get(game.id) ?? game);
  }

  #publish(byId: Map<string, GameView>): void {
    this.#byId = byId;
    this.list = [...byId.values()].sort((a, b) => this.#byTitle.compare(a.title, b.title));
  }
}
