/** Decides which free peer is asked next. Pure. */
import type { Range } from './running-ranges.ts';
import type { Scheduler } from './scheduler.ts';

/**
 * Yields every range that can begin now. It goes round over the peers, so that the first does not take everything
 * before the second is asked. Lazy: one range may change the next choice, and the caller may stop.
 */
export function* handOut(
  scheduler: Scheduler,
  { nowMs, peers = scheduler.usablePeers() }: { nowMs: () => number; peers?: readonly string[] },
): Generator<Range> {
  let waiting = peers;
  for (let slot = 0; waiting.length > 0; slot += 1) {
    const next: string[] = [];
    for (const peerId of waiting) {
      if (slot >= scheduler.slotsOf(peerId)) continue;
      if (scheduler.runningOf(peerId) <= slot) {
        const range = scheduler.next(peerId, nowMs());
        if (!range) continue;
        yield range;
      }
      next.push(peerId);
    }
    waiting = next;
  }
}
