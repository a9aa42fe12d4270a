export {
  buildCatalog,
  buildCatalogFile,
  type BuildCatalogOptions,
  type ReadRoot,
  type GameFolderFacts,
} from './build-catalog.ts';
export { parseCatalog } from './catalog-file.ts';
export type { CatalogProblem } from './descriptions.ts';
export { folderMark } from './live/folder-mark.ts';
export { gameProblems } from './live/pull-pages.ts';
export { KnownGames } from './known-games.ts';
export { openCatalog } from './open-catalog.ts';
export { readCatalogFile, readSignature, signaturePathOf } from './signed-file.ts';
export type * from './types.ts';
export { createLiveSources } from './live/live-sources.ts';
export type * from './live/types.ts';
export { type CatalogRefresh, createCatalogRefresh } from './catalog-refresh.ts';
