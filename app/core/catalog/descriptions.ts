/** The files in which people describe games: one a game, `<id>.json` or YAML, in `games/` or in the folder itself. */
import { basename, extname, join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { isNotFound, LanspreadError, parsePath, toLanspreadError, type FileSystem } from '../base/index.ts';
import { parseJson } from './catalog-file.ts';
import { readCover } from './covers.ts';
import { coverEndings, gameSchema, type GameEntry } from './schema.ts';

/** A problem with one field of one file. */
export interface CatalogProblem {
  /** Relative to the folder. */
  readonly file: string;
  /** Such as `launch.0.command`. Empty when the problem is with the whole file. */
  readonly field: string;
  readonly message: string;
}

/** A game as somebody described it; not checked yet. */
export interface Description {
  readonly id: string;
  /** Relative to the folder. */
  readonly file: string;
  readonly value: Readonly<Record<string, unknown>>;
}

export interface FolderContext {
  readonly fileSystem: FileSystem;
  /** Absolute. */
  readonly folder: string;
  readonly problem: (problem: CatalogProblem) => void;
}

const descriptionEndings = ['.json', '.yaml', '.yml'];
/** One description; a catalog that lies beside them may be larger and is left out. */
const maxBytes = 1024 * 1024;

/** In the order of their names. Errors: `CATALOG_NOT_FOUND` when there is no such folder, the file system's. */
export async function readDescriptions(context: FolderContext): Promise<Description[]> {
  const found: Description[] = [];
  for (const file of await descriptionFiles(context)) {
    const description = await readDescription(context, file);
    const twin = description && found.find(({ id }) => id === description.id);
    if (twin) context.problem({ file, field: '', message: `describes ${twin.id}, as ${twin.file} does` });
    else if (description) found.push(description);
  }
  return found;
}

async function descriptionFiles({ fileSystem, folder }: FolderContext): Promise<string[]> {
  const inGames = await filesIn(fileSystem, join(folder, 'games'));
  const direct = await filesIn(fileSystem, folder);
  if (!direct) throw new LanspreadError('CATALOG_NOT_FOUND', { message: `There is no folder ${folder}.` });
  return (inGames?.map((name) => `games/${name}`) ?? direct).sort();
}

/** Undefined when there is no such folder. */
async function filesIn(fileSystem: FileSystem, folder: string): Promise<string[] | undefined> {
  try {
    const entries = await fileSystem.list(folder);
    return entries.flatMap(({ name, kind }) =>
      kind === 'file' && descriptionEndings.includes(extname(name).toLowerCase()) ? [name] : [],
    );
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw toLanspreadError(error, 'IO_ERROR');
  }
}

/** Undefined for what is no description, told as a problem; and for a whole catalog, an earlier result. */
async function readDescription(
  { fileSystem, folder, problem }: FolderContext,
  file: string,
): Promise<Description | undefined> {
  const path = join(folder, file);
  let value: unknown;
  try {
    const { sizeBytes } = await fileSystem.stat(path);
    if (sizeBytes > maxBytes) {
      if (!(await isCatalog(fileSystem, path))) problem({ file, field: '', message: `is over ${maxBytes} bytes` });
      return undefined;
    }
    value = parseDescription(await fileSystem.readFile(path), file);
  } catch (error) {
    problem({ file, field: '', message: toLanspreadError(error, 'IO_ERROR').message });
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problem({ file, field: '', message: 'is not one game: it must be an object with its fields' });
    return undefined;
  }
  if ('formatVersion' in value) return undefined;
  return { id: basename(file, extname(file)), file, value: { ...value } };
}

async function isCatalog(fileSystem: FileSystem, path: string): Promise<boolean> {
  await using file = await fileSystem.openToRead(path);
  const head = Buffer.alloc(4096);
  return head.toString('latin1', 0, await file.read(head, 0)).includes('"formatVersion"');
}

function parseDescription(bytes: Buffer, file: string): unknown {
  if (extname(file).toLowerCase() === '.json') return parseJson(bytes, file);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return parseYaml(text, { maxAliasCount: 100, logLevel: 'error' });
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new LanspreadError('CATALOG_INVALID', { message: `Invalid ${file}: it is not YAML (${reason}).`, cause });
  }
}

/** Judges a description with everything that is known of its game. Undefined: its problems were told. */
export async function judgeGame(
  context: FolderContext,
  { id, file, value }: Description,
): Promise<GameEntry | undefined> {
  const parsed = gameSchema.safeParse({ id, ...value });
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) context.problem({ file, field: path.join('.'), message });
    return undefined;
  }
  if (parsed.data.id === id) return await withCover(context, { file, game: parsed.data });
  context.problem({ file, field: 'id', message: `is ${parsed.data.id}, but the file is named ${basename(file)}` });
  return undefined;
}

/** Checks the cover that a game names, or takes `covers/<id>.<ending>` when it names none and that is there. */
async function withCover(
  { fileSystem, folder, problem }: FolderContext,
  { file, game }: { file: string; game: GameEntry },
): Promise<GameEntry | undefined> {
  const candidates =
    game.cover === undefined ? coverEndings.map((ending) => `covers/${game.id}${ending}`) : [game.cover];
  for (const cover of candidates) {
    const isNamed = cover === game.cover;
    if (!isNamed && !(await exists(fileSystem, join(folder, cover)))) continue;
    const reading = await readCover(fileSystem, folder, parsePath(cover, { atGameRoot: false }));
    if (reading.kind === 'read') return gameSchema.parse({ ...game, cover });
    problem({ file, field: 'cover', message: `${cover} ${reading.reason}` });
    return undefined;
  }
  return game;
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
