import type { GameId } from '../../base/index.ts';
import type { Connection } from '../connection.ts';
import { flagOf, gameIdOf, numberOf, optionalTextOf, textOf, type Row } from '../row.ts';
import { queryWords } from '../search-words.ts';
import type { CatalogGameRow, CatalogRepository, CatalogSourceRow } from '../types.ts';
import { catalogIndex } from './catalog-index.ts';

function toSource(row: Row): CatalogSourceRow {
  return {
    id: textOf(row, 'id'),
    name: textOf(row, 'name'),
    origin: textOf(row, 'origin'),
    issued: optionalTextOf(row, 'issued'),
    signed: flagOf(row, 'signed'),
    signedBy: optionalTextOf(row, 'signed_by'),
    inUse: flagOf(row, 'in_use'),
    position: numberOf(row, 'position'),
  };
}

function toGame(row: Row): CatalogGameRow {
  return {
    sourceId: textOf(row, 'source_id'),
    gameId: gameIdOf(row, 'game_id'),
    title: textOf(row, 'title'),
    json: textOf(row, 'json'),
    searchText: textOf(row, 'search_text'),
  };
}

const revokedBySomebody = `
  SELECT 1 FROM catalog_revocation AS revocation JOIN catalog_source AS revoker ON revoker.id = revocation.source_id
  WHERE revocation.game_id = game.game_id AND revoker.in_use AND revoker.signed >= source.signed`;

/** Every game once. Ids that differ only by case share one folder on Windows and macOS. */
const merged = `
  SELECT row, source_id, game_id, title, json, search_text FROM (
    SELECT game.*, row_number() OVER (
      PARTITION BY game.game_id COLLATE NOCASE ORDER BY source.position, source.id
    ) AS place
    FROM catalog_game AS game JOIN catalog_source AS source ON source.id = game.source_id
    WHERE source.in_use AND NOT EXISTS (${revokedBySomebody})
  ) WHERE place = 1`;

const byTitle = new Intl.Collator('en', { numeric: true });

export function catalogRepository(connection: Connection): CatalogRepository {
  const sources = connection.query<[], CatalogSourceRow>(
    'SELECT * FROM catalog_source ORDER BY position, id',
    toSource,
  );
  const counts = connection.query<[], [string, number]>(
    'SELECT source_id, count(*) AS games FROM catalog_game GROUP BY source_id',
    (row) => [textOf(row, 'source_id'), numberOf(row, 'games')],
  );
  const revocations = connection.query<[], [string, GameId]>(
    'SELECT source_id, game_id FROM catalog_revocation ORDER BY game_id',
    (row) => [textOf(row, 'source_id'), gameIdOf(row, 'game_id')],
  );
  const games = connection.query<[], CatalogGameRow>(`${merged} ORDER BY game_id`, toGame);
  const gamesOf = connection.query<[string], CatalogGameRow>('SELECT * FROM catalog_game WHERE source_id = ?', toGame);
  const writes = catalogWrites(connection);
  const index = catalogIndex(connection, merged);
  // Each of these writes may change which source a game comes from. They are rare, so the index is rebuilt.
  const change = (work: () => void): void => {
    connection.durably(() => {
      work();
      index.fill();
    });
  };
  if (!index.isCurrent()) connection.durably(index.fill);
  return {
    sources: () => sources.all(),
    replaceSource(source, next, revoked = []) {
      change(() => {
        writes.removeSource(source.id);
        writes.putSource(source);
        for (const game of next.toSorted((a, b) => byTitle.compare(a.title, b.title))) writes.putGame(source.id, game);
        for (const gameId of revoked) writes.putRevocation(gameId, source.id);
      });
    },
    removeSource(id) {
      change(() => writes.removeSource(id));
    },
    setOrder(ids) {
      change(() => {
        const named = new Set(ids);
        const rest = sources.all().flatMap(({ id }) => (named.has(id) ? [] : [id]));
        for (const [position, id] of [...named, ...rest].entries()) writes.setPosition(position, id);
      });
    },
    setStanding(standing) {
      const changed = sources.all().flatMap(({ id, signed, inUse }) => {
        const next = standing.get(id);
        return next && (next.signed !== signed || next.inUse !== inUse) ? [{ id, ...next }] : [];
      });
      if (changed.length === 0) return;
      change(() => {
        for (const { id, signed, inUse } of changed) writes.setStanding(Number(signed), Number(inUse), id);
      });
    },
    gamesOf: (sourceId) => gamesOf.all(sourceId),
    gameCounts: () => new Map(counts.all()),
    revocations() {
      const bySource = new Map<string, GameId[]>();
      for (const [sourceId, gameId] of revocations.all())
        bySource.set(sourceId, [...(bySource.get(sourceId) ?? []), gameId]);
      return bySource;
    },
    games: () => games.all(),
    search(query, limit) {
      const words = queryWords(query);
      return words.length === 0 ? [] : index.search(words, limit);
    },
  };
}

interface CatalogWrites {
  putSource(source: CatalogSourceRow): void;
  putGame(sourceId: string, game: CatalogGameRow): void;
  putRevocation(gameId: string, sourceId: string): void;
  removeSource(id: string): void;
  setPosition(position: number, id: string): void;
  setStanding(signed: number, inUse: number, id: string): void;
}

function catalogWrites(connection: Connection): CatalogWrites {
  const putSource = connection.command<
    [string, string, string, string | null, number, string | null, number, number]
  >(`INSERT INTO catalog_source (id, name, origin, issued, signed, signed_by, in_use, position)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const putGame = connection.command<[string, string, string, string, string]>(
    'INSERT INTO catalog_game (source_id, game_id, title, json, search_text) VALUES (?, ?, ?, ?, ?)',
  );
  return {
    putSource({ id, name, origin, issued, signed, signedBy, inUse, position }) {
      putSource(id, name, origin, issued ?? null, Number(signed), signedBy ?? null, Number(inUse), position);
    },
    putGame(sourceId, { gameId, title, json, searchText }) {
      putGame(sourceId, gameId, title, json, searchText);
    },
    putRevocation: connection.command<[string, string]>(
      'INSERT OR IGNORE INTO catalog_revocation (game_id, source_id) VALUES (?, ?)',
    ),
    removeSource: connection.command<[string]>('DELETE FROM catalog_source WHERE id = ?'),
    setPosition: connection.command<[number, string]>('UPDATE catalog_source SET position = ? WHERE id = ?'),
    setStanding: connection.command<[number, number, string]>(
      'UPDATE catalog_source SET signed = ?, in_use = ? WHERE id = ?',
    ),
  };
}
