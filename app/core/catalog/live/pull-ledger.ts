/** Which folders of a live source are to be asked for: those that changed and stand still, and failures after a pause. Pure. */
import type { LanspreadError } from '../../base/index.ts';
import { restartPauseMs } from '../../supervise/index.ts';

interface Failure {
  readonly mark: string;
  readonly error: LanspreadError;
  readonly pauseMs: number;
  /** Monotonic. */
  readonly retryAt: number;
}

/** By a pull's origin. A mark tells how its folders were. */
type Marks = ReadonlyMap<string, string>;

export class PullLedger {
  readonly #taken = new Map<string, string>();
  readonly #failures = new Map<string, Failure>();
  /** At the last look; undefined before the first one, which takes things as they are. */
  #seen: Marks | undefined;

  /** The folders to ask now. Remembers how each one looked. */
  due(marks: Marks, { isDemanded, now }: { isDemanded: boolean; now: number }): string[] {
    const before = this.#seen;
    this.#seen = new Map(marks);
    // A stick that is away has nothing to retry.
    for (const origin of this.#failures.keys()) if (!marks.has(origin)) this.#failures.delete(origin);
    return [...marks].flatMap(([origin, mark]) => {
      if (isDemanded) return [origin];
      // A file that is still being written would be read half.
      if (before && before.get(origin) !== mark) return [];
      if (this.#taken.get(origin) === mark) return [];
      const failure = this.#failures.get(origin);
      return failure && failure.mark === mark && failure.retryAt > now ? [] : [origin];
    });
  }

  took(origin: string, mark: string): void {
    this.#taken.set(origin, mark);
    this.#failures.delete(origin);
  }

  /** The pause until it is tried again doubles, unless its folder changed. */
  failed(origin: string, { mark, error, now }: { mark: string; error: LanspreadError; now: number }): Failure {
    const former = this.#failures.get(origin);
    const pauseMs = restartPauseMs(former?.mark === mark ? former.pauseMs : undefined, 0);
    const failure = { mark, error, pauseMs, retryAt: now + pauseMs };
    this.#taken.delete(origin);
    this.#failures.set(origin, failure);
    return failure;
  }

  /** Of what is there now, the first. */
  failureOf(marks: Marks): LanspreadError | undefined {
    for (const origin of marks.keys()) {
      const failure = this.#failures.get(origin);
      if (failure) return failure.error;
    }
    return undefined;
  }

  /** Monotonic; `Infinity` when nothing failed. */
  nextTryAt(): number {
    return Math.min(Infinity, ...[...this.#failures.values()].map(({ retryAt }) => retryAt));
  }

  /** Everything is to be asked again; failures may keep their pause. */
  clear({ keepFailures = false } = {}): void {
    this.#taken.clear();
    if (!keepFailures) this.#failures.clear();
  }
}
