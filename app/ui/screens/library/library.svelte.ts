/** The library's search, filters and order. They survive a visit to another screen. */
import { games } from '../../stores/games.svelte.ts';
import { link } from '../../stores/link.ts';
import { settings } from '../../stores/settings.svelte.ts';
import {
  countGames,
  selectGames,
  type FoundSort,
  type LibraryQuery,
  type PlayerFilter,
  type SizeFilter,
  type Sort,
  type StateFilter,
} from './library-view.ts';

const mostFound = 1_000;

class LibraryState {
  query = $state('');
  state = $state<StateFilter>('all');
  genres = $state.raw<ReadonlySet<string>>(new Set());
  players = $state<PlayerFilter | undefined>(undefined);
  size = $state<SizeFilter | undefined>(undefined);
  /** Name of the collection. */
  collection = $state<string | undefined>(undefined);
  sort = $state<Sort>('title');
  /** Of what a search found; each search begins with the best match. */
  foundSort = $state<FoundSort>('relevance');
  /** The card that the arrow keys move from. */
  focusedId = $state<string | undefined>(undefined);
  /** The corrected query, when the typed one matches no name. */
  meant = $state<string | undefined>(undefined);
  #found = $state.raw<readonly string[] | undefined>(undefined);
  #searchNumber = 0;
  #focusGrid: (() => void) | undefined;

  readonly collections = $derived(settings.all?.collections ?? []);
  readonly counts = $derived(countGames(games.list, this.#asQuery(), this.collections));
  readonly selected = $derived(selectGames(games.list, this.#asQuery()));

  /** A key that changes only with search, filters and order. */
  get narrowing(): string {
    const { query, state, genres, players, size, collection, sort, foundSort } = this;
    return JSON.stringify([query.trim(), state, [...genres], players, size, collection, sort, foundSort]);
  }

  get isFiltered(): boolean {
    return (
      this.state !== 'all' ||
      this.genres.size > 0 ||
      this.players !== undefined ||
      this.size !== undefined ||
      this.collection !== undefined
    );
  }

  /** Titles that contain the text show immediately; the catalog's search follows. */
  search(query: string): void {
    this.query = query;
    const number = ++this.#searchNumber;
    const wanted = query.trim().toLowerCase();
    if (wanted === '') {
      this.#found = undefined;
      this.meant = undefined;
      this.foundSort = 'relevance';
      return;
    }
    const inTitles = games.list.filter(({ title }) => title.toLowerCase().includes(wanted)).map(({ id }) => id);
    // The catalog may still find the text by initials or with a typo, so the list is not emptied before it answers.
    if (inTitles.length > 0) this.#found = inTitles;
    link.invoke('searchGames', { query, limit: mostFound }).then(
      ({ ids, meant }) => {
        if (number !== this.#searchNumber) return;
        this.#found = ids;
        this.meant = meant;
      },
      () => {
        // The core is away. The matching titles stay.
      },
    );
  }

  showAll(): void {
    this.search('');
    this.state = 'all';
    this.genres = new Set();
    this.players = undefined;
    this.size = undefined;
    this.collection = undefined;
  }

  toggleGenre(genre: string): void {
    const genres = new Set(this.genres);
    if (!genres.delete(genre)) genres.add(genre);
    this.genres = genres;
  }

  /** The grid says how it takes the focus; returns how to leave. */
  offerFocus(focus: () => void): () => void {
    this.#focusGrid = focus;
    return () => {
      if (this.#focusGrid === focus) this.#focusGrid = undefined;
    };
  }

  focusGrid(): void {
    this.#focusGrid?.();
  }

  #asQuery(): LibraryQuery {
    const { state, genres, players, size } = this;
    const collection = this.collections.find(({ name }) => name === this.collection);
    return {
      state,
      genres,
      players,
      size,
      sort: this.#found ? this.foundSort : this.sort,
      collection: collection && new Set(collection.gameIds),
      found: this.#found,
    };
  }
}

export const libraryState = new LibraryState();
