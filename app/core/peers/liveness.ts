import type { Clock } from '../base/index.ts';

/** Ask after this much silence, in milliseconds. */
export const pingAfterMs = 4_000;
/** Gone after this much silence, in milliseconds. */
export const goneAfterMs = 12_000;
export const checkEveryMs = 500;

/** What to do about a peer that was last heard at `heardAtMs`. Pure. */
export function judgeSilence({
  nowMs,
  heardAtMs,
  isPinging,
}: {
  nowMs: number;
  heardAtMs: number;
  isPinging: boolean;
}): 'fine' | 'ping' | 'gone' {
  const silenceMs = nowMs - heardAtMs;
  if (silenceMs >= goneAfterMs) return 'gone';
  return silenceMs >= pingAfterMs && !isPinging ? 'ping' : 'fine';
}

export interface LivenessOptions<Session> {
  sessions: () => Iterable<Session>;
  heardAtMs: (session: Session) => number;
  isPinging: (session: Session) => boolean;
  ping: (session: Session) => void;
  gone: (session: Session) => void;
  clock: Clock;
}

/** Looks at every session now and then. */
export function watchLiveness<Session>({
  sessions,
  heardAtMs,
  isPinging,
  ping,
  gone,
  clock,
}: LivenessOptions<Session>): Disposable {
  const check = (): void => {
    const nowMs = clock.monotonicMs();
    for (const session of [...sessions()]) {
      const verdict = judgeSilence({ nowMs, heardAtMs: heardAtMs(session), isPinging: isPinging(session) });
      if (verdict === 'ping') ping(session);
      else if (verdict === 'gone') gone(session);
    }
  };
  return clock.interval(check, checkEveryMs, { background: true });
}
