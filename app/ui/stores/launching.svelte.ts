/**
 * Games that a person has just started here and whose windows are not up yet. From the press on Play to this long after
 * its process started, the button says so and a press does nothing: a second press must not stop the game.
 */
import { SvelteSet } from 'svelte/reactivity';
import { link } from './link.ts';

/** How long a game's window takes to appear, roughly. */
const windowMs = 4_000;
/** A launch without news ends after this time. */
const longestMs = 30_000;

class Launching {
  readonly #games = new SvelteSet<string>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor() {
    link.onEvent((event) => {
      if (event.event === 'play-started' && this.#games.has(event.gameId)) this.#endAfter(event.gameId, windowMs);
      else if (event.event === 'play-ended' || event.event === 'play-failed') this.end(event.gameId);
    });
  }

  has(gameId: string): boolean {
    return this.#games.has(gameId);
  }

  begin(gameId: string): void {
    this.#games.add(gameId);
    this.#endAfter(gameId, longestMs);
  }

  end(gameId: string): void {
    this.#games.delete(gameId);
    clearTimeout(this.#timers.get(gameId));
    this.#timers.delete(gameId);
  }

  #endAfter(gameId: string, delayMs: number): void {
    clearTimeout(this.#timers.get(gameId));
    this.#timers.set(
      gameId,
      setTimeout(() => this.end(gameId), delayMs),
    );
  }
}

export const launching = new Launching();
