/** What a locked kiosk does while nobody touches it. Pure. */
import type { GameView } from '../../../core/rpc/contract.ts';

/** How long the question "still there?" stands before a session ends. */
export const warningMs = 30_000;
/** With no session going on, covers drift after so long at most. */
const attractAfterMs = 60_000;

interface IdleFacts {
  readonly sinceInputMs: number;
  /** The operator's limit for a session without input. */
  readonly idleMs: number;
  /** A game runs: whoever plays it gives its input elsewhere. */
  readonly isPlaying: boolean;
  /** Somebody used this PC since the last session ended. */
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

/** Games to tempt with: those that others play right now first, then what is ready to play, best those for several people, then what most people play here. */
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
