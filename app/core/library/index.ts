export { WorkerBlockHasher } from './block-hasher.ts';
export { describeRoot } from './describe-root.ts';
export type { LibraryOptions } from './library.ts';
export { openLibrary, type ReopenableLibrary } from './reopenable.ts';
export type * from './types.ts';
export { whyNotWatchable } from './watch-probe.ts';
export type { WatchFolder, WatchListener } from './watcher.ts';
