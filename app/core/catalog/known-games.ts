/**
 * The games that this PC knows: those of the catalogs, and those that lie on its disk although no catalog lists them any
 * more. What was installed stays playable, and can be uninstalled, whatever a newer catalog says.
 */
import type { GameId, Logger } from '../base/index.ts';
import type { Catalog, CatalogGame } from './types.ts';

/** What is kept of a game: nothing that only downloading needs, and no picture, which goes with its catalog. */
type KeptGame = Omit<CatalogGame, 'coverPath' | 'description' | 'manifestRoot'>;

/** JSON by name; `settings` of the database fits. */
interface KeptGamesStore {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
}

interface KnownGamesOptions {
  readonly catalog: Pick<Catalog, 'has' | 'get' | 'all'>;
  readonly store: KeptGamesStore;
  readonly logger: Logger;
}

const storeKey = 'keptGames';

export class KnownGames {
  readonly #options: KnownGamesOptions;
  /** Of the games on this disk, as a catalog listed them last. */
  readonly #kept: Map<string, KeptGame>;

  constructor(options: KnownGamesOptions) {
    this.#options = options;
    this.#kept = new Map(storedIn(options.store).map((game) => [game.id, game]));
  }

  has(id: string): id is GameId {
    return this.#options.catalog.has(id) || this.#kept.has(id);
  }

  get(id: string): CatalogGame | undefined {
    const listed = this.#options.catalog.get(id);
    if (listed) return listed;
    const kept = this.#kept.get(id);
    return kept && { ...kept, description: '' };
  }

  /** Whether a catalog lists it now. */
  isListed(id: string): boolean {
    return this.#options.catalog.has(id);
  }

  ids(): GameId[] {
    const { catalog } = this.#options;
    const unlisted = [...this.#kept.values()].filter(({ id }) => !catalog.has(id)).map(({ id }) => id);
    return [...catalog.all().map(({ id }) => id), ...unlisted];
  }

  /** These games are on this disk, or are there no more. What cannot be stored now is stored with the next change. */
  note(changes: Iterable<{ readonly id: GameId; readonly isHere: boolean }>): void {
    let hasChanged = false;
    for (const { id, isHere } of changes) {
      const before = this.#kept.get(id);
      const listed = this.#options.catalog.get(id);
      if (!isHere) this.#kept.delete(id);
      else if (listed) this.#kept.set(id, keptOf(listed));
      hasChanged ||= JSON.stringify(before) !== JSON.stringify(this.#kept.get(id));
    }
    if (!hasChanged) return;
    try {
      this.#options.store.set(storeKey, [...this.#kept.values()]);
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'which games are here could not be stored');
    }
  }
}

function keptOf({ coverPath: _cover, description: _text, manifestRoot: _pin, ...game }: CatalogGame): KeptGame {
  return game;
}

/** Written by us alone; what is damaged is as if it had never been kept. */
function storedIn(store: KeptGamesStore): KeptGame[] {
  const stored = store.get(storeKey);
  if (!Array.isArray(stored)) return [];
  return stored.filter(
    (game: unknown): game is KeptGame =>
      typeof game === 'object' && game !== null && 'id' in game && 'launch' in game && Array.isArray(game.launch),
  );
}
