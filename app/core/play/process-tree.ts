/**
 * Decides which processes belong to a game. A launcher often starts the game and ends. A game therefore runs as long as any
 * descendant of its first process runs. Pure.
 */

export interface ProcessFacts {
  readonly pid: number;
  readonly parentPid: number;
  /**
   * The POSIX session: the pid of the process that began it. On Windows: the job that `beginSession` made. 0 when there is
   * none; on Windows also for every process once the core that made the job has ended.
   */
  readonly sessionId: number;
  /**
   * The start of a game that this process descends from, from its environment. Daemons leave their session and their parents,
   * but keep it.
   */
  readonly play?: string;
  /** Tells a process from a later one with the same pid; always equal for the same process. */
  readonly startedAt: string;
}

/** Names one process for good: a pid may be used again, but not with the same start time. */
export interface ProcessId {
  readonly pid: number;
  readonly startedAt: string;
}

/**
 * The living members of the tree. `known` are the members at the last look, or the first process at the beginning. A process
 * is a member if it is known, was started by a member, belongs to the session of the first process, or carries the mark of
 * this start of the game.
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
