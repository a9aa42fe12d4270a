/** Decides when peers that fetch the same content get news. One timer serves all of them. */
import { abortError, throwIfAborted, type Clock, type IDisposable } from '../../base/index.ts';
import { limits } from '../../protocol/index.ts';
import type { BlockRun } from '../schedule/block-runs.ts';
import type { LivePartial } from '../live-partial.ts';

/** How often a download is checked for news, in milliseconds. */
export const lookPeriodMs = 100;
/**
 * How long news of arrived blocks may wait while our fetches from seeds stay the same, in milliseconds. Such blocks
 * came from peers that announced them already, or belong to a piece that is announced when it is whole. Without this
 * wait, a large room would drown in messages: every peer sends its news to every other.
 */
const gatherMs = 1_000;
/** A message goes out this often even without news, or the stream would count as idle. */
const aliveEveryMs = limits.requestIdleMs / 3;

/** The state of a download that peers hear of. */
export interface Look {
  readonly nowMs: number;
  /** How many blocks have arrived since the download began. */
  readonly arrivals: number;
  /** The runs that are being fetched from seeds, as text. */
  readonly claims: string;
}

/**
 * Whether a peer that last heard `told` gets a message now. A change in our fetches from seeds is urgent: either a rare
 * piece has come, or others may leave the next one to us.
 */
export function isDue(told: Look, now: Look): boolean {
  if (now.claims !== told.claims) return true;
  return now.nowMs - told.nowMs >= (now.arrivals > told.arrivals ? gatherMs : aliveEveryMs);
}

interface Waiting {
  readonly told: Look;
  readonly resolve: () => void;
}

/** Watches one download for all peers that listen, as long as there is one. */
export class HaveNews {
  readonly #partial: LivePartial;
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #looking: IDisposable | undefined;

  constructor(partial: LivePartial, clock: Clock) {
    this.#partial = partial;
    this.#clock = clock;
  }

  /** The state now, with the runs that are being fetched from seeds. */
  look(): Look & { readonly fetching: readonly BlockRun[] } {
    const fetching = this.#partial.claims().slice(0, limits.haveRuns);
    const { arrivals } = this.#partial;
    return { nowMs: this.#clock.monotonicMs(), arrivals, fetching, claims: JSON.stringify(fetching) };
  }

  /** Waits until there is news for a peer that last heard `told`. Errors: the signal's. */
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
