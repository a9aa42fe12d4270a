/** What is wrong with what a peer said of its operations. */
import type { HarnessEvent } from './peer.ts';

const terminal =
  /^(?:download-(?:finished|failed|cancelled|paused|peers-gone)|(?:install|update|uninstall|remove|verify|repair|play)-(?:finished|failed)|play-ended)$/;

/** Whether it says how an operation ended. */
export const isTerminal = ({ event }: Pick<HarnessEvent, 'event'>): boolean => terminal.test(event);

/**
 * What is wrong with what a peer said: every operation that left the table is followed by exactly one terminal event of
 * its game before the next one of that game begins, and nothing else is terminal but a download's end amid an install.
 */
export function faultsInEvents(events: readonly HarnessEvent[], { isKilled }: { isKilled: boolean }): string[] {
  const faults: string[] = [];
  const running = new Map<string, string>();
  /** Left the table; the terminal event is due. */
  const due = new Map<string, string>();
  for (const event of events) {
    if (event.event === 'active-operations-changed') {
      const now = new Map(operationsOf(event));
      for (const [gameId, kind] of running) if (!now.has(gameId)) due.set(gameId, kind);
      for (const gameId of now.keys())
        if (!running.has(gameId) && due.delete(gameId))
          faults.push(`${gameId}: an operation began before the last one said how it ended`);
      running.clear();
      for (const [gameId, kind] of now) running.set(gameId, kind);
      continue;
    }
    if (!terminal.test(event.event)) continue;
    const gameId = String(event['gameId']);
    const isMilestone = event.event === 'download-finished' && running.has(gameId);
    if (!isMilestone && !due.delete(gameId)) faults.push(`${gameId}: ${event.event} ends nothing`);
    if (event['code'] === 'INTERNAL') faults.push(`${gameId}: ${JSON.stringify(event)}`);
  }
  if (!isKilled) for (const [gameId, kind] of due) faults.push(`${gameId}: ${kind} never said how it ended`);
  return faults;
}

function operationsOf(event: HarnessEvent): [string, string][] {
  const { operations } = event;
  if (!Array.isArray(operations)) throw new Error(`a malformed event: ${JSON.stringify(event)}`);
  return operations.map(({ gameId, kind }: { gameId: string; kind: string }) => [gameId, kind]);
}
