import type { Clock, IDisposable } from '../../base/index.ts';

interface PaceOptions {
  clock: Clock;
  /** The pause after each time, in milliseconds. */
  everyMs: number;
  act: () => void;
}

/** Acts at once, then pauses. A request during the pause is served once, at its end. */
export class Pace implements IDisposable {
  readonly #options: PaceOptions;
  #pause: IDisposable | undefined;
  #isAskedAgain = false;
  #isOver = false;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  ask(): void {
    if (this.#isOver) return;
    if (this.#pause) {
      this.#isAskedAgain = true;
      return;
    }
    const { clock, everyMs, act } = this.#options;
    this.#pause = clock.timeout(() => this.#onPauseOver(), everyMs, { background: true });
    act();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#pause?.[Symbol.dispose]();
  }

  #onPauseOver(): void {
    this.#pause = undefined;
    if (!this.#isAskedAgain) return;
    this.#isAskedAgain = false;
    this.ask();
  }
}
