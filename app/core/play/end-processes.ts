import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { systemCode } from '../base/index.ts';
import type { ProcessId } from './process-tree.ts';
import { terminateWindows } from './windows/process-list.ts';

const run = promisify(execFile);
const limitMs = 10_000;

/** Sends every process the polite or the final signal; ignores processes that have ended meanwhile. */
export async function endProcesses(members: readonly ProcessId[], how: 'ask' | 'kill'): Promise<void> {
  if (process.platform === 'win32') return await endOnWindows(members, how);
  for (const { pid } of members) {
    try {
      process.kill(pid, how === 'ask' ? 'SIGTERM' : 'SIGKILL');
    } catch (error) {
      if (systemCode(error) !== 'ESRCH') throw error;
    }
  }
}

/** On Windows, taskkill asks windows to close. A program without a window cannot be asked, so it is killed later. */
async function endOnWindows(members: readonly ProcessId[], how: 'ask' | 'kill'): Promise<void> {
  if (how === 'kill') return await terminateWindows(members);
  const pids = members.flatMap(({ pid }) => ['/PID', String(pid)]);
  // taskkill fails when a process has already ended; the next look shows which processes are left.
  await run('taskkill', pids, { timeout: limitMs, windowsHide: true }).catch(() => undefined);
}
