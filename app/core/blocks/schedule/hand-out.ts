/** Who is asked next while peers are free. Pure. */
import type { Range } from './running-ranges.ts';
import type { Scheduler } from './scheduler.ts';

/**
 * Every range that can be begun now. Round by round over the peers, so that the first does not take all before the
 * second is asked. Lazy: what is handed out may change what follows, and whoever takes it may stop.
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
