/** Asks every PC that has a version which content it holds, and waits until the answers to come cannot matter any more. */
import { abortError, anySignal, LanspreadError, systemClock, type Clock } from '../base/index.ts';
import { askRoot, type AskNetwork, type WantedVersion } from './ask-peers.ts';
import { groupAnswers, isClear, type ManifestAnswer } from './manifest-vote.ts';

/** A PC that is still reading its files. */
export interface StillReading {
  readonly peerId: string;
  /** Of what it has to read; undefined where it does not say. */
  readonly percent: number | undefined;
}

interface CollectOptions {
  readonly network: AskNetwork;
  readonly request: WantedVersion;
  /** No other one counts: with the first who has it the others do not matter. */
  readonly wantedRoot: string | undefined;
  /** See `votersOf`. */
  readonly voters: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
  /** Whom it waits for, once it waits for anybody, and again whenever that changes. */
  readonly onWaiting?: ((waitsFor: readonly StillReading[]) => void) | undefined;
  readonly clock?: Clock;
}

/** A PC whose reading does not go on for this long is not waited for, in milliseconds. */
const standstillMs = 60_000;
/** The longest that all of them are waited for, in milliseconds: some 100 GiB from a slow disk. */
const longestWaitMs = 20 * 60_000;

/** Errors: `CANCELLED`. A peer that refuses, goes or does not answer has no vote. */
export async function collectAnswers(
  asked: readonly string[],
  { network, request, wantedRoot, voters, signal, onWaiting, clock = systemClock }: CollectOptions,
): Promise<ManifestAnswer[]> {
  const answers: ManifestAnswer[] = [];
  const reading = new Map<string, StillReading>();
  const open = new Set(asked);
  const enough = new AbortController();
  const { promise: decided, resolve: decide } = Promise.withResolvers<void>();
  const review = (): void => {
    const outstanding = new Set([...open].map((peerId) => voters.get(peerId) ?? peerId)).size;
    const isPinned = answers.some(({ root }) => root === wantedRoot);
    const isDecided = wantedRoot === undefined && isClear(groupAnswers(answers, { voters }), outstanding);
    if (open.size === 0 || isPinned || (answers.length > 0 && outstanding > 0 && isDecided)) decide();
  };
  const asking = asked.map(async (peerId) => {
    using patience = new Patience(clock);
    try {
      const root = await askRoot(network, peerId, {
        request,
        signal: anySignal(signal, anySignal(enough.signal, patience.signal)),
        onPending(percent) {
          if (reading.get(peerId)?.percent === percent && reading.has(peerId)) return;
          patience.renew();
          reading.set(peerId, { peerId, percent });
          onWaiting?.([...reading.values()]);
        },
      });
      answers.push({ peerId, root });
    } catch {
      // A peer that does not answer does not vote; with nobody left the caller says so.
    } finally {
      open.delete(peerId);
      if (reading.delete(peerId) && !enough.signal.aborted) onWaiting?.([...reading.values()]);
      review();
    }
  });
  const onAbort = (): void => decide();
  signal.addEventListener('abort', onAbort, { once: true });
  using _limit = clock.timeout(decide, longestWaitMs);
  try {
    await decided;
    // Those who are done at this moment still count.
    if (signal.aborted) throw abortError(signal);
    return [...answers];
  } finally {
    signal.removeEventListener('abort', onAbort);
    enough.abort();
    await Promise.allSettled(asking);
  }
}

/** Aborts when nothing went on for too long. */
class Patience implements Disposable {
  readonly #clock: Clock;
  readonly #over = new AbortController();
  #timer: Disposable | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  renew(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#clock.timeout(() => this.#over.abort(new LanspreadError('PEER_TIMEOUT')), standstillMs);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }
}
