import type { Clock, GameId, IDisposable } from '../../base/index.ts';
import type { Playing } from '../../protocol/index.ts';
import { Pace } from './pace.ts';

/** However often a peer says something else: what is shown changes at most so often, in milliseconds. */
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

  /** What is older than what is known came late, and is left out. */
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
