/** What a peer told of its library. Pure. */
import { LanspreadError, type GameId } from '../../base/index.ts';
import {
  libraryDigest,
  limits,
  type GameSummary,
  type LibraryDelta,
  type LibrarySnapshot,
} from '../../protocol/index.ts';

/** Everything, also what the local catalog does not know: digests are over the whole, and the catalog may grow. */
export interface RemoteLibrary {
  readonly revision: number;
  readonly games: ReadonlyMap<GameId, GameSummary>;
}

/** Throws `BAD_MESSAGE` for a snapshot that is not what its digest says, or that names a game twice. */
export function libraryOf({ revision, digest, games }: LibrarySnapshot): RemoteLibrary {
  const byId = new Map(games.map((game) => [game.id, game]));
  if (byId.size !== games.length || libraryDigest(games) !== digest)
    throw new LanspreadError('BAD_MESSAGE', { message: 'Invalid Hello: library: does not match its digest.' });
  return { revision, games: byId };
}

/** The library after a delta, or `resync` when it does not follow the known revision. */
export function applyDelta(library: RemoteLibrary, delta: LibraryDelta): RemoteLibrary | 'resync' {
  if (delta.from !== library.revision || delta.to <= delta.from) return 'resync';
  const games = new Map(library.games);
  for (const id of delta.removed) games.delete(id);
  for (const game of delta.upserts) games.set(game.id, game);
  if (games.size > limits.helloGames || libraryDigest(games.values()) !== delta.digest) return 'resync';
  return { revision: delta.to, games };
}

/** What of it is shown: only ids of the local catalog. */
export function knownGames(
  { games }: RemoteLibrary,
  isKnownGame: (id: string) => boolean,
): ReadonlyMap<GameId, GameSummary> {
  return new Map([...games].filter(([id]) => isKnownGame(id)));
}
