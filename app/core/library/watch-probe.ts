/**
 * Finds out whether a folder can be watched at all. On Linux @parcel/watcher blocks the whole process for ever when the
 * system has no inotify instance left. So a thread tries first: its own instance ends with it.
 */
import { Worker } from 'node:worker_threads';

/**
 * The limit for the answer. A slow start of the thread does not mean that no instance is left, but the wait must end.
 */
const limitMs = 10_000;

const source = `
const { watch } = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
try {
  watch(workerData).close();
  parentPort.postMessage('');
} catch (error) {
  parentPort.postMessage(error.code ?? String(error));
}
`;

/**
 * Returns the system's code, such as `EMFILE` (no instance left) or `ENOSPC` (no watch left); undefined when the folder
 * can be watched.
 */
export async function whyNotWatchable(folder: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  const answered = Promise.withResolvers<string>();
  const thread = new Worker(source, { eval: true, workerData: folder, execArgv: [], stdout: true, stderr: true });
  const timer = setTimeout(() => answered.resolve('ETIMEDOUT'), limitMs);
  thread.once('message', answered.resolve);
  thread.once('error', (error: NodeJS.ErrnoException) => answered.resolve(error.code ?? error.message));
  thread.once('exit', () => answered.resolve('EAGAIN'));
  try {
    const code = await answered.promise;
    return code === '' ? undefined : code;
  } finally {
    clearTimeout(timer);
    // The thread's instance must be free before the real watcher takes one.
    await thread.terminate();
  }
}
