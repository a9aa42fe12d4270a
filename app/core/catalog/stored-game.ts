/** Between a game as the catalog file gives it, its row in the database, and what the core works with. Pure. */
import { join } from 'node:path';
import { z } from 'zod';
import { LanspreadError, type GameId } from '../base/index.ts';
import type { CatalogGameRow } from '../state/index.ts';
import { gameSchema, type GameEntry } from './schema.ts';
import type { CatalogGame } from './types.ts';

/** In the database `cover` is the name of the copy in the source's folder of covers. */
const storedSchema = gameSchema.extend({
  cover: z
    .string()
    .regex(/^[0-9a-f]{32}\.[a-z]+$/)
    .optional(),
});

export function toRow(sourceId: string, game: GameEntry, coverFileName: string | undefined): CatalogGameRow {
  const { id, title, aliases = [], description, genres, tags, publisher = '' } = game;
  return {
    sourceId,
    gameId: id,
    title,
    json: JSON.stringify({ ...game, cover: coverFileName }),
    searchText: [title, ...aliases, description, ...genres, ...tags, publisher].join('\n'),
  };
}

/** Throws `STATE_CORRUPT` when the row is not what `toRow` made. */
export function fromRow(row: CatalogGameRow, coversDirectory: string): CatalogGame {
  const parsed = storedSchema.safeParse(parseStored(row.gameId, row.json));
  if (!parsed.success) throw corruptGame(row.gameId, parsed.error);
  const { cover, ...game } = parsed.data;
  return cover === undefined ? game : { ...game, coverPath: join(coversDirectory, row.sourceId, cover) };
}

function parseStored(id: GameId, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw corruptGame(id, cause);
  }
}

function corruptGame(id: GameId, cause: unknown): LanspreadError {
  return new LanspreadError('STATE_CORRUPT', { message: `The stored catalog entry of ${id} is damaged.`, cause });
}
