import type { Clock, IDisposable, LanspreadError } from '../../base/index.ts';

/** Aborts when nothing happened for a while. Each sign of progress begins the time anew. */
export class ActivityLimit implements IDisposable {
  readonly #stop = new AbortController();
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #error: () => LanspreadError;
  #touchedAt: number;
  #timer: IDisposable;
  #held = 0;

  constructor({ clock, limitMs, error }: { clock: Clock; limitMs: number; error: () => LanspreadError }) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#error = error;
    this.#touchedAt = clock.monotonicMs();
    this.#timer = this.#arm(limitMs);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  touch(): void {
    this.#touchedAt = this.#clock.monotonicMs();
  }

  /** While held, the time stands still: somebody else is waited for. */
  hold(): IDisposable {
    this.#held += 1;
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#held -= 1;
        isHeld = false;
        this.touch();
      },
    };
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #arm(delayMs: number): IDisposable {
    return this.#clock.timeout(() => this.#look(), delayMs, { background: true });
  }

  #look(): void {
    if (this.#held > 0) this.touch();
    const restMs = this.#touchedAt + this.#limitMs - this.#clock.monotonicMs();
    if (restMs <= 0) this.#stop.abort(this.#error());
    else this.#timer = this.#arm(restMs);
  }
}
