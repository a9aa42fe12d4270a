import { parseGameId } from '../../../app/core/base/index.ts';
import type { GameView } from '../../../app/core/operations/index.ts';

/** A game that nobody has, as the core publishes it, with what differs. */
export function gameView(differs: Partial<Omit<GameView, 'id'>> & { id?: string } = {}): GameView {
  const { id = 'quake', ...rest } = differs;
  return {
    id: parseGameId(id),
    title: 'Quake',
    version: '2',
    downloaded: false,
    installed: false,
    availability: 'LocalOnly',
    peerCount: 0,
    sizeBytes: 0,
    updateAvailable: false,
    playedSeconds: 0,
    genres: [],
    hasCover: false,
    ...rest,
  };
}
