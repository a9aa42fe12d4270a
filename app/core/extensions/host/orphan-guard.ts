import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/** Waits for the end of its input, which comes when the launcher is gone, however it went; then ends the group. */
const script = 'read -r line || kill -s KILL -- "-$1"';

/**
 * Sees to it that a process group does not outlive this process, even when this one is killed and the other never looks
 * up from what it does. Disposing calls it off: do so when the group has ended, before its number can be another's. Windows
 * ends the children of a process by itself.
 */
export function guardOrphan(groupId: number): Disposable {
  if (process.platform === 'win32') return { [Symbol.dispose]() {} };
  const guard = spawn('/bin/sh', ['-c', script, 'lanspread-guard', String(groupId)], {
    cwd: '/',
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
    // What is sent to this process's group must not reach it.
    detached: true,
  });
  // Where it cannot be started there is no such guard, and all else is as before.
  guard.on('error', () => {});
  const stdin = guard.stdin as Writable | undefined;
  stdin?.on('error', () => {});
  guard.unref();
  // The pipe of a child is a socket, which knows `unref`; the type of a stream does not.
  (stdin as { unref?(): void } | undefined)?.unref?.();
  return { [Symbol.dispose]: () => void guard.kill('SIGKILL') };
}
