import { LanspreadError } from '../base/index.ts';
import type { StopKind } from './types.ts';

/** The reason to abort a download's signal with. */
export function stopReason(kind: StopKind): LanspreadError {
  return new LanspreadError(kind === 'shutdown' ? 'SHUTTING_DOWN' : 'CANCELLED', { details: { stop: kind } });
}

/** What an aborted signal asks for. A reason nobody knows keeps everything as it is, as a shutdown does. */
export function stopKindOf(signal: AbortSignal): StopKind {
  const reason: unknown = signal.reason;
  const stop = reason instanceof LanspreadError ? reason.details['stop'] : undefined;
  return stop === 'cancel' || stop === 'pause' ? stop : 'shutdown';
}
