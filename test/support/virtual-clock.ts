/** A clock that stands still until a test moves it. */
import type { Clock } from '../../app/core/base/index.ts';

interface Timer {
  at: number;
  readonly order: number;
  readonly callback: () => void;
  readonly periodMs: number | undefined;
}

export class VirtualClock implements Clock {
  /** Milliseconds since 1970 at which the clock begins. */
  readonly #epochMs: number;
  #elapsedMs = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(epochMs = Date.UTC(2026, 0, 1)) {
    this.#epochMs = epochMs;
  }

  now(): number {
    return this.#epochMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  timeout(callback: () => void, delayMs: number): Disposable {
    return this.#add({ callback, delayMs, periodMs: undefined });
  }

  interval(callback: () => void, periodMs: number): Disposable {
    return this.#add({ callback, delayMs: periodMs, periodMs: Math.max(1, periodMs) });
  }

  /** Timers that still wait: none may be left when a test is over. */
  get pendingCount(): number {
    return this.#timers.size;
  }

  /**
   * Moves the time on. Timers that fall due run in the order of their times; what they start (promises, new timers)
   * gets its turn before the next one, and timers set meanwhile run too when they fall due within the time.
   */
  async advance(durationMs: number): Promise<void> {
    const end = this.#elapsedMs + durationMs;
    await settle();
    for (let next = this.#nextDue(end); next; next = this.#nextDue(end)) {
      this.#elapsedMs = Math.max(this.#elapsedMs, next.at);
      if (next.periodMs === undefined) this.#timers.delete(next);
      else next.at += next.periodMs;
      next.callback();
      await settle();
    }
    this.#elapsedMs = end;
    await settle();
  }

  /** The machine is too busy: time goes by, and what falls due meanwhile runs late, with the next `advance`. */
  stall(durationMs: number): void {
    this.#elapsedMs += durationMs;
  }

  #add({ callback, delayMs, periodMs }: { callback: () => void; delayMs: number; periodMs: number | undefined }) {
    const timer: Timer = { at: this.#elapsedMs + Math.max(0, delayMs), order: (this.#order += 1), callback, periodMs };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  #nextDue(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > end) continue;
      if (!next || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    }
    return next;
  }
}

/** Lets everything that is ready run: promise chains and what they schedule for the next turn of the loop. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
