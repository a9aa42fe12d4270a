import { realpath } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import watcher from '@parcel/watcher';
import { asidePrefix, ownNames } from '../base/index.ts';
import { whyNotWatchable } from './watch-probe.ts';

/** Something happened at a path below the watched folder. */
export interface WatchEvent {
  /** Relative to the watched folder, its components; none: the folder itself. */
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
 * What happens inside an installed game or our staging says nothing about what is offered; that one of these folders
 * itself comes or goes does.
 */
const ignore = [ownNames.local, ownNames.staging, ownNames.backup, `${asidePrefix}*`, '.sync'].map(
  (name) => `*/${name}/**/*`,
);

/**
 * The watcher of each platform, by name. Without a name the library asks for a `watchman` first: it starts a program by
 * that name from the search path, and on Windows a shell.
 */
const backends: Partial<Record<NodeJS.Platform, watcher.BackendType>> = {
  linux: 'inotify',
  win32: 'windows',
  darwin: 'fs-events',
};

/** The platform's own watcher. */
export const watchFolder: WatchFolder = async (folder, listener) => {
  // Some platforms tell real paths, whatever they were asked for.
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
