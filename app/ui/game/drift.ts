/** Which covers drift by, in three rows. Pure. */
import type { GameView } from '../../core/rpc/contract.ts';

type DriftGame = Pick<GameView, 'title' | 'genres' | 'hasCover'> & { readonly id: string };

interface DriftCover {
  /** Unique in its row. */
  readonly key: number;
  readonly game: DriftGame;
}

const rowCount = 3;
/** Wide enough that a row is longer than a screen. */
const perRow = 12;

/** Colours without a name, where there is no game yet. */
const nameless: readonly DriftGame[] = Array.from({ length: rowCount * perRow }, (_, index) => ({
  id: `nameless-${index}`,
  title: '\u2800'.repeat(index + 1),
  genres: [],
  hasCover: false,
}));

/** Neighbours differ wherever there is more than one game. */
export function driftRows(games: readonly DriftGame[]): readonly (readonly DriftCover[])[] {
  const from = games.length > 0 ? games : nameless;
  const rows: DriftCover[][] = [];
  for (let row = 0; row < rowCount; row += 1) {
    const covers: DriftCover[] = [];
    for (let key = 0; key < perRow; key += 1) {
      const game = from[(row * perRow + key) % from.length];
      if (game) covers.push({ key, game });
    }
    rows.push(covers);
  }
  return rows;
}
