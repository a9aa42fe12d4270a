import type { Clock } from '../../base/index.ts';

/** Ask after this much silence, and again after as much more, in milliseconds. */
const pingAfterMs = 4_000;
/** In a crowd everybody asks less often, so that a hall of idle PCs stays quiet: 300 ms more for each peer. */
const pingAfterPerPeerMs = 300;
const longestPingAfterMs = 15_000;
/**
 * Silence is the same at both ends, so both would ask at the same moment: one of them waits this much longer and usually
 * hears the other one's ping meanwhile, in milliseconds.
 */
const yieldMs = 1_000;
/** Gone when the first question had no answer for this long, in milliseconds: after 12 s of silence among few. */
const answerWithinMs = 8_000;
/** This PC looks this much later than it meant to, in milliseconds: it was too busy to hear anybody. */
const stallMs = 500;

/** After how much silence a peer is asked, by the number of peers, in milliseconds. Pure. */
export function pingAfterAmong(peers: number): number {
  return Math.min(longestPingAfterMs, Math.max(pingAfterMs, peers * pingAfterPerPeerMs));
}

interface Silence {
  /** When the peer was last heard, monotonic. */
  readonly heardAtMs: number;
  /** When it was first and last asked since then; undefined when it was not. */
  readonly askedAtMs?: { readonly first: number; readonly last: number } | undefined;
  /** The other end asks first. */
  readonly yields?: boolean;
  /** See `pingAfterAmong`. Default: among few. */
  readonly pingAfterMs?: number;
}

type Verdict = { kind: 'wait'; delayMs: number } | { kind: 'ask' } | { kind: 'gone' };

/**
 * What to do about a peer's silence. Pure. Nobody is gone who was not asked for as long as the limit leaves: after a
 * sleep of this PC every peer seems to have been silent for hours.
 */
export function judgeSilence(
  { heardAtMs, askedAtMs, yields = false, pingAfterMs: askAfterMs = pingAfterMs }: Silence,
  nowMs: number,
): Verdict {
  const firstAfterMs = yields ? askAfterMs + yieldMs : askAfterMs;
  if (!askedAtMs) {
    const delayMs = heardAtMs + firstAfterMs - nowMs;
    return delayMs > 0 ? { kind: 'wait', delayMs } : { kind: 'ask' };
  }
  const goneAtMs = askedAtMs.first + answerWithinMs - (yields ? yieldMs : 0);
  if (nowMs >= goneAtMs) return { kind: 'gone' };
  const askAtMs = askedAtMs.last + pingAfterMs;
  if (nowMs >= askAtMs) return { kind: 'ask' };
  return { kind: 'wait', delayMs: Math.min(askAtMs, goneAtMs) - nowMs };
}

/** What a look is told of this PC. */
export interface LookFacts {
  /** For so long this PC was too busy to hear anybody since the last look, in milliseconds. */
  readonly stalledMs: number;
  /** How many peers there are. */
  readonly peers: number;
}

interface LivenessWatchOptions {
  /** Sends a ping; the answer comes as `heard`. */
  ask: () => void;
  gone: () => void;
  /** The other end asks first. */
  yields?: boolean;
  clock: Clock;
}

/** The silence of one peer. `watchLiveness` looks at it when it is due. */
export class LivenessWatch {
  readonly #options: LivenessWatchOptions;
  readonly #yields: boolean;
  #silence: Silence;
  #isGone = false;

  constructor(options: LivenessWatchOptions) {
    this.#options = options;
    this.#yields = options.yields ?? false;
    this.#silence = { heardAtMs: options.clock.monotonicMs(), yields: this.#yields };
  }

  /** A sign of life. Cheap: the next look finds out by itself. */
  heard(): void {
    this.#silence = { heardAtMs: this.#options.clock.monotonicMs(), yields: this.#yields };
  }

  /** Asks or gives up the peer if that is due. Returns when to look again, in milliseconds from now. */
  look({ stalledMs, peers }: LookFacts = { stalledMs: 0, peers: 1 }): number {
    if (this.#isGone) return pingAfterMs;
    this.#silence = { ...later(this.#silence, stalledMs), pingAfterMs: pingAfterAmong(peers) };
    const nowMs = this.#options.clock.monotonicMs();
    const verdict = judgeSilence(this.#silence, nowMs);
    if (verdict.kind === 'wait') return verdict.delayMs;
    if (verdict.kind === 'gone') {
      this.#isGone = true;
      this.#options.gone();
      return pingAfterMs;
    }
    const { askedAtMs } = this.#silence;
    this.#silence = { ...this.#silence, askedAtMs: { first: askedAtMs?.first ?? nowMs, last: nowMs } };
    const next = judgeSilence(this.#silence, nowMs);
    this.#options.ask();
    return next.kind === 'wait' ? next.delayMs : 0;
  }
}

/** The same silence, without the time in which this PC could not hear: what came meanwhile is read only now. Pure. */
function later({ heardAtMs, askedAtMs, ...silence }: Silence, stalledMs: number): Silence {
  return {
    ...silence,
    heardAtMs: heardAtMs + stalledMs,
    askedAtMs: askedAtMs && { first: askedAtMs.first + stalledMs, last: askedAtMs.last + stalledMs },
  };
}

interface WatchLivenessOptions {
  /** Those that there are now. One that comes later is looked at within `pingAfterMs`, before anything of it is due. */
  sessions: () => Iterable<{ lookAtSilence(facts: LookFacts): number }>;
  clock: Clock;
  signal: AbortSignal;
}

/**
 * Looks at every peer's silence when it is due, until the signal aborts. A look that fails does not keep the others from
 * theirs; then it rejects with the first failure.
 */
export async function watchLiveness({ sessions, clock, signal }: WatchLivenessOptions): Promise<void> {
  let dueAtMs = clock.monotonicMs();
  while (!signal.aborted) {
    const lateMs = clock.monotonicMs() - dueAtMs;
    const all = Array.from(sessions());
    const facts = { stalledMs: lateMs > stallMs ? lateMs : 0, peers: all.length };
    let delayMs = pingAfterMs;
    const failures: unknown[] = [];
    for (const session of all) {
      try {
        delayMs = Math.min(delayMs, session.lookAtSilence(facts));
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    dueAtMs = clock.monotonicMs() + delayMs;
    await pause(delayMs, { clock, signal });
  }
}

/** Waits in the background; returns early when the signal aborts. */
async function pause(delayMs: number, { clock, signal }: { clock: Clock; signal: AbortSignal }): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  using _timer = clock.timeout(resolve, delayMs, { background: true });
  signal.addEventListener('abort', () => resolve(), { once: true });
  if (!signal.aborted) await promise;
}
