/** The game folder: its names, its sentinel, the files that belong to Lanspread, the files that were set aside. */
export { isBelowDropping, isCopyOfInstall, isDropping } from './droppings.ts';
export { deleteKnown, discardPayload, foldersOf } from './discard.ts';
export { KnownPayload, listPayload, pathsOf, takeStock } from './known-payload.ts';
export { gameFolderOf, layoutOf, markerOf, sentinelTransientsOf, type RootLayout } from './layout.ts';
export { listGameFolders } from './list-roots.ts';
export { clearSentinelNames, makeWay } from './make-way.ts';
export { RootLocks } from './root-locks.ts';
export { parkSentinel, sweepSentinelTransients, writeSentinel } from './sentinel.ts';
export { readSentinel, type Sentinel } from './sentinel.ts';
export { findSetAside, freeAsideFolder } from './set-aside.ts';
