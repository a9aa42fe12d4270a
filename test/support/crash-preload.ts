/**
 * For `node --import`: makes the synchronous writes of a process's worker threads (the byte lanes') numbered points, too,
 * on the counter of `break-points.ts`.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { getEnvironmentData, isMainThread } from 'node:worker_threads';

interface CrashData {
  readonly counter: Int32Array;
  readonly at: number;
  readonly log: string | undefined;
}

function isCrashData(value: unknown): value is CrashData {
  return typeof value === 'object' && value !== null && 'counter' in value;
}

const data: unknown = isMainThread ? undefined : getEnvironmentData('lanspread-crash-points');
if (isCrashData(data)) {
  const { counter, at, log } = data;
  const { appendFileSync } = fs;
  const point = (name: string): void => {
    if (Atomics.load(counter, 1) === 0) return;
    const number = Atomics.add(counter, 0, 1) + 1;
    if (log !== undefined) appendFileSync(log, `${number} ${name}\n`);
    if (number === at) process.kill(process.pid, 'SIGKILL');
  };
  for (const name of ['openSync', 'writeSync', 'ftruncateSync'] as const) {
    const original: (...parameters: never[]) => unknown = fs[name];
    const watched = (...parameters: never[]): unknown => {
      // What is opened to be read changes nothing; a lane opens with numeric flags.
      const isRead = name === 'openSync' && (Number(parameters[1]) & fs.constants.O_CREAT) === 0;
      if (!isRead) point(`before lane ${name}`);
      const result = original(...parameters);
      if (!isRead) point(`after lane ${name}`);
      return result;
    };
    Object.assign(fs, { [name]: watched });
  }
  syncBuiltinESMExports();
}
