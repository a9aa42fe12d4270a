/**
 * Reads a folder of games: whole catalogs (`formatVersion`), and one file per game, `<id>.json` or YAML, in `games/` or
 * directly in the folder. A picture `covers/<id>.png` belongs to its game automatically. Links are not followed, because
 * nobody configured their targets.
 */
import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { CatalogGame } from '../../extension-api/index.ts';
import { parseFile } from './parse-file.ts';

export interface FolderList {
  readonly games: readonly CatalogGame[];
  /** Sentences about the entries that were left out. */
  readonly warnings: readonly string[];
}

export const limits = {
  files: 10_000,
  fileBytes: 16 * 1024 * 1024,
  totalBytes: 48 * 1024 * 1024,
  warnings: 20,
} as const;

const pictures = ['.png', '.jpg', '.jpeg', '.webp', '.avif', '.svg'];
const texts = ['.json', '.yaml', '.yml'];

/** Throws when the folder cannot be read, when a whole catalog in it is broken, or beyond the limits. */
export async function readFolder(folder: string, { signal }: { signal: AbortSignal }): Promise<FolderList> {
  const reading = new Reading(folder, await coversIn(join(folder, 'covers')));
  for (const file of await textFilesIn(folder)) {
    signal.throwIfAborted();
    await reading.add(file);
  }
  return reading.list();
}

class Reading {
  readonly #folder: string;
  /** Paths by game id. */
  readonly #covers: ReadonlyMap<string, string>;
  readonly #games: CatalogGame[] = [];
  readonly #warnings: string[] = [];
  #bytes = 0;

  constructor(folder: string, covers: ReadonlyMap<string, string>) {
    this.#folder = folder;
    this.#covers = covers;
  }

  async add(file: string): Promise<void> {
    const bytes = await readRegularFile(join(this.#folder, file));
    if (bytes === undefined)
      return this.#warn(`${file} is left out: it is no file, or over ${limits.fileBytes} bytes.`);
    this.#bytes += bytes.length;
    if (this.#bytes > limits.totalBytes)
      throw new Error(`The files in ${this.#folder} are over ${limits.totalBytes} bytes.`);
    const found = parseFile(bytes, file);
    switch (found.kind) {
      case 'broken':
        return this.#warn(`${file} is left out: ${found.reason}.`);
      case 'broken-catalog':
        throw new Error(`The catalog ${file} is broken: ${found.reason}.`);
      case 'catalog':
        for (const game of found.games) this.#put(game);
        return;
      case 'game':
        this.#put({ id: basename(file, extname(file)), ...found.game });
    }
  }

  list(): FolderList {
    return { games: this.#games, warnings: this.#warnings };
  }

  /** The launcher decides whether it is a valid game. */
  #put(value: Readonly<Record<string, unknown>>): void {
    const { id, cover } = value;
    const named = typeof cover === 'string' ? join(this.#folder, cover) : undefined;
    const path = named ?? (typeof id === 'string' ? this.#covers.get(id) : undefined);
    // The launcher checks every field that it gets.
    this.#games.push({ ...value, ...(path !== undefined && { cover: path }) } as unknown as CatalogGame);
  }

  #warn(sentence: string): void {
    if (this.#warnings.length < limits.warnings) this.#warnings.push(sentence);
  }
}

/** Paths relative to the folder, sorted by name; those in `games/` come last. */
async function textFilesIn(folder: string): Promise<string[]> {
  const direct = await filesIn(folder, texts);
  const games = await filesIn(join(folder, 'games'), texts, { mayBeMissing: true });
  const files = [...direct, ...games.map((name) => `games/${name}`)];
  if (files.length > limits.files) throw new Error(`There are over ${limits.files} files in ${folder}.`);
  return files;
}

async function coversIn(folder: string): Promise<Map<string, string>> {
  const names = await filesIn(folder, pictures, { mayBeMissing: true });
  return new Map(names.map((name) => [basename(name, extname(name)), join(folder, name)]));
}

async function filesIn(folder: string, endings: readonly string[], { mayBeMissing = false } = {}): Promise<string[]> {
  try {
    // The configured folder may be a link; its contents may not.
    if (mayBeMissing && !(await lstat(folder)).isDirectory()) return [];
    const entries = await readdir(folder, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map(({ name }) => name);
    return names.filter((name) => endings.includes(extname(name).toLowerCase())).sort();
  } catch (error) {
    if (mayBeMissing && error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Undefined when it is not a regular file or is too large. */
async function readRegularFile(path: string): Promise<Buffer | undefined> {
  const { size, ...stat } = await lstat(path).then((found) => ({ size: found.size, isFile: found.isFile() }));
  if (!stat.isFile || size > limits.fileBytes) return undefined;
  await using file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  const buffer = Buffer.alloc(size);
  const { bytesRead } = await file.read(buffer, 0, size, 0);
  return buffer.subarray(0, bytesRead);
}
