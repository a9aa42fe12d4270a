/** One file of a folder of games: a whole catalog, or the description of one game. Pure. */
import { extname } from 'node:path';
import { parse as parseYaml } from 'yaml';

type Fields = Readonly<Record<string, unknown>>;

export type Found =
  | { readonly kind: 'catalog'; readonly games: readonly Fields[] }
  | { readonly kind: 'game'; readonly game: Fields }
  | { readonly kind: 'broken' | 'broken-catalog'; readonly reason: string };

/** YAML may name what it said before; a few hundred times is enough for any list, and no bomb. */
const maxAliases = 200;

/** A file that is meant as a catalog and is none says so apart: its games are not simply gone. */
export function parseFile(bytes: Uint8Array, name: string): Found {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { kind: 'broken', reason: 'it is not UTF-8' };
  }
  const meansCatalog = /(?:^|[\s"'{,])formatVersion["']?\s*:/.test(text.slice(0, 4_096));
  const broken = (reason: string): Found => ({ kind: meansCatalog ? 'broken-catalog' : 'broken', reason });
  let value: unknown;
  try {
    value = extname(name).toLowerCase() === '.json' ? JSON.parse(text) : parseYaml(text, { maxAliasCount: maxAliases });
  } catch (error) {
    return broken((error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '');
  }
  if (!isFields(value)) return broken('it is not an object with fields');
  if (!('formatVersion' in value)) return { kind: 'game', game: value };
  const { formatVersion, games } = value;
  if (formatVersion !== 1) return broken(`its formatVersion is ${JSON.stringify(formatVersion)}; only 1 is read`);
  if (!Array.isArray(games)) return broken('it has no list of games');
  return { kind: 'catalog', games: games.map((game: unknown) => (isFields(game) ? game : {})) };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
