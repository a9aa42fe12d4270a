/** Parses one file of a folder of games: a whole catalog, or the description of one game. Pure. */
import { extname } from 'node:path';
import { parse as parseYaml } from 'yaml';

type Fields = Readonly<Record<string, unknown>>;

export type Found =
  | { readonly kind: 'catalog'; readonly games: readonly Fields[] }
  | { readonly kind: 'game'; readonly game: Fields }
  | { readonly kind: 'broken' | 'broken-catalog'; readonly reason: string };

/** YAML may refer back to earlier values. A few hundred references are enough for any list, and too few for an attack. */
const maxAliases = 200;

const maxDepth = 32;
const maxYamlBytes = 1024 * 1024;
/** Lines and items; each takes time to read. */
const maxYamlParts = 20_000;
/** More opening brackets and dashes than any list of games needs; reading them would take too long. */
const endlessYaml = /(?:[[{][^\]}]{0,80}){64}|(?:[-?:] +){64}/;

/** A broken file that is meant as a catalog is reported separately, so that its games do not silently disappear. */
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
    value = extname(name).toLowerCase() === '.json' ? JSON.parse(text) : readYaml(text);
  } catch (error) {
    return broken((error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '');
  }
  if (isDeep(value)) return broken(`it is nested over ${maxDepth} levels deep`);
  if (!isFields(value)) return broken('it is not an object with fields');
  if (!('formatVersion' in value)) return { kind: 'game', game: value };
  const { formatVersion, games } = value;
  if (formatVersion !== 1) return broken(`its formatVersion is ${JSON.stringify(formatVersion)}; only 1 is read`);
  if (!Array.isArray(games)) return broken('it has no list of games');
  return { kind: 'catalog', games: games.map((game: unknown) => (isFields(game) ? game : {})) };
}

function readYaml(text: string): unknown {
  if (text.length > maxYamlBytes) throw new Error(`YAML of over ${maxYamlBytes} bytes is not read; JSON may be longer`);
  if ((text.match(/[\n,]/g)?.length ?? 0) > maxYamlParts)
    throw new Error(`YAML of over ${maxYamlParts} lines and items is not read; JSON may be longer`);
  if (endlessYaml.test(text)) throw new Error('it is nested too deeply');
  return parseYaml(text, { maxAliasCount: maxAliases, logLevel: 'error' });
}

/** Goes level by level: data that is too deep to send is also too deep for recursion. */
function isDeep(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDepth) return true;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
