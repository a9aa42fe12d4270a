/**
 * Asks every peer that has a version for its manifest hash, and waits until further answers cannot change the result.
 */
import { abortError, anySignal, LanspreadError, systemClock, type Clock } from '../base/index.ts';
import { askRoot, type AskNetwork, type WantedVersion } from './ask-peers.ts';
import { groupAnswers, isClear, type ManifestAnswer } from './manifest-vote.ts';

/** A peer that is still reading its files. */
export interface StillReading {
  readonly peerId: string;
  /** How much it has read; undefined where it does not say. */
  readonly percent: number | undefined;
}

interface CollectOptions {
  readonly network: AskNetwork;
  readonly request: WantedVersion;
  /** Only this manifest hash counts: the first peer that has it ends the wait. */
  readonly wantedRoot: string | undefined;
  /** See `votersOf`. */
  readonly voters: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
  /** Called with the peers that it waits for, once there are any, and again at every change. */
  readonly onWaiting?: ((waitsFor: readonly StillReading[]) => void) | undefined;
  readonly clock?: Clock;
}

/** A peer that makes no progress for this long is not waited for, in milliseconds. */
const standstillMs = 60_000;
/** The longest wait for all peers together, in milliseconds: some 100 GiB from a slow disk. */
const longestWaitMs = 20 * 60_000;

/** Errors: `CANCELLED`. A peer that refuses, leaves or does not answer has no vote. */
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
      // A peer that does not answer does not vote. If no peer is left, the caller reports it.
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
    // Peers that answer at this very moment still count.
    if (signal.aborted) throw abortError(signal);
    return [...answers];
  } finally {
    signal.removeEventListener('abort', onAbort);
    enough.abort();
    await Promise.allSettled(asking);
  }
}

/** Aborts when there was no progress for too long. */
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
