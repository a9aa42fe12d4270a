/** When something is told to those who fetch the same content. One look serves all of them. */
import { abortError, throwIfAborted, type Clock, type IDisposable } from '../../base/index.ts';
import { limits } from '../../protocol/index.ts';
import type { BlockRun } from '../schedule/block-runs.ts';
import type { LivePartial } from '../live-partial.ts';

/** How often a download is looked at for news, in milliseconds. */
export const lookPeriodMs = 100;
/**
 * What came while we go on fetching the same from a seed can wait this long, in milliseconds: it came from others, who
 * told of it themselves, or is part of a piece that will be told as a whole. In a room of many everybody tells everybody.
 */
const gatherMs = 1_000;
/** Without news something is said all the same, or the stream would count as idle. */
const aliveEveryMs = limits.requestIdleMs / 3;

/** What there is to tell. */
export interface Look {
  readonly nowMs: number;
  /** How many blocks have arrived since the download began. */
  readonly arrivals: number;
  /** What is on its way from peers that have everything, as text. */
  readonly claims: string;
}

/**
 * Whether somebody who was told `told` is to be told something now. A change of what we fetch from a seed is told at once:
 * a piece has come that few have, or others may leave the next one to us.
 */
export function isDue(told: Look, now: Look): boolean {
  if (now.claims !== told.claims) return true;
  return now.nowMs - told.nowMs >= (now.arrivals > told.arrivals ? gatherMs : aliveEveryMs);
}

interface Waiting {
  readonly told: Look;
  readonly resolve: () => void;
}

/** Looks at one download for all who listen to it, while anybody does. */
export class HaveNews {
  readonly #partial: LivePartial;
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #looking: IDisposable | undefined;

  constructor(partial: LivePartial, clock: Clock) {
    this.#partial = partial;
    this.#clock = clock;
  }

  /** What there is to tell now, and what of it is on its way from peers that have everything. */
  look(): Look & { readonly fetching: readonly BlockRun[] } {
    const fetching = this.#partial.claims().slice(0, limits.haveRuns);
    const { arrivals } = this.#partial;
    return { nowMs: this.#clock.monotonicMs(), arrivals, fetching, claims: JSON.stringify(fetching) };
  }

  /** Until there is something to tell to somebody who was told this. Errors: the signal's. */
  async next(told: Look, { signal }: { signal: AbortSignal }): Promise<void> {
    throwIfAborted(signal);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { told, resolve };
    const onAbort = (): void => reject(abortError(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.add(waiting);
    this.#looking ??= this.#clock.interval(() => this.#tellWhoWaits(), lookPeriodMs);
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#waiting.delete(waiting);
      if (this.#waiting.size === 0) this.#stopLooking();
    }
  }

  #stopLooking(): void {
    this.#looking?.[Symbol.dispose]();
    this.#looking = undefined;
  }

  #tellWhoWaits(): void {
    const now = this.look();
    for (const { told, resolve } of this.#waiting) if (isDue(told, now)) resolve();
  }
}
