import { LanspreadError } from '../base/index.ts';
import type { StopKind } from './types.ts';

/** The reason with which a download's signal is aborted. */
export function stopReason(kind: StopKind): LanspreadError {
  return new LanspreadError(kind === 'shutdown' ? 'SHUTTING_DOWN' : 'CANCELLED', { details: { stop: kind } });
}

/** The kind of stop that an aborted signal asks for. An unknown reason keeps everything, like a shutdown. */
export function stopKindOf(signal: AbortSignal): StopKind {
  const reason: unknown = signal.reason;
  const stop = reason instanceof LanspreadError ? reason.details['stop'] : undefined;
  return stop === 'cancel' || stop === 'pause' ? stop : 'shutdown';
}
