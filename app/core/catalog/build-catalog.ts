/**
 * Makes a catalog file out of a folder that people keep: one JSON file a game, `<id>.json`, in `games/` or in the folder
 * itself, and covers. The same folder gives the same bytes, whatever the time, the system or the order of the disk.
 */
import { basename, dirname, join, resolve } from 'node:path';
import {
  isNotFound,
  LanspreadError,
  nodeFileSystem,
  parsePath,
  throwIfAborted,
  toLanspreadError,
  writeFileAtomic,
  type FileSystem,
  type SignalOptions,
} from '../base/index.ts';
import { parseCatalog, parseJson } from './catalog-file.ts';
import { readCover } from './covers.ts';
import { catalogLimits, coverEndings, gameSchema, type GameEntry } from './schema.ts';

export interface BuildCatalogOptions extends SignalOptions {
  folder: string;
  /** Of the catalog. Default: the folder's. */
  name?: string;
  /** When it was issued, a date. Left out when not given, since the bytes shall follow from the folder alone. */
  issued?: string;
  fileSystem?: FileSystem;
}

export interface BuiltCatalog {
  /** The file's content. */
  readonly text: string;
  readonly gameCount: number;
  /** The covers it names, relative to the folder. */
  readonly covers: readonly string[];
}

/** What is wrong with one field of one file. */
export interface CatalogProblem {
  /** Relative to the folder. */
  readonly file: string;
  /** Such as `launch.0.command`; empty when it is the file as a whole. */
  readonly field: string;
  readonly message: string;
}

const shownProblems = 20;

/**
 * The catalog of a folder. Throws `CATALOG_NOT_FOUND` when there is no such folder, and `CATALOG_INVALID` with every
 * problem in `details.problems`.
 */
export async function buildCatalog(options: BuildCatalogOptions): Promise<BuiltCatalog> {
  const { name, issued, fileSystem = nodeFileSystem, signal } = options;
  const folder = resolve(options.folder);
  const problems: CatalogProblem[] = [];
  const games: GameEntry[] = [];
  for (const file of await gameFiles(fileSystem, folder)) {
    throwIfAborted(signal);
    const found = await readGame(fileSystem, folder, file);
    if ('problems' in found) problems.push(...found.problems);
    else if ('game' in found) games.push(found.game);
  }
  if (problems.length > 0) throw invalid(problems);
  games.sort((a, b) => (a.id < b.id ? -1 : 1));
  const head = { formatVersion: 1, name: name ?? basename(folder), ...(issued !== undefined && { issued }) };
  const text = `${JSON.stringify({ ...head, games }, undefined, 2)}\n`;
  // What leaves here can be imported: the rules for the whole (number, size, ids) are checked by the reader itself.
  parseCatalog(Buffer.from(text));
  return { text, gameCount: games.length, covers: games.flatMap(({ cover }) => cover ?? []) };
}

/** Builds and writes it. Covers are named relative to the folder, so the file has to lie directly in it. */
export async function buildCatalogFile({
  output,
  ...options
}: BuildCatalogOptions & { output: string }): Promise<{ path: string; gameCount: number }> {
  const path = resolve(output);
  const { text, gameCount, covers } = await buildCatalog(options);
  if (dirname(path) !== resolve(options.folder) && covers.length > 0) {
    throw new LanspreadError('BAD_REQUEST', {
      message: `The catalog names covers, so it has to be written into ${resolve(options.folder)} itself.`,
      details: { field: 'output' },
    });
  }
  await writeFileAtomic(options.fileSystem ?? nodeFileSystem, { path, data: text });
  return { path, gameCount };
}

/** The JSON files of games, relative to the folder, in code-unit order. */
async function gameFiles(fileSystem: FileSystem, folder: string): Promise<string[]> {
  const inGames = await jsonFiles(fileSystem, join(folder, 'games'));
  const files = inGames?.map((name) => `games/${name}`) ?? (await jsonFiles(fileSystem, folder));
  if (files) return files.sort();
  throw new LanspreadError('CATALOG_NOT_FOUND', { message: `There is no folder ${folder}.` });
}

/** Undefined when there is no such folder. */
async function jsonFiles(fileSystem: FileSystem, folder: string): Promise<string[] | undefined> {
  try {
    const entries = await fileSystem.list(folder);
    return entries.flatMap(({ name, kind }) => (kind === 'file' && name.endsWith('.json') ? [name] : []));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw toLanspreadError(error, 'IO_ERROR');
  }
}

/** `{}` for a file that is a whole catalog: an earlier result in the same folder. */
type FoundGame = { game: GameEntry } | { problems: CatalogProblem[] } | Record<string, never>;

async function readGame(fileSystem: FileSystem, folder: string, file: string): Promise<FoundGame> {
  const problem = (field: string, message: string): FoundGame => ({ problems: [{ file, field, message }] });
  const path = join(folder, file);
  let value: unknown;
  try {
    if ((await fileSystem.stat(path)).sizeBytes > catalogLimits.fileBytes) return problem('', 'is too large');
    value = parseJson(await fileSystem.readFile(path), file);
  } catch (error) {
    return problem('', toLanspreadError(error, 'IO_ERROR').message);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return problem('', 'is not a JSON object');
  if ('formatVersion' in value) return {};
  const id = basename(file, '.json');
  const parsed = gameSchema.safeParse({ id, ...value });
  if (!parsed.success) {
    return {
      problems: parsed.error.issues.map((issue) => ({ file, field: issue.path.join('.'), message: issue.message })),
    };
  }
  if (parsed.data.id !== id) return problem('id', `is ${parsed.data.id}, but the file is named ${id}.json`);
  return await withCover(fileSystem, folder, { file, game: parsed.data });
}

/** Checks the cover that a game names, or takes `covers/<id>.<ending>` when it names none and that is there. */
async function withCover(
  fileSystem: FileSystem,
  folder: string,
  { file, game }: { file: string; game: GameEntry },
): Promise<FoundGame> {
  const candidates =
    game.cover === undefined ? coverEndings.map((ending) => `covers/${game.id}${ending}`) : [game.cover];
  for (const cover of candidates) {
    const isNamed = cover === game.cover;
    if (!isNamed && !(await exists(fileSystem, join(folder, cover)))) continue;
    const reading = await readCover(fileSystem, folder, parsePath(cover, { atGameRoot: false }));
    if (reading.kind === 'read') return { game: gameSchema.parse({ ...game, cover }) };
    return { problems: [{ file, field: 'cover', message: `${cover} ${reading.reason}` }] };
  }
  return { game };
}

async function exists(fileSystem: FileSystem, path: string): Promise<boolean> {
  try {
    await fileSystem.lstat(path);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw toLanspreadError(error, 'IO_ERROR');
  }
}

function invalid(problems: readonly CatalogProblem[]): LanspreadError {
  const lines = problems
    .slice(0, shownProblems)
    .map(({ file, field, message }) => [file, field, message].filter(Boolean).join(': '));
  const more = problems.length > shownProblems ? [`and ${problems.length - shownProblems} more`] : [];
  return new LanspreadError('CATALOG_INVALID', {
    message: `The folder does not make a catalog.\n${[...lines, ...more].join('\n')}`,
    details: { problems },
  });
}
