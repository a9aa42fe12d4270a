import { blake3Hex } from '../base/index.ts';
import { comparePaths } from './manifest.ts';
import type { GameSummary } from './messages.ts';

/**
 * The digest that both ends of a session compare after a delta: BLAKE3 over the summaries, sorted by id, with fixed field
 * order.
 */
export function libraryDigest(games: Iterable<GameSummary>): string {
  const sorted = [...games].sort((a, b) => comparePaths(a.id, b.id));
  return blake3Hex(
    JSON.stringify(sorted.map((game) => [game.id, game.version, game.sizeBytes, game.availability, game.root ?? null])),
  );
}
