/**
 * The search in catalogs. It does not rank by frequency: every word is a prefix, so one typed letter has thousands of hits,
 * and weighing them all takes longer than a key press. The order is by kind of hit, then by title, because the rows are
 * stored in title order. So every query can stop as soon as it has enough.
 */
import type { GameId } from '../../base/index.ts';
import type { Connection } from '../connection.ts';
import { gameIdOf, numberOf, textOf, type Row } from '../row.ts';
import { indexText, matchExpression, type WordForms } from '../search-words.ts';

/** The version of the rules that split text into words. A new number rebuilds the index at the next start. */
const indexVersion = 3;
const versionName = 'catalog index';

interface CatalogIndex {
  isCurrent(): boolean;
  /** Builds the index of the games that the catalogs list now. Call it inside a transaction. */
  fill(): void;
  /** `words` as `queryWords` returns them, at least one. */
  search(words: readonly WordForms[], limit: number): GameId[];
}

const emptied = (table: string): string => `INSERT INTO ${table} (${table}) VALUES ('delete-all')`;
const optimized = (table: string): string => `INSERT INTO ${table} (${table}) VALUES ('optimize')`;
const hits = (table: string): string => `
  SELECT game.row, game.game_id FROM (SELECT rowid FROM ${table} WHERE ${table} MATCH ? LIMIT ?) AS hit
  JOIN catalog_game AS game ON game.row = hit.rowid ORDER BY game.row`;

/** `merged`: the SQL of the rows that count. */
export function catalogIndex(connection: Connection, merged: string): CatalogIndex {
  const version = connection.query<[string], number>('SELECT value FROM counter WHERE name = ?', (row) =>
    numberOf(row, 'value'),
  );
  const setVersion = connection.command<[string, number]>('INSERT OR REPLACE INTO counter (name, value) VALUES (?, ?)');
  const texts = connection.query<[], { row: number; title: string; text: string }>(
    `SELECT row, title, search_text FROM (${merged}) ORDER BY row`,
    (row) => ({ row: numberOf(row, 'row'), title: textOf(row, 'title'), text: textOf(row, 'search_text') }),
  );
  const tables = ['catalog_search', 'catalog_title_search'];
  const empty = tables.map((table) => connection.command<[]>(emptied(table)));
  const optimize = tables.map((table) => connection.command<[]>(optimized(table)));
  const putText = connection.command<[number, string]>('INSERT INTO catalog_search (rowid, body) VALUES (?, ?)');
  const putTitle = connection.command<[number, string]>(
    'INSERT INTO catalog_title_search (rowid, title) VALUES (?, ?)',
  );
  const toId = (row: Row): GameId => gameIdOf(row, 'game_id');
  const inTitles = connection.query<[string, number], GameId>(hits('catalog_title_search'), toId);
  const anywhere = connection.query<[string, number], GameId>(hits('catalog_search'), toId);
  return {
    isCurrent: () => version.get(versionName) === indexVersion,
    fill() {
      for (const run of empty) run();
      for (const { row, title, text } of texts.all()) {
        putTitle(row, indexText(title));
        putText(row, indexText(text));
      }
      // An index in one piece is read directly; one in several pieces is merged at every search.
      for (const run of optimize) run();
      setVersion(versionName, indexVersion);
    },
    search(words, limit) {
      const whole = matchExpression(words, { whole: true });
      const beginnings = matchExpression(words, { whole: false });
      const found = new Set<GameId>();
      const more = (query: typeof inTitles, expression: string): void => {
        if (found.size >= limit) return;
        for (const id of query.all(expression, limit + found.size)) found.add(id);
      };
      more(inTitles, whole);
      more(inTitles, beginnings);
      // Whole words are cheap to find, so a fully typed word that is in most texts costs no more than others.
      more(anywhere, whole);
      more(anywhere, beginnings);
      return [...found].slice(0, limit);
    },
  };
}
