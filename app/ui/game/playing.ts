/** Who is playing a game now, here and in the room. Pure. */
import type { GameView } from '../../core/rpc/contract.ts';

type Played = Pick<GameView, 'operation' | 'playedBy'>;

export function isPlayedHere({ operation }: Pick<Played, 'operation'>): boolean {
  return operation?.kind === 'Playing';
}

export function isPlayed(game: Played): boolean {
  return isPlayedHere(game) || (game.playedBy?.length ?? 0) > 0;
}

/** How many PCs, this one among them. */
export function playersNow(game: Played): number {
  return (game.playedBy?.length ?? 0) + (isPlayedHere(game) ? 1 : 0);
}

/** The first few names, and how many more there are. */
export function shortenNames(names: readonly string[], most = 5): { names: readonly string[]; more: number } {
  // One name takes no more room than "1 other".
  if (names.length <= most + 1) return { names, more: 0 };
  return { names: names.slice(0, most), more: names.length - most };
}
