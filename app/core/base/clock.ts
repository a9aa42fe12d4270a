import { toDisposable, type IDisposable } from './lifecycle.ts';

/** Time as a port, so that deciders and time-outs run on a virtual clock in tests. All durations in milliseconds. */
export interface Clock {
  /** The wall clock, in milliseconds since 1970. */
  now(): number;
  /** Monotonic, in milliseconds since an arbitrary point: for measurements and time-outs. */
  monotonicMs(): number;
  /** Calls back once. With `background` the timer does not keep the process alive. */
  timeout(callback: () => void, delayMs: number, options?: TimerOptions): IDisposable;
  /** Calls back at every period until disposed. */
  interval(callback: () => void, periodMs: number, options?: TimerOptions): IDisposable;
}

export interface TimerOptions {
  background?: boolean;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  timeout(callback, delayMs, { background = false } = {}) {
    const timer = setTimeout(callback, delayMs);
    if (background) timer.unref();
    return toDisposable(() => clearTimeout(timer));
  },
  interval(callback, periodMs, { background = false } = {}) {
    const timer = setInterval(callback, periodMs);
    if (background) timer.unref();
    return toDisposable(() => clearInterval(timer));
  },
};
