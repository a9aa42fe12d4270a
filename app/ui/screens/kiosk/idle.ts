/** What a locked kiosk does without input. Pure. */
import type { GameView } from '../../../core/rpc/contract.ts';

/** How long the question "still there?" stands before a session ends. */
export const warningMs = 30_000;
/** With no session going on, covers drift after so long at most. */
const attractAfterMs = 60_000;

interface IdleFacts {
  readonly sinceInputMs: number;
  /** The operator's limit for a session without input. */
  readonly idleMs: number;
  /** A game is running and gets the input. */
  readonly isPlaying: boolean;
  /** There was input since the last session ended. */
  readonly hasSession: boolean;
}

export type IdleStage =
  | { readonly kind: 'active' }
  | { readonly kind: 'warning'; readonly secondsLeft: number }
  /** The session is to be ended now. */
  | { readonly kind: 'over' }
  | { readonly kind: 'attract' };

export function idleStage({ sinceInputMs, idleMs, isPlaying, hasSession }: IdleFacts): IdleStage {
  if (isPlaying) return { kind: 'active' };
  if (!hasSession) return { kind: sinceInputMs >= Math.min(idleMs, attractAfterMs) ? 'attract' : 'active' };
  const leftMs = idleMs - sinceInputMs;
  if (leftMs <= 0) return { kind: 'over' };
  return leftMs <= warningMs ? { kind: 'warning', secondsLeft: Math.ceil(leftMs / 1_000) } : { kind: 'active' };
}

type Spotlit = Pick<
  GameView,
  'playedBy' | 'installed' | 'downloaded' | 'peerCount' | 'players' | 'playedSeconds' | 'title'
>;

/** Games for the attract screen: first those that others are playing, then those ready to play, multiplayer before single player. */
export function spotlight<Game extends Spotlit>(games: readonly Game[], most = 8): readonly Game[] {
  const worth = ({ playedBy, installed, downloaded, peerCount, players }: Spotlit): number =>
    (playedBy ? 16 : 0) +
    (installed ? 8 : 0) +
    (downloaded ? 2 : 0) +
    ((players?.max ?? 1) > 1 ? 4 : 0) +
    (peerCount > 0 ? 1 : 0);
  return games
    .filter((game) => game.installed || game.downloaded || game.peerCount > 0)
    .toSorted((a, b) => worth(b) - worth(a) || b.playedSeconds - a.playedSeconds || a.title.localeCompare(b.title))
    .slice(0, most);
}
