/** Reads a catalog file and its covers, up to the point where only the database has to be changed. */
import { basename, dirname, extname, join } from 'node:path';
import { blake3Hex, LanspreadError, throwIfAborted, type FileSystem, type GameId } from '../base/index.ts';
import type { CatalogGameRow, CatalogSourceRow } from '../state/index.ts';
import { parseCatalog } from './catalog-file.ts';
import { readCover, readPulledCover, storeCover, type CoverReading } from './covers.ts';
import type { PulledGame } from './live/pull-pages.ts';
import type { GameEntry } from './schema.ts';
import { readSignedCatalog } from './signed-file.ts';
import { standingOf, type CatalogTrust } from './standing.ts';
import { toRow } from './stored-game.ts';
import type { PulledSource } from './types.ts';

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
  const { fileSystem, trust, requireSigned } = context;
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
  const coverOf: CoverOf = (cover) => readCover(fileSystem, dirname(origin), cover);
  const prepared = await prepareGames(context, { sourceId: source.id, games: document.games, coverOf });
  return { source, revoked: document.revoked, ...prepared };
}

/** The same for a live source's list. Errors: `DISK_FULL`, `IO_ERROR`, `CANCELLED`. */
export async function preparePulled(
  { origin, name, games, folders, warnings }: PulledSource,
  context: ImportContext,
): Promise<PreparedImport> {
  const { fileSystem, trust, requireSigned } = context;
  const signedBy = undefined;
  const standing = standingOf({ signedBy }, { trust, requireSigned });
  const source = { id: liveSourceIdOf(origin), name, origin, issued: undefined, ...standing, signedBy };
  const coverOf: CoverOf = (cover) => readPulledCover(fileSystem, folders, cover);
  const prepared = await prepareGames(context, { sourceId: source.id, games, coverOf });
  return { source, revoked: [], ...prepared, warnings: [...warnings, ...prepared.warnings] };
}

type CoverOf = (cover: string) => Promise<CoverReading>;

interface GamesToPrepare {
  readonly sourceId: string;
  readonly games: readonly (GameEntry | PulledGame)[];
  readonly coverOf: CoverOf;
}

/** Copies covers; a game whose cover is of no use goes without. */
async function prepareGames(
  { fileSystem, coversDirectory, signal }: ImportContext,
  { sourceId, games, coverOf }: GamesToPrepare,
): Promise<Pick<PreparedImport, 'games' | 'coverNames' | 'warnings'>> {
  const directory = join(coversDirectory, sourceId);
  await fileSystem.makeDirectory(directory);
  const rows: CatalogGameRow[] = [];
  const coverNames = new Set<string>();
  const warnings: string[] = [];
  for (const game of games) {
    throwIfAborted(signal);
    let fileName: string | undefined;
    if (game.cover !== undefined) {
      const reading = await coverOf(game.cover);
      if (reading.kind === 'read') {
        fileName = reading.fileName;
        if (!coverNames.has(fileName)) await storeCover(fileSystem, directory, reading);
        coverNames.add(fileName);
      } else {
        warnings.push(`The cover of ${game.id}, ${game.cover.slice(0, 100)}, ${reading.reason}.`);
      }
    }
    rows.push(toRow(sourceId, game, fileName));
  }
  return { games: rows, coverNames, warnings };
}

/** A live source's; no name gives a file's catalog the same one, since only this one has a dot. */
function liveSourceIdOf(origin: string): string {
  return `extension.${sourceIdOf(origin.replace(/^extension:/, ''))}`;
}

/** The same for the same name, and a folder name on every system. */
function sourceIdOf(name: string): string {
  const readable = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
  return `${readable || 'catalog'}-${blake3Hex(name).slice(0, 8)}`;
}
