export { openCatalog, type OpenCatalogOptions } from './open-catalog.ts';
export type * from './types.ts';
