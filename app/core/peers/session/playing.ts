import type { Clock, GameId, IDisposable } from '../../base/index.ts';
import { limits, type Playing } from '../../protocol/index.ts';
import { Pace } from './pace.ts';

/** The shown list changes at most this often, in milliseconds, however often the peer sends another one. */
export const playingPauseMs = 1_000;

/** What one peer says is played there. */
export class HeardPlaying implements IDisposable {
  readonly #pace: Pace;
  #heard: Playing | undefined;
  #shown: readonly GameId[];

  constructor(first: Playing | undefined, { clock, onChanged }: { clock: Clock; onChanged: () => void }) {
    this.#heard = first;
    this.#shown = gamesOf(first);
    const act = (): void => {
      const games = gamesOf(this.#heard);
      if (games.join() === this.#shown.join()) return;
      this.#shown = games;
      onChanged();
    };
    this.#pace = new Pace({ clock, everyMs: playingPauseMs, act });
  }

  /** Each once. */
  get games(): readonly GameId[] {
    return this.#shown;
  }

  /** An older revision came late, and is left out. */
  hear(playing: Playing): void {
    if (this.#heard && playing.revision <= this.#heard.revision) return;
    this.#heard = playing;
    this.#pace.ask();
  }

  [Symbol.dispose](): void {
    this.#pace[Symbol.dispose]();
  }
}

function gamesOf(playing: Playing | undefined): readonly GameId[] {
  return [...new Set(playing?.games)];
}

/** Others are told of changes at most so often, in milliseconds. */
const tellEveryMs = 1_000;

/** The games being played here, as the others are told them. */
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
