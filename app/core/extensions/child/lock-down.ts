/**
 * Takes away what Node's permission model leaves open to an extension: reaching for other processes and for the limits
 * of its own, and to files as databases. The model itself guards other files, network, programs, threads, add-ons and the
 * inspector.
 */
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import v8 from 'node:v8';

const ofProcess = [
  'kill',
  '_kill',
  '_debugProcess',
  '_debugEnd',
  '_startProfilerIdleNotifier',
  '_stopProfilerIdleNotifier',
  '_getActiveHandles',
  '_getActiveRequests',
  '_linkedBinding',
  'binding',
  'dlopen',
  'execve',
  'initgroups',
  'setgroups',
  'setegid',
  'seteuid',
  'setgid',
  'setuid',
  'send',
  'disconnect',
] as const;
const ofV8 = ['setFlagsFromString', 'setHeapSnapshotNearHeapLimit', 'writeHeapSnapshot'] as const;

function forbid(owner: object, ownerName: string, names: readonly string[]): void {
  for (const name of names) {
    Object.defineProperty(owner, name, {
      // A function of the old kind: classes are among what it stands for.
      value: function forbidden() {
        throw Object.assign(new Error(`${ownerName}.${name} is not available to extensions`), {
          code: 'ERR_ACCESS_DENIED',
        });
      },
      configurable: false,
      writable: false,
    });
  }
}

export function lockDown(): void {
  forbid(process, 'process', ofProcess);
  Object.defineProperty(process, 'report', { value: undefined, configurable: false, writable: false });
  forbid(os, 'os', ['setPriority']);
  forbid(v8, 'v8', ofV8);
  // SQLite opens, makes and attaches whatever file it likes. Not imported here: the exports of this module are not taken
  // again below, and whoever imports it first finds what it is now.
  const sqlite = process.getBuiltinModule('node:sqlite');
  forbid(
    sqlite,
    'sqlite',
    Object.keys(sqlite).filter((name) => name !== 'constants'),
  );
  // Named imports of these modules are copies, taken again here.
  syncBuiltinESMExports();
}
