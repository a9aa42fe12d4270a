/** Lists the processes of Windows in the form of the port. */
import type { ProcessFacts } from '../process-tree.ts';
import { kernel32, type Job } from './kernel32.ts';

interface ListedProcess {
  readonly pid: number;
  readonly parentPid: number;
  /** In 100 ns since 1601; undefined when the system does not tell. */
  readonly createdAt: bigint | undefined;
}

/**
 * Windows keeps the pid of a parent that has ended, and may give it to another process. A process that is younger than its
 * child is therefore not its parent. Members of a job have its session. Pure.
 */
export function windowsFacts(
  processes: readonly ListedProcess[],
  sessionOf: ReadonlyMap<number, number>,
): ProcessFacts[] {
  const createdAt = new Map(processes.map((each) => [each.pid, each.createdAt]));
  return processes.map(({ pid, parentPid, createdAt: own }) => {
    const parent = createdAt.get(parentPid);
    const isParent = parent === undefined || own === undefined || parent <= own;
    return {
      pid,
      parentPid: isParent ? parentPid : 0,
      sessionId: sessionOf.get(pid) ?? 0,
      startedAt: own === undefined ? '' : String(own),
    };
  });
}

/** Jobs of the games that this core started, by the pid of the first process. */
const jobs = new Map<number, Job>();

/** From now on the process and its descendants have its pid as their session. */
export async function beginWindowsSession(pid: number): Promise<void> {
  const { holdTogether } = await kernel32();
  const job = holdTogether(pid);
  if (!job) return;
  jobs.get(pid)?.[Symbol.dispose]();
  jobs.set(pid, job);
}

export async function listWindows(): Promise<ProcessFacts[]> {
  const { listProcesses, createdAt } = await kernel32();
  const sessionOf = new Map<number, number>();
  for (const [sessionId, job] of jobs) {
    const members = job.members();
    for (const pid of members) sessionOf.set(pid, sessionId);
    if (members.length > 0) continue;
    job[Symbol.dispose]();
    jobs.delete(sessionId);
  }
  const processes = listProcesses().map((each) => ({ ...each, createdAt: createdAt(each.pid) }));
  return windowsFacts(processes, sessionOf);
}

/** Ends each of these processes, unless another process has its pid by now. */
export async function terminateWindows(members: readonly { pid: number; startedAt: string }[]): Promise<void> {
  const { terminate } = await kernel32();
  for (const { pid, startedAt } of members) if (/^\d+$/.test(startedAt)) terminate(pid, BigInt(startedAt));
}
