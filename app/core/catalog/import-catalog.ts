/** Reads a catalog file and its covers, up to the point where only the database has to be changed. */
import { basename, dirname, extname, join } from 'node:path';
import {
  blake3Hex,
  LanspreadError,
  systemCode,
  throwIfAborted,
  toLanspreadError,
  type FileSystem,
} from '../base/index.ts';
import type { CatalogGameRow, CatalogSourceRow } from '../state/index.ts';
import { parseCatalog } from './catalog-file.ts';
import { readCover, storeCover } from './covers.ts';
import { catalogLimits } from './schema.ts';
import { toRow } from './stored-game.ts';

export interface ImportContext {
  fileSystem: FileSystem;
  /** Below it every source has a folder of covers. */
  coversDirectory: string;
  signal: AbortSignal | undefined;
}

export interface PreparedImport {
  source: Omit<CatalogSourceRow, 'position'>;
  games: CatalogGameRow[];
  /** File names in the source's folder of covers. */
  coverNames: ReadonlySet<string>;
  warnings: string[];
}

/** Validates everything, then copies covers. Throws `CATALOG_NOT_FOUND`, `CATALOG_INVALID`, `DISK_FULL`, `IO_ERROR`. */
export async function prepareImport(origin: string, context: ImportContext): Promise<PreparedImport> {
  const { fileSystem, coversDirectory, signal } = context;
  const document = parseCatalog(await readCatalogFile(fileSystem, origin));
  const name = document.name ?? basename(origin, extname(origin));
  const source = {
    id: sourceIdOf(name),
    name,
    origin,
    issued: document.issued,
    signed: false,
    signedBy: undefined,
    inUse: true,
  };
  const directory = join(coversDirectory, source.id);
  await fileSystem.makeDirectory(directory);
  const games: CatalogGameRow[] = [];
  const coverNames = new Set<string>();
  const warnings: string[] = [];
  for (const game of document.games) {
    throwIfAborted(signal);
    let fileName: string | undefined;
    if (game.cover !== undefined) {
      const reading = await readCover(fileSystem, dirname(origin), game.cover);
      if (reading.kind === 'read') {
        fileName = reading.fileName;
        if (!coverNames.has(fileName)) await storeCover(fileSystem, directory, reading);
        coverNames.add(fileName);
      } else {
        warnings.push(`The cover of ${game.id}, ${game.cover}, ${reading.reason}.`);
      }
    }
    games.push(toRow(source.id, game, fileName));
  }
  return { source, games, coverNames, warnings };
}

/** The same for the same name, and a folder name on every system. */
export function sourceIdOf(name: string): string {
  const readable = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
  return `${readable || 'catalog'}-${blake3Hex(name).slice(0, 8)}`;
}

async function readCatalogFile(fileSystem: FileSystem, origin: string): Promise<Buffer> {
  try {
    const { kind, sizeBytes } = await fileSystem.stat(origin);
    if (kind !== 'file') throw new LanspreadError('CATALOG_NOT_FOUND', { message: `${origin} is not a file.` });
    if (sizeBytes > catalogLimits.fileBytes) {
      throw new LanspreadError('CATALOG_INVALID', { message: `${origin} is over ${catalogLimits.fileBytes} bytes.` });
    }
    return await fileSystem.readFile(origin);
  } catch (error) {
    const system = systemCode(error);
    if (system === undefined) throw toLanspreadError(error);
    throw new LanspreadError('CATALOG_NOT_FOUND', {
      message: `The catalog ${origin} cannot be read (${system}).`,
      details: { path: origin },
      cause: error,
    });
  }
}
