import {
  LanspreadError,
  sleep,
  systemClock,
  toLanspreadError,
  type Clock,
  type ErrorCode,
  type Logger,
} from '../base/index.ts';

/**
 * `Required`: the core cannot run without it. `Restart`: it is started again after a pause that doubles. `BestEffort`: the
 * core runs on without it.
 */
export type Policy = 'Required' | 'Restart' | 'BestEffort';

const firstRestartMs = 5_000;
const longestRestartMs = 60_000;
/** After a run this long, in milliseconds, the next pause is the first one again. */
const stableRunMs = 60_000;

export type ServiceState =
  | { readonly kind: 'running'; readonly attempt: number }
  | { readonly kind: 'waiting'; readonly attempt: number; readonly pauseMs: number; readonly error: LanspreadError }
  | { readonly kind: 'failed'; readonly error: LanspreadError }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'stopped' };

export interface ServiceOptions {
  readonly name: string;
  readonly policy: Policy;
  /** Serves until the signal aborts, then cleans up and returns. An earlier return or error counts as a failure. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly clock?: Clock;
  readonly logger: Logger;
  /** Called once when a `Required` service failed. */
  readonly onFailed: (failure: { name: string; error: LanspreadError }) => void;
}

export interface Service {
  readonly name: string;
  readonly state: ServiceState;
  /** Aborts the run and waits for its end. Never throws: errors during the stop are logged. */
  stop(): Promise<void>;
}

/** The pause before the next attempt, in milliseconds. Pure. */
export function restartPauseMs(formerPauseMs: number | undefined, ranMs: number): number {
  if (formerPauseMs === undefined || ranMs >= stableRunMs) return firstRestartMs;
  return Math.min(formerPauseMs * 2, longestRestartMs);
}

/** Runs a service under its policy, starting now. */
export function superviseService({
  name,
  policy,
  run,
  clock = systemClock,
  logger,
  onFailed,
}: ServiceOptions): Service {
  const stopping = new AbortController();
  const { signal } = stopping;
  let state: ServiceState = { kind: 'running', attempt: 1 };

  /** One run. Returns its failure, or undefined when it ended because of a stop. */
  const attemptOnce = async (): Promise<LanspreadError | undefined> => {
    try {
      await run(signal);
    } catch (error) {
      if (!signal.aborted) return toLanspreadError(error, internal);
      const { code } = toLanspreadError(error);
      if (code !== 'CANCELLED' && code !== 'SHUTTING_DOWN')
        logger.warn({ service: name, err: error }, 'A service failed while it was stopped.');
      return undefined;
    }
    return signal.aborted
      ? undefined
      : new LanspreadError(internal, { message: `The service ${name} ended by itself.` });
  };

  const supervise = async (): Promise<void> => {
    let pauseMs: number | undefined;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      state = { kind: 'running', attempt };
      const startedAt = clock.monotonicMs();
      const error = await attemptOnce();
      if (error === undefined) return;
      if (policy !== 'Restart') {
        state = { kind: 'failed', error };
        logger[policy === 'Required' ? 'error' : 'warn']({ service: name, err: error }, 'A service failed.');
        if (policy === 'Required') onFailed({ name, error });
        return;
      }
      pauseMs = restartPauseMs(pauseMs, clock.monotonicMs() - startedAt);
      state = { kind: 'waiting', attempt, pauseMs, error };
      logger.warn({ service: name, attempt, pauseMs, err: error }, 'A service failed and will be started again.');
      await sleep(pauseMs, { signal, clock }).catch((reason: unknown) => {
        if (!signal.aborted) throw reason;
      });
    }
  };

  // Starts in a later turn, so that the caller holds the service before it hears of a first failure.
  const done = Promise.resolve().then(supervise);
  return {
    name,
    get state() {
      return state;
    },
    async stop() {
      if (state.kind === 'running' || state.kind === 'waiting') state = { kind: 'stopping' };
      stopping.abort(new LanspreadError('SHUTTING_DOWN'));
      await done;
      if (state.kind !== 'failed') state = { kind: 'stopped' };
    },
  };
}

const internal: ErrorCode = 'INTERNAL';
