export { WorkerBlockHasher } from './block-hasher.ts';
export { openLibrary, type LibraryOptions } from './library.ts';
export type * from './types.ts';
export type { WatchFolder, WatchListener } from './watcher.ts';
