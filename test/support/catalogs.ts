import { writeFile } from 'node:fs/promises';
import { versionOf, type GameSpec } from './games.ts';

/** The fields of a catalog's game that scenarios set; only id, title and version are required of one. */
export interface CatalogEntry {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  readonly [field: string]: unknown;
}

/** The catalog entry of a sample game. */
export function catalogEntry(spec: GameSpec, extra: Record<string, unknown> = {}): CatalogEntry {
  return { id: spec.id, title: spec.title ?? `The Game ${spec.id}`, version: versionOf(spec), ...extra };
}

/** Writes an unsigned catalog of these games. */
export async function writeCatalog(path: string, games: readonly CatalogEntry[], name = 'Test catalog'): Promise<void> {
  await writeFile(path, JSON.stringify({ formatVersion: 1, name, issued: '2026-01-01T00:00:00Z', games, revoked: [] }));
}
