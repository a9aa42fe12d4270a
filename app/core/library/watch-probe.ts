/**
 * Whether a folder can be watched at all. On Linux @parcel/watcher waits for ever, and the whole process with it, when
 * the system gives it no inotify instance. So a thread tries first: its instance is its own and goes with it.
 */
import { Worker } from 'node:worker_threads';

/** A system that is slow to start a thread is not one without instances, but nothing may wait for ever. */
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

/** The system's code, such as `EMFILE` (no instance left) or `ENOSPC` (no watch left); undefined when it can be watched. */
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
    // Its instance is free again before anybody else takes one.
    await thread.terminate();
  }
}
