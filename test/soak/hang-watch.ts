/** Finds operations that go nowhere. */
import { patience } from '../support/patience.ts';
import type { HarnessEvent } from '../support/peer.ts';

/** Nothing may be silent for longer, in milliseconds. What waits in the queue waits for others. */
export const silenceLimitMs = 30_000 * patience;

/** What has run for too long without a word, as sentences. `sinceMs`: nothing is held against a peer from before. */
export function hangsIn(
  events: readonly HarnessEvent[],
  { sinceMs, nowMs }: { sinceMs: number; nowMs: number },
): string[] {
  const running = new Map<string, { kind: string; heardMs: number }>();
  for (const event of events) {
    const atMs = Date.parse(String(event['at']));
    if (event.event === 'active-operations-changed') {
      const operations = event['operations'] as { gameId: string; kind: string }[];
      const now = new Map(operations.map(({ gameId, kind }) => [gameId, kind]));
      for (const gameId of running.keys()) if (!now.has(gameId)) running.delete(gameId);
      for (const [gameId, kind] of now)
        if (running.get(gameId)?.kind !== kind) running.set(gameId, { kind, heardMs: atMs });
      continue;
    }
    const entry = running.get(String(event['gameId']));
    if (entry) entry.heardMs = atMs;
  }
  return Array.from(running).flatMap(([gameId, { kind, heardMs }]) => {
    const silentMs = nowMs - Math.max(heardMs, sinceMs);
    return kind === 'Queued' || silentMs <= silenceLimitMs ? [] : [`${gameId}: ${kind}, silent for ${silentMs} ms`];
  });
}
