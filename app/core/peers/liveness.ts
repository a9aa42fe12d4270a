import type { Clock, IDisposable } from '../base/index.ts';

/** Ask after this much silence, and again after as much more, in milliseconds. */
export const pingAfterMs = 4_000;
/** Gone after this much silence, in milliseconds. */
export const goneAfterMs = 12_000;

export interface Silence {
  /** When the peer was last heard, monotonic. */
  readonly heardAtMs: number;
  /** When it was first and last asked since then; undefined when it was not. */
  readonly askedAtMs?: { readonly first: number; readonly last: number } | undefined;
}

export type Verdict = { kind: 'wait'; delayMs: number } | { kind: 'ask' } | { kind: 'gone' };

/**
 * What to do about a peer's silence. Pure. Nobody is gone who was not asked for as long as the limit leaves: after a
 * sleep of this PC every peer seems to have been silent for hours.
 */
export function judgeSilence({ heardAtMs, askedAtMs }: Silence, nowMs: number): Verdict {
  if (!askedAtMs) {
    const delayMs = heardAtMs + pingAfterMs - nowMs;
    return delayMs > 0 ? { kind: 'wait', delayMs } : { kind: 'ask' };
  }
  const goneAtMs = askedAtMs.first + goneAfterMs - pingAfterMs;
  if (nowMs >= goneAtMs) return { kind: 'gone' };
  const askAtMs = askedAtMs.last + pingAfterMs;
  if (nowMs >= askAtMs) return { kind: 'ask' };
  return { kind: 'wait', delayMs: Math.min(askAtMs, goneAtMs) - nowMs };
}

export interface LivenessWatchOptions {
  /** Sends a ping; the answer comes as `heard`. */
  ask: () => void;
  gone: () => void;
  clock: Clock;
}

/** Watches one peer with one timer that is set for the next thing to do. */
export class LivenessWatch implements IDisposable {
  readonly #options: LivenessWatchOptions;
  #silence: Silence;
  #timer: IDisposable | undefined;

  constructor(options: LivenessWatchOptions) {
    this.#options = options;
    this.#silence = { heardAtMs: options.clock.monotonicMs() };
    this.#arm(pingAfterMs);
  }

  /** A sign of life. Cheap: the timer finds out by itself. */
  heard(): void {
    this.#silence = { heardAtMs: this.#options.clock.monotonicMs() };
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    this.#timer = this.#options.clock.timeout(() => this.#look(), delayMs, { background: true });
  }

  #look(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const verdict = judgeSilence(this.#silence, nowMs);
    if (verdict.kind === 'gone') {
      this.#timer = undefined;
      this.#options.gone();
      return;
    }
    if (verdict.kind === 'ask') {
      const { heardAtMs, askedAtMs } = this.#silence;
      this.#silence = { heardAtMs, askedAtMs: { first: askedAtMs?.first ?? nowMs, last: nowMs } };
    }
    const next = judgeSilence(this.#silence, nowMs);
    this.#arm(next.kind === 'wait' ? next.delayMs : 0);
    if (verdict.kind === 'ask') this.#options.ask();
  }
}
