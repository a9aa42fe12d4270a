/** Catalogs that were named at start are read again when their files change: an operator replaces one, and everybody has it. */
import { isAbort, isNotFound, sleep, type Clock, type FileSystem } from '../base/index.ts';
import type { Catalog } from './types.ts';

interface CatalogRefreshOptions {
  readonly options: { readonly catalogFiles?: readonly string[] };
  readonly catalog: Pick<Catalog, 'importFile'>;
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
}

export interface CatalogRefresh {
  /**
   * Looks again and again, until the signal aborts. Rejects when a changed file cannot be imported; run again, it tries
   * that one again.
   */
  run(signal: AbortSignal): Promise<void>;
}

/** How often the files are looked at, in milliseconds. */
export const catalogLookMs = 10_000;

/** Takes the files as they are now for imported. */
export async function createCatalogRefresh(options: CatalogRefreshOptions): Promise<CatalogRefresh> {
  const { catalog, fileSystem, clock } = options;
  const { catalogFiles = [] } = options.options;
  const imported = new Map<string, string | undefined>();
  for (const path of catalogFiles) imported.set(path, await markOf(fileSystem, path));

  const look = async (signal: AbortSignal): Promise<void> => {
    for (const [path, mark] of imported) {
      const now = await markOf(fileSystem, path);
      // One that is gone, or lies on a drive that is away, keeps its games.
      if (now === undefined || now === mark) continue;
      await catalog.importFile(path, { signal });
      imported.set(path, now);
    }
  };
  return {
    async run(signal) {
      try {
        while (!signal.aborted) {
          await look(signal);
          await sleep(catalogLookMs, { signal, clock });
        }
      } catch (error) {
        if (!signal.aborted || !isAbort(error)) throw error;
      }
    },
  };
}

/** Tells one content of a catalog and its signature from another without reading them; undefined when it is not there. */
async function markOf(fileSystem: FileSystem, path: string): Promise<string | undefined> {
  const file = await identityOf(fileSystem, path);
  return file && `${file} ${await identityOf(fileSystem, `${path}.sig`)}`;
}

/** Follows links: an operator may point one at another file. */
async function identityOf(fileSystem: FileSystem, path: string): Promise<string | undefined> {
  try {
    const { sizeBytes, mtimeNs, inode } = await fileSystem.stat(path);
    return `${sizeBytes} ${mtimeNs} ${inode}`;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
