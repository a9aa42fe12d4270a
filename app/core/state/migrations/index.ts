import { initial } from './001-initial.ts';
import { downloads } from './002-downloads.ts';
import { runningGames } from './003-running-games.ts';
import { catalogTrust } from './004-catalog-trust.ts';
import { partialSeal } from './005-partial-seal.ts';

export interface Migration {
  /** The `user_version` of the database afterwards: 1, 2, 3, … without gaps. */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** In order. A released migration is never edited; a later one corrects it. */
export const migrations: readonly Migration[] = [
  { version: 1, name: 'initial', sql: initial },
  { version: 2, name: 'downloads', sql: downloads },
  { version: 3, name: 'running games', sql: runningGames },
  { version: 4, name: 'catalog trust', sql: catalogTrust },
  { version: 5, name: 'partial seal', sql: partialSeal },
];
