/** Waits for a turn to upload, for lanes that serve in this thread. */
import { abortError, LanspreadError, throwIfAborted, type Clock, type IDisposable } from '../base/index.ts';
import type { Uploads } from './types.ts';

/** A request that has waited this long is refused, in milliseconds, so that its sender asks another peer. */
export const uploadWaitLimitMs = 15_000;

interface Turn {
  readonly uploads: Uploads;
  readonly peerId: string;
  readonly signal: AbortSignal;
}

/**
 * Waits for a place among the served peers and keeps it until it is disposed. Errors: `TOO_MANY_REQUESTS` when others
 * keep their places for too long, the signal's.
 */
export async function takePlace({ uploads, peerId, signal, clock }: Turn & { clock: Clock }): Promise<IDisposable> {
  throwIfAborted(signal);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(abortError(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  using _patience = clock.timeout(() => {
    reject(new LanspreadError('TOO_MANY_REQUESTS', { message: 'This PC serves others first.' }));
  }, uploadWaitLimitMs);
  const place = uploads.enter(peerId, resolve);
  try {
    await promise;
    return place;
  } catch (error) {
    place[Symbol.dispose]();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/**
 * Returns how many bytes may be sent now; waits until there are some. Infinity without a limit. Errors: the signal's.
 */
export async function takeBytes({ uploads, peerId, signal }: Turn): Promise<number> {
  throwIfAborted(signal);
  if (!uploads.isMetered) return Infinity;
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const onAbort = (): void => reject(abortError(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  using _claim = uploads.claim(peerId, resolve);
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
