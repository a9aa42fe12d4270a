export {
  buildCatalog,
  buildCatalogFile,
  type BuildCatalogOptions,
  type BuiltCatalog,
  type CatalogProblem,
} from './build-catalog.ts';
export { folderMark } from './live/folder-mark.ts';
export { openCatalog, type OpenCatalogOptions } from './open-catalog.ts';
export type * from './types.ts';
export { createLiveSources, type LiveSourcesOptions } from './live/live-sources.ts';
export type * from './live/types.ts';
