import { realpath } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import watcher from '@parcel/watcher';
import { asidePrefix, ownNames } from '../base/index.ts';
import { whyNotWatchable } from './watch-probe.ts';

/** Something happened at a path below the watched folder. */
export interface WatchEvent {
  /** The components of the path, relative to the watched folder; empty: the folder itself. */
  readonly components: readonly string[];
  readonly type: 'create' | 'update' | 'delete';
}

export interface WatchListener {
  onEvents(events: readonly WatchEvent[]): void;
  /** The watcher may miss things from now on. */
  onError(error: Error): void;
}

/** Watches a folder and everything below. Errors: what the platform's watcher throws. */
export type WatchFolder = (folder: string, listener: WatchListener) => Promise<AsyncDisposable>;

/**
 * Events inside an install or our own folders do not change the offered games. Events of these folders themselves do.
 */
const ignore = [ownNames.local, ownNames.staging, ownNames.backup, `${asidePrefix}*`, '.sync'].map(
  (name) => `*/${name}/**/*`,
);

/**
 * The backend of each platform. Without a name the library looks for `watchman`: it runs a program of that name from
 * the search path, and on Windows a shell.
 */
const backends: Partial<Record<NodeJS.Platform, watcher.BackendType>> = {
  linux: 'inotify',
  win32: 'windows',
  darwin: 'fs-events',
};

/** The platform's own watcher. */
export const watchFolder: WatchFolder = async (folder, listener) => {
  // Some platforms report real paths, whatever path was watched.
  const real = await realpath(folder);
  const code = await whyNotWatchable(real);
  if (code !== undefined) throw Object.assign(new Error(`This system can watch no more folders (${code}).`), { code });
  const backend = backends[process.platform];
  const subscription = await watcher.subscribe(
    real,
    (error, events) => {
      if (error) listener.onError(error);
      else listener.onEvents(events.map(({ path, type }) => ({ components: componentsOf(real, path), type })));
    },
    { ignore, ...(backend && { backend }) },
  );
  return { [Symbol.asyncDispose]: () => subscription.unsubscribe() };
};

function componentsOf(folder: string, path: string): string[] {
  const below = relative(folder, path);
  return below === '' ? [] : below.split(sep);
}
