/**
 * For `node --import`: lets parts of a whole peer fail for real when the file named by `LANSPREAD_FAIL_FILE` appears. Its
 * text says which: `control` closes the listeners of the control plane, `lane` ends every lane worker, and each that is
 * started in its place.
 */
import { existsSync, readFileSync } from 'node:fs';
import { Server } from 'node:net';
import { isMainThread, workerData } from 'node:worker_threads';

const lookPeriodMs = 50;
const file = process.env['LANSPREAD_FAIL_FILE'] ?? '';
const isToFail = (what: string): boolean => existsSync(file) && readFileSync(file, 'utf8').trim() === what;

function isLaneWorker(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'certificatePem' in data;
}

/** The control plane's are the process's listening servers that speak no HTTP. */
function closeControlListeners(): void {
  const list: unknown = Reflect.get(process, '_getActiveHandles');
  const handles: unknown = typeof list === 'function' ? list.call(process) : [];
  if (!Array.isArray(handles)) return;
  for (const handle of handles)
    if (handle instanceof Server && handle.listening && !('requestTimeout' in handle)) handle.close();
}

if (isMainThread) {
  const timer = setInterval(() => {
    if (!isToFail('control')) return;
    clearInterval(timer);
    closeControlListeners();
  }, lookPeriodMs);
  timer.unref();
} else if (isLaneWorker(workerData)) {
  const die = (): void => {
    if (isToFail('lane')) throw new Error('a lane worker fails on purpose');
  };
  die();
  setInterval(die, lookPeriodMs).unref();
}
