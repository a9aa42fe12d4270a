/**
 * Makes a catalog file out of what people keep: descriptions, covers, and the games themselves. The same folders give the
 * same bytes, whatever the time, the system or the order of the disk.
 */
import { basename, dirname, join, resolve } from 'node:path';
import {
  isGameId,
  LanspreadError,
  nodeFileSystem,
  throwIfAborted,
  toLanspreadError,
  writeFileAtomic,
  type FileSystem,
  type GameId,
  type SignalOptions,
} from '../base/index.ts';
import { parseCatalog } from './catalog-file.ts';
import {
  judgeGame,
  readDescriptions,
  type CatalogProblem,
  type Description,
  type FolderContext,
} from './descriptions.ts';
import type { GameEntry } from './schema.ts';

/** The facts that a game folder gives. */
export interface GameFolderFacts {
  readonly version: string;
  readonly sizeBytes: number;
  /** Only where it is to be pinned. */
  readonly manifestRoot?: string;
}

/** Looks at a game's folder; undefined when there is no downloaded game in it. Errors: what keeps it from being shared. */
export type ReadRoot = (
  game: { id: GameId; root: string },
  options: SignalOptions,
) => Promise<GameFolderFacts | undefined>;

export interface BuildCatalogOptions extends SignalOptions {
  folder: string;
  /** Where the games lie, each in a folder of its id. Default: the folder itself. */
  gamesDir?: string;
  /** Left out: only what is described is listed. */
  readRoot?: ReadRoot;
  /** Of the catalog. Default: the folder's. */
  name?: string;
  /** When it was issued, a date. Left out when not given, since the bytes shall follow from the folders alone. */
  issued?: string;
  /** Ids of games that nobody shall list any more. */
  revoked?: readonly string[];
  fileSystem?: FileSystem;
}

interface BuiltCatalog {
  /** The file's content. */
  readonly text: string;
  readonly gameCount: number;
  /** How many of them name the root of their manifest. */
  readonly pinnedCount: number;
  /** The covers it names, relative to the folder. */
  readonly covers: readonly string[];
}

const shownProblems = 20;

/**
 * The catalog of a folder. Throws `CATALOG_NOT_FOUND` when there is no such folder, and `CATALOG_INVALID` with every
 * problem in `details.problems`.
 */
export async function buildCatalog(options: BuildCatalogOptions): Promise<BuiltCatalog> {
  const { name, issued, revoked = [], fileSystem = nodeFileSystem, signal } = options;
  const folder = resolve(options.folder);
  const problems: CatalogProblem[] = [];
  const context: FolderContext = { fileSystem, folder, problem: (problem) => problems.push(problem) };
  const descriptions = await withRoots(context, await readDescriptions(context), options);
  const games: GameEntry[] = [];
  for (const description of descriptions) {
    throwIfAborted(signal);
    const game = await judgeGame(context, description);
    if (game) games.push(game);
  }
  if (problems.length > 0) throw invalid(problems);
  games.sort((a, b) => (a.id < b.id ? -1 : 1));
  const head = { formatVersion: 1, name: name ?? basename(folder), ...(issued !== undefined && { issued }) };
  const tail = revoked.length > 0 ? { revoked: [...new Set(revoked)].sort() } : {};
  const text = `${JSON.stringify({ ...head, games, ...tail }, undefined, 2)}\n`;
  // What leaves here can be imported: the rules for the whole (number, size, ids) are checked by the reader itself.
  parseCatalog(Buffer.from(text));
  return {
    text,
    gameCount: games.length,
    pinnedCount: games.filter(({ manifestRoot }) => manifestRoot !== undefined).length,
    covers: games.flatMap(({ cover }) => cover ?? []),
  };
}

/** Builds and writes it. Covers are named relative to the folder, so the file has to lie directly in it. */
export async function buildCatalogFile({
  output,
  ...options
}: BuildCatalogOptions & { output: string }): Promise<{ path: string; gameCount: number; pinnedCount: number }> {
  const path = resolve(output);
  const { text, gameCount, pinnedCount, covers } = await buildCatalog(options);
  if (dirname(path) !== resolve(options.folder) && covers.length > 0) {
    throw new LanspreadError('BAD_REQUEST', {
      message: `The catalog names covers, so it has to be written into ${resolve(options.folder)} itself.`,
      details: { field: 'output' },
    });
  }
  await writeFileAtomic(options.fileSystem ?? nodeFileSystem, { path, data: text });
  return { path, gameCount, pinnedCount };
}

/** Adds what the games' folders tell to what is described, and the games that nobody described. */
async function withRoots(
  { fileSystem, folder, problem }: FolderContext,
  descriptions: readonly Description[],
  { gamesDir, readRoot, signal }: BuildCatalogOptions,
): Promise<readonly Description[]> {
  if (!readRoot) return descriptions;
  const directory = gamesDir === undefined ? folder : resolve(gamesDir);
  const described = new Map(descriptions.map((description) => [description.id, description]));
  const all = new Map(described);
  for (const id of await foldersIn(fileSystem, directory)) {
    throwIfAborted(signal);
    const { file = `${id}/`, value = {} } = described.get(id) ?? {};
    try {
      const facts = await readRoot({ id, root: join(directory, id) }, { signal });
      if (!facts) continue;
      const { version = facts.version } = value;
      if (version !== facts.version)
        problem({ file, field: 'version', message: `is ${String(version)}, but the game here is ${facts.version}` });
      all.set(id, { id, file, value: { title: id, ...value, ...facts, version } });
    } catch (error) {
      throwIfAborted(signal);
      problem({ file: `${id}/`, field: '', message: toLanspreadError(error, 'IO_ERROR').message });
    }
  }
  return [...all.values()];
}

async function foldersIn(fileSystem: FileSystem, directory: string): Promise<GameId[]> {
  try {
    const entries = await fileSystem.list(directory);
    const names = entries.flatMap(({ name, kind }) => (kind === 'directory' ? [name] : []));
    return names.filter(isGameId).sort();
  } catch (error) {
    throw new LanspreadError('CATALOG_NOT_FOUND', {
      message: `The games folder ${directory} cannot be read.`,
      cause: error,
    });
  }
}

function invalid(found: readonly CatalogProblem[]): LanspreadError {
  const problems = found.toSorted((a, b) => (a.file < b.file ? -1 : Number(a.file > b.file)));
  const lines = problems
    .slice(0, shownProblems)
    .map(({ file, field, message }) => [file, field, message].filter(Boolean).join(': '));
  const more = problems.length > shownProblems ? [`and ${problems.length - shownProblems} more`] : [];
  return new LanspreadError('CATALOG_INVALID', {
    message: `The folder does not make a catalog.\n${[...lines, ...more].join('\n')}`,
    details: { problems },
  });
}
