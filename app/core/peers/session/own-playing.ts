import type { Clock, GameId, IDisposable } from '../../base/index.ts';
import { limits, type Playing } from '../../protocol/index.ts';
import { Pace } from './pace.ts';

/** Others are told of changes at most so often, in milliseconds. */
const tellEveryMs = 1_000;

/** What is being played here, as the others are told it. */
export class OwnPlaying implements IDisposable {
  readonly #pace: Pace;
  #games: readonly GameId[] = [];
  #told: Playing = { revision: 0, games: [] };

  constructor({ clock, tell }: { clock: Clock; tell: (playing: Playing) => void }) {
    const act = (): void => {
      if (this.#games.join() === this.#told.games.join()) return;
      this.#told = { revision: this.#told.revision + 1, games: [...this.#games] };
      tell(this.#told);
    };
    this.#pace = new Pace({ clock, everyMs: tellEveryMs, act });
  }

  /** The newest last. */
  set(games: readonly GameId[]): void {
    this.#games = games.slice(-limits.playingGames);
    this.#pace.ask();
  }

  [Symbol.dispose](): void {
    this.#pace[Symbol.dispose]();
  }
}
