import type { GameId } from '../base/index.ts';
import { libraryDigest, type GameSummary, type LibraryDelta, type LibrarySnapshot } from '../protocol/index.ts';
import type { LocalGame } from './types.ts';

/** A running download: peers may fetch its verified blocks. */
export interface PartialFacts {
  readonly version: string;
  readonly manifestRoot: string;
  readonly sizeBytes: number;
}

/**
 * What peers hear about one game. A download that no manifest can describe cannot be fetched, so peers hear of it as of
 * an install. Undefined: nothing. Pure.
 */
export function summaryOf(
  id: GameId,
  { game, partial }: { game: LocalGame | undefined; partial: PartialFacts | undefined },
): GameSummary | undefined {
  if (game?.version !== undefined && game.unshareable === undefined && game.heldBack === undefined) {
    const { version, sizeBytes, manifestRoot } = game;
    return { id, version, sizeBytes, availability: 'Ready', ...(manifestRoot !== undefined && { root: manifestRoot }) };
  }
  if (partial) {
    const { version, sizeBytes, manifestRoot } = partial;
    return { id, version, sizeBytes, availability: 'Partial', root: manifestRoot };
  }
  if (!game?.downloaded && !game?.installed) return undefined;
  const version = game.version ?? game.installedVersion ?? '';
  return { id, version, sizeBytes: game.sizeBytes, availability: 'LocalOnly' };
}

const ranks = { Ready: 0, Partial: 1, LocalOnly: 2 } as const;

/**
 * The first `most` games: games that others can fetch come first, then the order is by id, so that the choice stays the
 * same. Pure.
 */
export function firstOf(games: ReadonlyMap<GameId, GameSummary>, most: number): Map<GameId, GameSummary> {
  const all = [...games].sort(
    ([a, one], [b, other]) => ranks[one.availability] - ranks[other.availability] || (a < b ? -1 : 1),
  );
  return new Map(all.slice(0, most));
}

/** Keeps what peers know of this library, and its revision. */
export class LibraryAnnouncer {
  readonly #told = new Map<GameId, GameSummary>();
  readonly #nextRevision: () => number;
  #revision: number;
  #digest = libraryDigest([]);

  constructor({ revision, nextRevision }: { revision: number; nextRevision: () => number }) {
    this.#revision = revision;
    this.#nextRevision = nextRevision;
  }

  get revision(): number {
    return this.#revision;
  }

  snapshot(): LibrarySnapshot {
    return { revision: this.#revision, digest: this.#digest, games: [...this.#told.values()] };
  }

  /**
   * Takes over the current games. Returns the difference as one delta with one revision; undefined when there is none.
   * If the revision cannot be stored, it throws and takes over nothing, so the next call reports the change.
   */
  update(current: ReadonlyMap<GameId, GameSummary>): LibraryDelta | undefined {
    const upserts = [...current.values()].filter((summary) => !areEqual(this.#told.get(summary.id), summary));
    const removed = [...this.#told.keys()].filter((id) => !current.has(id));
    if (upserts.length === 0 && removed.length === 0) return undefined;
    const from = this.#revision;
    this.#revision = this.#nextRevision();
    for (const summary of upserts) this.#told.set(summary.id, summary);
    for (const id of removed) this.#told.delete(id);
    this.#digest = libraryDigest(this.#told.values());
    return { from, to: this.#revision, upserts, removed, digest: this.#digest };
  }
}

function areEqual(a: GameSummary | undefined, b: GameSummary): boolean {
  return (
    a?.version === b.version && a.sizeBytes === b.sizeBytes && a.availability === b.availability && a.root === b.root
  );
}
