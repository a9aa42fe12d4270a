/**
 * Which processes belong to a game. A launcher that starts the game and ends is the rule, not the exception; so a game
 * runs for as long as anything that descends from its first process does. Pure.
 */

export interface ProcessFacts {
  readonly pid: number;
  readonly parentPid: number;
  /**
   * POSIX session: the pid of the process that began it; on Windows the job that `beginSession` made. 0 where it is in none,
   * and in all of them once the core that made the job is gone.
   */
  readonly sessionId: number;
  /** Which start of a game it descends from, as its environment says: daemons leave their session and their parents. */
  readonly play?: string;
  /** Tells a process from a later one with the same pid; equal for one process whenever it is asked. */
  readonly startedAt: string;
}

/** Names one process for good: pids are used again, pids with their start times are not. */
export interface ProcessId {
  readonly pid: number;
  readonly startedAt: string;
}

/**
 * The living members of the tree. `known` are those of the last look (the first process at the beginning): whoever is
 * still there, or was started by one of them, or belongs to the session that the first process began, or says itself that
 * it belongs to this start of the game.
 */
export function membersOf(
  processes: readonly ProcessFacts[],
  { known, sessionId, play }: { known: readonly ProcessId[]; sessionId: number; play?: string },
): ProcessId[] {
  const startOf = new Map(known.map(({ pid, startedAt }) => [pid, startedAt]));
  const children = Map.groupBy(processes, ({ parentPid }) => parentPid);
  const members = new Map<number, ProcessId>();
  const waiting = processes.filter(
    ({ pid, startedAt, sessionId: session, play: its }) =>
      startOf.get(pid) === startedAt ||
      (sessionId > 0 && session === sessionId) ||
      (play !== undefined && its === play),
  );
  for (let found = waiting.pop(); found; found = waiting.pop()) {
    if (members.has(found.pid)) continue;
    members.set(found.pid, { pid: found.pid, startedAt: found.startedAt });
    waiting.push(...(children.get(found.pid) ?? []));
  }
  return [...members.values()];
}
