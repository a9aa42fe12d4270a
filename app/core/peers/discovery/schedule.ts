/**
 * When to ask and when to announce, decided without a clock of its own: every time is a monotonic millisecond that comes
 * in. Quiet is the aim: a query interval that triples, and one host's question that counts for all who hear it.
 */

interface QueryPacing {
  /** The first interval, in milliseconds. */
  readonly firstMs: number;
  /** Where the growing ends. */
  readonly maxMs: number;
}

/** With peers known their records' ends decide; this is how often an empty network is asked. */
export const multicastPacing: QueryPacing = { firstMs: 1_000, maxMs: 96_000 };
/** Probes are the fallback, so they are slower. */
export const broadcastPacing: QueryPacing = { firstMs: 1_000, maxMs: 240_000 };
export const staticPacing: QueryPacing = { firstMs: 1_000, maxMs: 30_000 };

/** Nothing is asked more often than this (RFC 6762, section 5.2). */
const leastGapMs = 1_000;

/** The times of doubt's questions after a `reconfirm`, relative to it: within the 4 s it has. */
const doubtGapsMs = [0, 1_000, 2_500] as const;

interface QueryScheduleOptions {
  startMs: number;
  pacing: QueryPacing;
  random?: () => number;
}

export class QuerySchedule {
  readonly #pacing: QueryPacing;
  readonly #random: () => number;
  #dueMs: number;
  #gapMs: number;
  #lastAskedMs = Number.NEGATIVE_INFINITY;
  #doubts: number[] = [];

  constructor({ startMs, pacing, random = Math.random }: QueryScheduleOptions) {
    this.#pacing = pacing;
    this.#random = random;
    // RFC 6762, section 5.2: hosts that start together should not speak at once.
    this.#dueMs = startMs + 20 + random() * 60;
    this.#gapMs = pacing.firstMs;
  }

  get lastAskedMs(): number {
    return this.#lastAskedMs;
  }

  /** When to ask next; `refreshMs` is when the first known record wants to be asked for. */
  nextMs(refreshMs: number | undefined): number {
    const doubtMs = this.#doubts[0] ?? Number.POSITIVE_INFINITY;
    const calmMs = Math.max(Math.min(this.#dueMs, refreshMs ?? this.#dueMs), this.#lastAskedMs + leastGapMs);
    return Math.min(doubtMs, calmMs);
  }

  /** The question went out, or another host asked the same and its answers will be heard here too. */
  asked(nowMs: number): void {
    this.#lastAskedMs = nowMs;
    this.#dueMs = nowMs + this.#gapMs * (1 + this.#random() * 0.1);
    this.#gapMs = Math.min(this.#gapMs * 3, this.#pacing.maxMs);
    this.#doubts = this.#doubts.filter((timeMs) => timeMs > nowMs);
  }

  /** Nothing more to learn this way for now: the longest interval from here on. */
  relax(nowMs: number): void {
    this.#gapMs = this.#pacing.maxMs;
    this.#dueMs = nowMs + this.#gapMs * (1 + this.#random() * 0.1);
  }

  /** Starts over with short intervals, when the network has changed. */
  restart(nowMs: number): void {
    this.#gapMs = this.#pacing.firstMs;
    this.#dueMs = Math.min(this.#dueMs, nowMs + 20 + this.#random() * 60);
  }

  /** Asks now and twice more soon. Doubt while doubting adds nothing, however often a dial fails. */
  doubt(nowMs: number): void {
    if (this.#doubts.length > 0 || nowMs - this.#lastAskedMs < 250) return void this.#doubtLater(nowMs);
    this.#doubts = doubtGapsMs.map((gapMs) => nowMs + gapMs);
  }

  #doubtLater(nowMs: number): void {
    if (this.#doubts.length === 0) this.#doubts = doubtGapsMs.slice(1).map((gapMs) => nowMs + gapMs);
  }
}

/** When to say the own records unasked: at once, after 1 s and after 3 s (RFC 6762, section 8.3). */
const announceGapsMs = [0, 1_000, 3_000] as const;

export class AnnounceSchedule {
  #times: number[] = [];

  /** Announces anew: at the start and whenever the records change. */
  restart(nowMs: number): void {
    this.#times = announceGapsMs.map((gapMs) => nowMs + gapMs);
  }

  nextMs(): number | undefined {
    return this.#times[0];
  }

  announced(nowMs: number): void {
    this.#times = this.#times.filter((timeMs) => timeMs > nowMs);
  }
}

/** Answers wait a little, so that several questions get one message and hosts do not speak at once. */
export class AnswerSchedule<T> {
  readonly #random: () => number;
  readonly #pending = new Map<T, Set<string>>();
  #dueMs: number | undefined;
  #lastSaidMs = Number.NEGATIVE_INFINITY;

  constructor({ random = Math.random }: { random?: () => number } = {}) {
    this.#random = random;
  }

  /**
   * Queues answers for an asker. `moreKnownFollows` waits for the rest of its known answers (RFC 6762, section 7.2);
   * what was multicast less than a second ago is said again only when that second is over (section 6).
   */
  ask(answers: readonly T[], { asker, nowMs, moreKnownFollows }: AskOptions): void {
    for (const answer of answers) {
      const askers = this.#pending.get(answer) ?? new Set();
      if (askers.size < 64) askers.add(asker);
      this.#pending.set(answer, askers);
    }
    const delayMs = moreKnownFollows ? 400 + this.#random() * 100 : 20 + this.#random() * 80;
    const readyMs = Math.max(nowMs + delayMs, this.#lastSaidMs + 1_000);
    this.#dueMs = Math.min(this.#dueMs ?? readyMs, readyMs);
  }

  /** An asker turned out to know some of it. */
  withdraw(asker: string, isKnown: (answer: T) => boolean): void {
    for (const [answer, askers] of this.#pending) {
      if (!isKnown(answer) || !askers.delete(asker)) continue;
      if (askers.size === 0) this.#pending.delete(answer);
    }
    if (this.#pending.size === 0) this.#dueMs = undefined;
  }

  nextMs(): number | undefined {
    return this.#dueMs;
  }

  /** Takes the answers that are due now. */
  take(nowMs: number): T[] {
    const answers = [...this.#pending.keys()];
    this.#pending.clear();
    this.#dueMs = undefined;
    this.#lastSaidMs = nowMs;
    return answers;
  }

  /** These were just announced, so nobody needs them as an answer any more. */
  said(answers: readonly T[], nowMs: number): void {
    for (const answer of answers) this.#pending.delete(answer);
    if (this.#pending.size === 0) this.#dueMs = undefined;
    this.#lastSaidMs = nowMs;
  }

  /** What waits is no longer true. */
  forget(): void {
    this.#pending.clear();
    this.#dueMs = undefined;
  }
}

interface AskOptions {
  asker: string;
  nowMs: number;
  moreKnownFollows: boolean;
}

/** Lets at most `perSecond` things pass in any second of the clock; the rest is dropped. */
export class RateLimit {
  readonly #perSecond: number;
  #second = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  passes(nowMs: number): boolean {
    const second = Math.floor(nowMs / 1_000);
    if (second !== this.#second) this.#count = 0;
    this.#second = second;
    this.#count += 1;
    return this.#count <= this.#perSecond;
  }
}

/** After failures something is tried again by the next scan, then ever more rarely. */
const retryGapScans = [1, 1, 2, 5, 10] as const;

/** When to try again what the system refused, counted in scans. */
export class RetrySchedule {
  #failures = 0;
  #atScan = 0;

  isDue(scan: number): boolean {
    return scan >= this.#atScan;
  }

  failed(scan: number): void {
    this.#atScan = scan + (retryGapScans[this.#failures] ?? 10);
    this.#failures += 1;
  }

  reset(): void {
    this.#failures = 0;
    this.#atScan = 0;
  }
}
