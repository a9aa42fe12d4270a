import { readFile } from 'node:fs/promises';
import type { Clock, IDisposable } from '../../base/index.ts';

const pageBytes = 4096;

interface HeartbeatOptions {
  readonly clock: Clock;
  /** Without an answer, in milliseconds. */
  readonly limitMs: number;
  /** Asks for a sign of life. */
  readonly ping: () => Promise<unknown>;
  readonly onSilent: () => void;
  /** Where memory is looked up, on Linux. */
  readonly pid: number | undefined;
  /** Gets the memory that the process uses, in bytes, where the system knows it. */
  readonly onMemory: (residentBytes: number) => void;
}

/**
 * Notices a process that answers nothing any more. When this process itself stood still (a laptop was closed), the time
 * does not count against the other one.
 */
export function startHeartbeat(options: HeartbeatOptions): IDisposable {
  const { clock, limitMs, ping, onSilent } = options;
  const periodMs = Math.min(1_000, limitMs / 3);
  let lookedAt = clock.monotonicMs();
  let waitingSince: number | undefined;
  let isOver = false;
  const beat = (): void => {
    const now = clock.monotonicMs();
    const lateMs = now - lookedAt - periodMs;
    lookedAt = now;
    if (waitingSince !== undefined && lateMs > periodMs) waitingSince += lateMs;
    if (waitingSince !== undefined && now - waitingSince >= limitMs) {
      onSilent();
      return;
    }
    void lookAtMemory(options);
    if (waitingSince !== undefined) return;
    waitingSince = now;
    // Without an answer the time above runs out; an end of the line is told elsewhere.
    ping().then(
      () => (waitingSince = undefined),
      () => {},
    );
  };
  const timer = clock.interval(() => !isOver && beat(), periodMs, { background: true });
  return {
    [Symbol.dispose]() {
      isOver = true;
      timer[Symbol.dispose]();
    },
  };
}

async function lookAtMemory({ pid, onMemory }: HeartbeatOptions): Promise<void> {
  if (process.platform !== 'linux' || pid === undefined) return;
  // The process may have ended in between.
  const text = await readFile(`/proc/${pid}/statm`, 'latin1').catch(() => '');
  const pages = Number(text.split(' ')[1]);
  if (pages > 0) onMemory(pages * pageBytes);
}
