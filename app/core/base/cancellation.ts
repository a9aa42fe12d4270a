import { systemClock, type Clock } from './clock.ts';
import { LanspreadError, type ErrorCode } from './errors.ts';

export interface SignalOptions {
  signal?: AbortSignal | undefined;
}

/** Joins the given signals: aborts with the reason of the first that aborts. */
export function anySignal(...signals: (AbortSignal | undefined)[]): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}

/** The error for an aborted signal: its reason when that is coded, else `CANCELLED`. */
export function abortError(signal: AbortSignal): LanspreadError {
  return signal.reason instanceof LanspreadError
    ? signal.reason
    : new LanspreadError('CANCELLED', { cause: signal.reason });
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal);
}

/** Resolves when the signal aborts, for work that only waits for its stop. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}

export interface SleepOptions extends SignalOptions {
  clock?: Clock;
}

/** Waits `delayMs` milliseconds. Throws when the signal aborts first. */
export async function sleep(delayMs: number, { signal, clock = systemClock }: SleepOptions = {}): Promise<void> {
  throwIfAborted(signal);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  using _timer = clock.timeout(resolve, delayMs);
  const onAbort = (): void => reject(signal && abortError(signal));
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await promise;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

export interface TimeLimitOptions extends SignalOptions {
  /** The limit, in milliseconds. */
  limitMs: number;
  /** The code of the error when the limit passes. */
  code?: ErrorCode;
  /** The thing that was awaited, for the message. */
  what: string;
  clock?: Clock;
}

/**
 * Runs `work` with a signal that aborts when the caller's signal aborts or the time is up. Then rejects at once, even if
 * `work` ignores the signal.
 */
export async function withTimeLimit<T>(
  { signal, limitMs, code = 'PEER_TIMEOUT', what, clock = systemClock }: TimeLimitOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  throwIfAborted(signal);
  const limit = new AbortController();
  using _timer = clock.timeout(() => {
    limit.abort(new LanspreadError(code, { message: `No answer within ${limitMs} ms: ${what}.` }));
  }, limitMs);
  return await untilAborted(anySignal(signal, limit.signal), work);
}

/** Runs `work`; rejects at once when the signal aborts, even if `work` ignores it. */
export async function untilAborted<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  throwIfAborted(signal);
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(abortError(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work(signal), promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
