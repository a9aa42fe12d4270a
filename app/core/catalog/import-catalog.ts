/** Reads a catalog file and its covers, up to the point where only the database has to be changed. */
import { basename, dirname, extname, join } from 'node:path';
import { blake3Hex, LanspreadError, throwIfAborted, type FileSystem, type GameId } from '../base/index.ts';
import type { CatalogGameRow, CatalogSourceRow } from '../state/index.ts';
import { parseCatalog } from './catalog-file.ts';
import { readCover, storeCover } from './covers.ts';
import { readSignedCatalog } from './signed-file.ts';
import { standingOf, type CatalogTrust } from './standing.ts';
import { toRow } from './stored-game.ts';

export interface ImportContext {
  fileSystem: FileSystem;
  /** Below it every source has a folder of covers. */
  coversDirectory: string;
  trust: CatalogTrust;
  requireSigned: boolean;
  signal: AbortSignal | undefined;
}

export interface PreparedImport {
  source: Omit<CatalogSourceRow, 'position'>;
  games: CatalogGameRow[];
  revoked: readonly GameId[];
  /** File names in the source's folder of covers. */
  coverNames: ReadonlySet<string>;
  warnings: readonly string[];
}

/**
 * Validates everything, then copies covers. Throws `CATALOG_NOT_FOUND`, `CATALOG_INVALID`, `SIGNATURE_INVALID`,
 * `CATALOG_UNSIGNED`, `DISK_FULL`, `IO_ERROR`.
 */
export async function prepareImport(origin: string, context: ImportContext): Promise<PreparedImport> {
  const { fileSystem, coversDirectory, trust, requireSigned, signal } = context;
  const { bytes, signer } = await readSignedCatalog(fileSystem, origin, trust);
  const signedBy = signer?.key.hex;
  const standing = standingOf({ signedBy }, { trust, requireSigned });
  if (!standing.inUse) {
    const message = `${origin} is not signed, and this PC takes signed catalogs only.`;
    throw new LanspreadError('CATALOG_UNSIGNED', { message, details: { path: origin } });
  }
  const document = parseCatalog(bytes);
  const name = document.name ?? basename(origin, extname(origin));
  const source = { id: sourceIdOf(name), name, origin, issued: document.issued, ...standing, signedBy };
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
  return { source, games, revoked: document.revoked, coverNames, warnings };
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
