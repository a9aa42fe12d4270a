import type { Clock, GameId, IDisposable } from '../base/index.ts';

/** All durations in milliseconds. */
const firstPauseMs = 2_000;
/** The next full scan comes as soon as this. */
const longestPauseMs = 300_000;

/**
 * A game folder that cannot be read keeps its last known state, which is wrong once an operation has changed it. So it
 * is looked at again, after pauses that grow while that fails.
 */
export class LookAgain implements Disposable {
  readonly #clock: Clock;
  readonly #look: (ids: ReadonlySet<GameId>) => Promise<void>;
  #unseen = new Set<GameId>();
  #timer: IDisposable | undefined;
  #pauseMs = firstPauseMs;
  #isDisposed = false;

  /** `look` never throws; it calls `note` again for games that it could not read. */
  constructor({ clock, look }: { clock: Clock; look: (ids: ReadonlySet<GameId>) => Promise<void> }) {
    this.#clock = clock;
    this.#look = look;
  }

  note(id: GameId): void {
    if (this.#isDisposed) return;
    this.#unseen.add(id);
    this.#timer ??= this.#clock.timeout(() => void this.#again(), this.#pauseMs, { background: true });
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  async #again(): Promise<void> {
    const ids = this.#unseen;
    this.#unseen = new Set();
    this.#timer = undefined;
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
    await this.#look(ids);
    if (this.#unseen.size === 0) this.#pauseMs = firstPauseMs;
  }
}
