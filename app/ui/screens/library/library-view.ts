/** Which games the grid shows and in which order. Pure. */
import type { GameView } from '../../../core/rpc/contract.ts';
import { isPlayed } from '../../game/playing.ts';

export const stateFilters = ['all', 'installed', 'downloaded', 'available', 'playing', 'updates'] as const;
export type StateFilter = (typeof stateFilters)[number];
export const playerFilters = ['solo', '2-4', '5-8', '9+'] as const;
export type PlayerFilter = (typeof playerFilters)[number];
export const sizeFilters = ['small', 'medium', 'large', 'huge'] as const;
export type SizeFilter = (typeof sizeFilters)[number];
export const sorts = ['title', 'peers', 'size', 'year', 'played'] as const;
export type Sort = (typeof sorts)[number];
/** Search results can also be sorted by relevance. */
export type FoundSort = 'relevance' | Sort;

export interface LibraryQuery {
  readonly state: StateFilter;
  readonly genres: ReadonlySet<string>;
  readonly players: PlayerFilter | undefined;
  readonly size: SizeFilter | undefined;
  /** Ids of the collection that is looked at. */
  readonly collection: ReadonlySet<string> | undefined;
  /** `relevance` counts only where something was searched for. */
  readonly sort: FoundSort;
  /** Ids that the search found, best first. */
  readonly found: readonly string[] | undefined;
}

const fitsState: Record<StateFilter, (game: GameView) => boolean> = {
  all: () => true,
  installed: ({ installed }) => installed,
  downloaded: ({ downloaded }) => downloaded,
  available: ({ peerCount }) => peerCount > 0,
  playing: isPlayed,
  updates: ({ updateAvailable }) => updateAvailable,
};

/** A game fits a range of players when its own range touches it. */
const fitsPlayers: Record<PlayerFilter, (players: { min: number; max: number }) => boolean> = {
  solo: ({ min }) => min <= 1,
  '2-4': ({ min, max }) => min <= 4 && max >= 2,
  '5-8': ({ min, max }) => min <= 8 && max >= 5,
  '9+': ({ max }) => max > 8,
};

const gigabyte = 1e9;
const fitsSize: Record<SizeFilter, (bytes: number) => boolean> = {
  small: (bytes) => bytes > 0 && bytes < gigabyte,
  medium: (bytes) => bytes >= gigabyte && bytes < 10 * gigabyte,
  large: (bytes) => bytes >= 10 * gigabyte && bytes < 50 * gigabyte,
  huge: (bytes) => bytes >= 50 * gigabyte,
};

/** The orders other than by title, in which the games arrive. */
const orders: Partial<Record<FoundSort, (a: GameView, b: GameView) => number>> = {
  peers: (a, b) => b.peerCount - a.peerCount,
  size: (a, b) => b.sizeBytes - a.sizeBytes,
  year: (a, b) => (b.releaseYear ?? 0) - (a.releaseYear ?? 0),
  played: (a, b) => b.playedSeconds - a.playedSeconds,
};

/** The independent filters of the library. */
const dimensions = ['state', 'genres', 'players', 'size', 'collection', 'found'] as const;
type Dimension = (typeof dimensions)[number];

interface Narrowing extends Omit<LibraryQuery, 'found'> {
  readonly found: ReadonlySet<string> | undefined;
}

const fits: Record<Dimension, (game: GameView, query: Narrowing) => boolean> = {
  state: (game, { state }) => fitsState[state](game),
  genres: (game, { genres }) => genres.size === 0 || game.genres.some((genre) => genres.has(genre)),
  players: ({ players: range }, { players }) =>
    players === undefined || (range !== undefined && fitsPlayers[players](range)),
  size: ({ sizeBytes }, { size }) => size === undefined || fitsSize[size](sizeBytes),
  collection: ({ id }, { collection }) => !collection || collection.has(id),
  found: ({ id }, { found }) => !found || found.has(id),
};

/** `games` are by title. */
export function selectGames(games: readonly GameView[], query: LibraryQuery): readonly GameView[] {
  const { found } = query;
  const ranks = found && new Map(found.map((id, index) => [id, index]));
  const narrowing = { ...query, found: found && new Set(found) };
  const selected = games.filter((game) => dimensions.every((dimension) => fits[dimension](game, narrowing)));
  if (ranks && query.sort === 'relevance')
    return selected.sort((a, b) => (ranks.get(a.id) ?? 0) - (ranks.get(b.id) ?? 0));
  const order = orders[query.sort];
  return order ? selected.sort(order) : selected;
}

interface LibraryCounts {
  readonly states: Readonly<Record<StateFilter, number>>;
  readonly players: Readonly<Record<PlayerFilter, number>>;
  readonly sizes: Readonly<Record<SizeFilter, number>>;
  /** Most games first; those in use stay with none. */
  readonly genres: readonly (readonly [genre: string, count: number])[];
  readonly collections: ReadonlyMap<string, number>;
}

interface NamedCollection {
  readonly name: string;
  readonly gameIds: readonly string[];
}

/** How many games each filter would show besides the search and the filters of the other groups. */
export function countGames(
  games: readonly GameView[],
  query: LibraryQuery,
  collections: readonly NamedCollection[] = [],
): LibraryCounts {
  const states = zeroes(stateFilters);
  const players = zeroes(playerFilters);
  const sizes = zeroes(sizeFilters);
  const genres = new Map<string, number>([...query.genres].map((genre) => [genre, 0]));
  const collected = new Map<string, number>(collections.map(({ name }) => [name, 0]));
  const namesById = new Map<string, string[]>();
  for (const { name, gameIds } of collections)
    for (const id of gameIds) namesById.set(id, [...(namesById.get(id) ?? []), name]);
  const narrowing = { ...query, found: query.found && new Set(query.found) };
  // One pass: it runs whenever any of thousands of games changes.
  for (const game of games) {
    const missed = dimensions.filter((dimension) => !fits[dimension](game, narrowing));
    if (missed.length > 1) continue;
    const counts = (dimension: Dimension): boolean => missed.length === 0 || missed[0] === dimension;
    if (counts('state')) for (const name of stateFilters) if (fitsState[name](game)) states[name] += 1;
    if (counts('players') && game.players)
      for (const name of playerFilters) if (fitsPlayers[name](game.players)) players[name] += 1;
    if (counts('size')) for (const name of sizeFilters) if (fitsSize[name](game.sizeBytes)) sizes[name] += 1;
    if (counts('genres')) for (const genre of game.genres) genres.set(genre, (genres.get(genre) ?? 0) + 1);
    if (counts('collection'))
      for (const name of namesById.get(game.id) ?? []) collected.set(name, (collected.get(name) ?? 0) + 1);
  }
  return {
    states,
    players,
    sizes,
    genres: [...genres].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1)),
    collections: collected,
  };
}

function zeroes<Name extends string>(names: readonly Name[]): Record<Name, number> {
  // Every name has an entry.
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}
