import type { Multiaddr } from '@multiformats/multiaddr';
import {
  backoffMs,
  anySignal,
  type Clock,
  type ErrorCode,
  type IDisposable,
  type Logger,
  toLanspreadError,
} from '../../base/index.ts';
import { endpointOf } from './addresses.ts';
import { DialPlaces } from './dial-places.ts';

/** Somebody to reach: a discovered peer by its id, a static or known one by its address. */
export interface DialTarget {
  readonly key: string;
  /** Undefined while nobody answered there. */
  readonly peerId: string | undefined;
  readonly addresses: readonly Multiaddr[];
  /**
   * A discovered peer's target is dropped when discovery loses it, a static one never, one that is known from before or was
   * told by another peer after one failure.
   */
  readonly kind: 'found' | 'static' | 'known' | 'told';
}

interface DiallerOptions {
  /** Dials and says Hello; returns the peer id, rejects when that fails. */
  connect: (target: DialTarget, options: { signal: AbortSignal }) => Promise<string>;
  isConnected: (peerId: string) => boolean;
  /** `failures`: in a row. */
  onFailed: (target: DialTarget, failure: { code: ErrorCode; failures: number }) => void;
  clock: Clock;
  /** From 0 to below 1. */
  random: () => number;
  logger: Logger;
}

interface Entry {
  target: DialTarget;
  failures: number;
  /** Sessions in a row that ended soon after the dial. */
  drops: number;
  /** When the last dial led to a session, monotonic; undefined once that session is over. */
  reachedAtMs: number | undefined;
  timer: IDisposable | undefined;
  /** Ends the dial that is under way. */
  dialling: AbortController | undefined;
  /** The addresses changed while dialling the old ones. */
  isStale: boolean;
}

/**
 * A peer that hangs up sooner than this after a dial, in milliseconds, is not dialled again at once: two PCs with one identity
 * would push each other out without end.
 */
const steadyMs = 10_000;

/** So many at a time: in a hall of hundreds that all start at once, the rest waits its turn. */
const dialsAtOnce = 40;
/** Remembered peers have places of their own: most of them may be gone, and each one costs seconds of waiting. */
const rememberedDialsAtOnce = 8;

/** Keeps trying to reach its targets, with a growing pause, until they are dropped. */
export class Dialler implements IDisposable {
  readonly #options: DiallerOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #stopping = new AbortController();
  readonly #places = new DialPlaces(dialsAtOnce);
  readonly #rememberedPlaces = new DialPlaces(rememberedDialsAtOnce);

  constructor(options: DiallerOptions) {
    this.#options = options;
  }

  /** Adds a target, or replaces the one of the same key; one whose addresses changed is dialled afresh. */
  put(target: DialTarget, { delayMs = 0 }: { delayMs?: number } = {}): void {
    const known = this.#entries.get(target.key);
    if (!known) {
      const entry = newEntry(target);
      this.#entries.set(target.key, entry);
      this.#schedule(entry, delayMs);
      return;
    }
    const before = known.target.addresses.map(String);
    const now = target.addresses.map(String);
    const isSame = before.join() === now.join();
    known.target = { ...target, peerId: target.peerId ?? known.target.peerId };
    if (isSame && (known.timer || known.dialling)) return;
    known.failures = 0;
    if (!known.dialling) return this.#schedule(known, delayMs);
    known.isStale = true;
    // The peer has left all the addresses that are being dialled.
    if (!before.some((address) => now.includes(address))) known.dialling.abort();
  }

  count(kind: DialTarget['kind']): number {
    return [...this.#entries.values()].filter(({ target }) => target.kind === kind).length;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Forgets a target; a dial of it that is under way is broken off. */
  drop(key: string): void {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    entry?.timer?.[Symbol.dispose]();
    entry?.dialling?.abort();
  }

  /** A peer was lost: its targets are dialled again, at the earliest after the delay. */
  retry(peerId: string, { delayMs }: { delayMs: number }): void {
    const { clock, random } = this.#options;
    for (const entry of this.#entries.values()) {
      if (entry.target.peerId !== peerId || entry.dialling) continue;
      const { reachedAtMs } = entry;
      if (reachedAtMs !== undefined) {
        const isSteady = clock.monotonicMs() - reachedAtMs >= steadyMs;
        entry.drops = isSteady ? 0 : entry.drops + 1;
        entry.reachedAtMs = undefined;
      }
      const pauseMs = entry.drops > 1 ? dialPauseMs(entry.drops - 1, random()) : 0;
      this.#schedule(entry, Math.max(delayMs, pauseMs));
    }
  }

  [Symbol.dispose](): void {
    this.#stopping.abort();
    for (const key of this.#entries.keys()) this.drop(key);
  }

  #schedule(entry: Entry, delayMs: number): void {
    entry.timer?.[Symbol.dispose]();
    const dial = (): void => {
      entry.timer = undefined;
      void this.#dial(entry);
    };
    entry.timer = this.#options.clock.timeout(dial, delayMs, { background: true });
  }

  async #dial(entry: Entry): Promise<void> {
    if (entry.dialling) return;
    const stopping = this.#stopping.signal;
    entry.dialling = new AbortController();
    entry.isStale = false;
    const signal = anySignal(stopping, entry.dialling.signal);
    const places =
      entry.target.kind === 'known' || entry.target.kind === 'told' ? this.#rememberedPlaces : this.#places;
    let failure: unknown;
    try {
      await places.run(hostOf(entry.target), async () => await this.#reach(entry, signal), { signal });
    } catch (error) {
      failure = error;
    }
    entry.dialling = undefined;
    if (stopping.aborted || !this.#isCurrent(entry)) return;
    if (failure === undefined) entry.failures = 0;
    // A dial that was broken off for newer addresses says nothing about them.
    else if (!signal.aborted) this.#failed(entry, failure);
    if (!this.#isCurrent(entry)) return;
    if (entry.isStale) this.#schedule(entry, 0);
    else if (failure !== undefined) this.#schedule(entry, dialPauseMs(entry.failures, this.#options.random()));
  }

  async #reach(entry: Entry, signal: AbortSignal): Promise<void> {
    const { target } = entry;
    if (target.peerId !== undefined && this.#options.isConnected(target.peerId)) return;
    const peerId = await this.#options.connect(target, { signal });
    entry.target = { ...entry.target, peerId };
    entry.reachedAtMs = this.#options.clock.monotonicMs();
  }

  #failed(entry: Entry, error: unknown): void {
    const { onFailed, logger } = this.#options;
    const { code } = toLanspreadError(error);
    entry.failures += 1;
    logger.debug({ target: entry.target.key, failures: entry.failures, code, err: error }, 'a dial failed');
    onFailed(entry.target, { code, failures: entry.failures });
  }

  #isCurrent(entry: Entry): boolean {
    return this.#entries.get(entry.target.key) === entry;
  }
}

/** Where a target is dialled first. */
function hostOf({ key, addresses: [first] }: DialTarget): string {
  return (first && endpointOf(first)?.host) ?? key;
}

function newEntry(target: DialTarget): Entry {
  return {
    target,
    failures: 0,
    drops: 0,
    reachedAtMs: undefined,
    timer: undefined,
    dialling: undefined,
    isStale: false,
  };
}

/** When to dial again. Pure. */
const firstMs = 1_000;
const longestMs = 30_000;

/** The pause before attempt `failures + 1`, in milliseconds: 1, 2, 4 … 30 s, up to a quarter shorter by `random` in [0, 1). */
export function dialPauseMs(failures: number, random: number): number {
  const full = backoffMs(Math.max(1, failures), { firstMs, longestMs });
  return Math.round(full * (1 - random / 4));
}

/** Of two peers that see each other the lower id dials at once, and the other one if it was not called by then. */
export function firstDialDelayMs(ownId: string, otherId: string): number {
  return ownId < otherId ? 0 : 500;
}
