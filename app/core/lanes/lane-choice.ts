/** Which lane a peer's bytes take: the byte lane where the peer offers one, the control plane's streams where that is blocked. */
import { backoffMs, type Clock } from '../base/index.ts';
import type { PeerNetwork } from '../peers/index.ts';
import type { StreamLane, StreamLaneChoice } from '../streamed/index.ts';
import type { Lane } from './types.ts';

/** A blocked byte lane is tried again after so long, in milliseconds, and twice as long after each failure. */
const firstRetryMs = 10_000;
const longestRetryMs = 300_000;

export interface Lanes {
  of(peerId: string): Lane;
  /** The lane failed; tells whether another one is taken from now on. */
  onFailed(peerId: string, lane: Lane): boolean;
  /** The same choice for streams. */
  readonly streams: StreamLaneChoice;
  /** The session with the peer is over. */
  forget(peerId: string): void;
}

interface LanesOptions {
  readonly peers: Pick<PeerNetwork, 'get'>;
  readonly tls: { readonly blocks: Lane; readonly streams: StreamLane };
  readonly control: { readonly blocks: Lane; readonly streams: StreamLane };
  readonly clock: Clock;
}

interface Blocked {
  readonly failures: number;
  /** Monotonic. */
  readonly untilMs: number;
}

export function chooseLanes({ peers, tls, control, clock }: LanesOptions): Lanes {
  const blocked = new Map<string, Blocked>();
  const isBlocked = (peerId: string): boolean => clock.monotonicMs() < (blocked.get(peerId)?.untilMs ?? -Infinity);
  const isTlsTaken = (peerId: string): boolean => peers.get(peerId)?.lane !== undefined && !isBlocked(peerId);
  /** Requests that were under way together fail together: that is one failure. */
  const block = (peerId: string): boolean => {
    if (!peers.get(peerId)) return false;
    if (isBlocked(peerId)) return true;
    const failures = (blocked.get(peerId)?.failures ?? 0) + 1;
    const pauseMs = backoffMs(failures, { firstMs: firstRetryMs, longestMs: longestRetryMs });
    blocked.set(peerId, { failures, untilMs: clock.monotonicMs() + pauseMs });
    return true;
  };
  return {
    of: (peerId) => (isTlsTaken(peerId) ? tls.blocks : control.blocks),
    onFailed: (peerId, lane) => lane === tls.blocks && block(peerId),
    streams: {
      of: (peerId) => (isTlsTaken(peerId) ? tls.streams : control.streams),
      onFailed: (peerId, lane) => lane === tls.streams && block(peerId),
    },
    forget: (peerId) => void blocked.delete(peerId),
  };
}
