import type { GameId } from '../../base/index.ts';
import type { Connection } from '../connection.ts';
import { flagOf, gameIdOf, numberOf, optionalTextOf, textOf, type Row } from '../row.ts';
import { inTitle, toSearchExpression } from '../search-query.ts';
import type { CatalogGameRow, CatalogRepository, CatalogSourceRow } from '../types.ts';

function toSource(row: Row): CatalogSourceRow {
  return {
    id: textOf(row, 'id'),
    name: textOf(row, 'name'),
    origin: textOf(row, 'origin'),
    issued: optionalTextOf(row, 'issued'),
    signed: flagOf(row, 'signed'),
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

/** Every game once: of the source with the lowest position. */
const merged = `
  SELECT row, source_id, game_id, title, json, search_text FROM (
    SELECT game.*, row_number() OVER (PARTITION BY game.game_id ORDER BY source.position, source.id) AS place
    FROM catalog_game AS game JOIN catalog_source AS source ON source.id = game.source_id
  ) WHERE place = 1`;

/** Ranking reads every hit; above this many (a letter or two typed, "the") it would be felt, and says little. */
const maxRankedHits = 3_000;

const toGameIds = (hits: string): string =>
  `SELECT game.game_id FROM (${hits}) AS hit JOIN catalog_game AS game ON game.row = hit.row`;

/** A word of the title weighs as much as ten of the rest. */
const ranked = `${toGameIds(`
  SELECT rowid AS row, bm25(catalog_search, 10.0, 1.0) AS score FROM catalog_search
  WHERE catalog_search MATCH ? ORDER BY score, rowid LIMIT ?`)} ORDER BY hit.score, hit.row`;

/** In the order of rows, which is the order of titles. */
const unranked = `${toGameIds('SELECT rowid AS row FROM catalog_search WHERE catalog_search MATCH ? LIMIT ?')}
  ORDER BY hit.row`;

const byTitle = new Intl.Collator('en', { numeric: true });

/** Best first. A search with very many hits lists those in titles first, the rest by title. */
function searchRepository(connection: Connection): (expression: string, limit: number) => GameId[] {
  const toId = (row: Row): GameId => gameIdOf(row, 'game_id');
  const countHits = connection.query<[string, number], number>(
    'SELECT count(*) AS hits FROM (SELECT 1 FROM catalog_search WHERE catalog_search MATCH ? LIMIT ?)',
    (row) => numberOf(row, 'hits'),
  );
  const best = connection.query<[string, number], GameId>(ranked, toId);
  const first = connection.query<[string, number], GameId>(unranked, toId);
  const hitsOf = (expression: string): number => countHits.get(expression, maxRankedHits + 1) ?? 0;
  return (expression, limit) => {
    if (hitsOf(expression) <= maxRankedHits) return best.all(expression, limit);
    const titles = inTitle(expression);
    const titleHits = hitsOf(titles);
    const found = new Set<GameId>();
    if (titleHits > 0) for (const id of (titleHits > maxRankedHits ? first : best).all(titles, limit)) found.add(id);
    if (found.size < limit) for (const id of first.all(expression, limit + found.size)) found.add(id);
    return [...found].slice(0, limit);
  };
}

export function catalogRepository(connection: Connection): CatalogRepository {
  const sources = connection.query<[], CatalogSourceRow>(
    'SELECT * FROM catalog_source ORDER BY position, id',
    toSource,
  );
  const counts = connection.query<[], [string, number]>(
    'SELECT source_id, count(*) AS games FROM catalog_game GROUP BY source_id',
    (row) => [textOf(row, 'source_id'), numberOf(row, 'games')],
  );
  const games = connection.query<[], CatalogGameRow>(`${merged} ORDER BY game_id`, toGame);
  const search = searchRepository(connection);
  const putSource = connection.command<[string, string, string, string | null, number, number]>(
    'INSERT INTO catalog_source (id, name, origin, issued, signed, position) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const putGame = connection.command<[string, string, string, string, string]>(
    'INSERT INTO catalog_game (source_id, game_id, title, json, search_text) VALUES (?, ?, ?, ?, ?)',
  );
  const removeSource = connection.command<[string]>('DELETE FROM catalog_source WHERE id = ?');
  const setPosition = connection.command<[number, string]>('UPDATE catalog_source SET position = ? WHERE id = ?');
  const emptyIndex = connection.command<[]>("INSERT INTO catalog_search (catalog_search) VALUES ('delete-all')");
  const fillIndex = connection.command<[]>(
    `INSERT INTO catalog_search (rowid, title, body) SELECT row, title, search_text FROM (${merged})`,
  );
  // Which source wins a game changes with every one of these writes; they are rare, so the index is made anew.
  const change = (work: () => void): void => {
    connection.durably(() => {
      work();
      emptyIndex();
      fillIndex();
    });
  };
  return {
    sources: () => sources.all(),
    replaceSource({ id, name, origin, issued, signed, position }, next) {
      change(() => {
        removeSource(id);
        putSource(id, name, origin, issued ?? null, Number(signed), position);
        for (const { gameId, title, json, searchText } of next.toSorted((a, b) => byTitle.compare(a.title, b.title))) {
          putGame(id, gameId, title, json, searchText);
        }
      });
    },
    removeSource(id) {
      change(() => removeSource(id));
    },
    setOrder(ids) {
      change(() => {
        const named = new Set(ids);
        const rest = sources.all().flatMap(({ id }) => (named.has(id) ? [] : [id]));
        for (const [position, id] of [...named, ...rest].entries()) setPosition(position, id);
      });
    },
    gameCounts: () => new Map(counts.all()),
    games: () => games.all(),
    search(query, limit) {
      const expression = toSearchExpression(query);
      return expression === undefined ? [] : search(expression, limit);
    },
  };
}
