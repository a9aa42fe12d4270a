/**
 * Folders in the configuration of a live source. Its JSON Schema marks them, `"format": "folder"` on a string or on the
 * items of a list, and so Lanspread knows what the extension may read and what to watch. Pure, but for `presentFolders`.
 */
import { join, parse, resolve, sep } from 'node:path';
import { isFullPath, isNotFound, LanspreadError, systemCode, type FileSystem } from '../../base/index.ts';

export interface FolderField {
  readonly name: string;
  /** A list of folders; each is a source of its own. */
  readonly isList: boolean;
}

/** A star is any folder, at the end of a path, for what is plugged in: one level down or two. */
const maxStars = 2;
/** Of one pattern. */
const maxFolders = 64;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function folderFieldsOf(schema: unknown): FolderField[] {
  const properties = isRecord(schema) ? schema['properties'] : undefined;
  if (!isRecord(properties)) return [];
  return Object.entries(properties).flatMap(([name, property]): FolderField[] => {
    if (!isRecord(property)) return [];
    if (property['format'] === 'folder') return [{ name, isList: false }];
    const items = property['items'];
    return isRecord(items) && items['format'] === 'folder' ? [{ name, isList: true }] : [];
  });
}

/** The folder patterns in a configuration. Throws `BAD_REQUEST` for a pattern that cannot be granted. */
export function folderPatternsOf(configuration: unknown, fields: readonly FolderField[]): string[] {
  const patterns = fields.flatMap(({ name }) => namedIn(configuration, name));
  return [...new Set(patterns.map(parsePattern))];
}

function namedIn(configuration: unknown, field: string): string[] {
  const value = isRecord(configuration) && Object.hasOwn(configuration, field) ? configuration[field] : undefined;
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((each) => typeof each === 'string' && each !== '').map(String);
}

function parsePattern(text: string): string {
  const refuse = (reason: string): never => {
    throw new LanspreadError('BAD_REQUEST', { message: `The folder ${JSON.stringify(text.slice(0, 300))} ${reason}.` });
  };
  if (text.includes('\0')) refuse('contains a control character');
  if (!isFullPath(text)) refuse('is not an absolute path');
  const path = resolve(text);
  const stars = starsOf(path);
  if (stars > maxStars) refuse(`has over ${maxStars} stars`);
  const base = baseOf(path);
  if (base.includes('*')) refuse('has a star that does not stand for a whole folder at the end');
  if (isSystemRoot(base)) refuse('is all of this PC; name a folder in it');
  return path;
}

function starsOf(path: string): number {
  let count = 0;
  for (const part of path.split(sep).toReversed()) {
    if (part !== '*') return count;
    count += 1;
  }
  return count;
}

/** The pattern without its stars. */
function baseOf(pattern: string): string {
  const parts = pattern.split(sep);
  const base = parts.slice(0, parts.length - starsOf(pattern)).join(sep);
  // `/` and `E:` are roots only with a separator.
  return base === '' || /^[a-z]:$/i.test(base) ? base + sep : base;
}

/** A stick's drive on Windows may be named as a whole, the system's may not. */
function isSystemRoot(path: string): boolean {
  const { root } = parse(path);
  if (path !== root) return false;
  return (
    process.platform !== 'win32' || root.toLowerCase().startsWith((process.env['SystemDrive'] ?? 'c:').toLowerCase())
  );
}

/** Whether a folder is one that the pattern stands for, there or not. */
export function isFolderOf(pattern: string, folder: string): boolean {
  const parts = pattern.split(sep);
  const named = folder.split(sep);
  return named.length === parts.length && parts.every((part, index) => part === '*' || part === named[index]);
}

/** The folders that are there now, sorted. What cannot be looked into is not there; links do not count behind a star. */
export async function presentFolders(fileSystem: FileSystem, patterns: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    const base = baseOf(pattern);
    let folders = (await isFolder(fileSystem, base)) ? [base] : [];
    for (let level = starsOf(pattern); level > 0; level -= 1) {
      const below = await Promise.all(folders.map((folder) => foldersIn(fileSystem, folder)));
      folders = below.flat().slice(0, maxFolders);
    }
    for (const folder of folders) found.add(folder);
  }
  return [...found].sort();
}

const notThere = new Set(['EACCES', 'EPERM', 'ENOTDIR', 'EIO', 'ENODEV', 'ENXIO', 'ELOOP', 'ENOMEDIUM', 'ESTALE']);

function isAway(error: unknown): boolean {
  return isNotFound(error) || notThere.has(systemCode(error) ?? '');
}

async function isFolder(fileSystem: FileSystem, path: string): Promise<boolean> {
  try {
    return (await fileSystem.stat(path)).kind === 'directory';
  } catch (error) {
    if (isAway(error)) return false;
    throw error;
  }
}

async function foldersIn(fileSystem: FileSystem, path: string): Promise<string[]> {
  try {
    const entries = await fileSystem.list(path);
    const names = entries.filter(({ kind, name }) => kind === 'directory' && !name.startsWith('.'));
    return names.map(({ name }) => join(path, name)).sort();
  } catch (error) {
    if (isAway(error)) return [];
    throw error;
  }
}

/** One call of the extension: with which configuration, and what becomes of it. */
export interface Pull {
  /** The folder that makes this source one of its own; undefined where the source is one as a whole. */
  readonly folder: string | undefined;
  readonly configuration: unknown;
  /** Where its covers may lie. */
  readonly folders: readonly string[];
}

/**
 * What is to be asked. A source with one list of folders is asked for each folder by itself, so that one stick that is
 * away takes nothing along. Stars are replaced by the folders that are there.
 */
export function planPulls(
  configuration: unknown,
  { fields, folders }: { fields: readonly FolderField[]; folders: readonly string[] },
): Pull[] {
  const [first, ...others] = fields;
  if (!first || !isRecord(configuration)) return [{ folder: undefined, configuration, folders: [] }];
  if (first.isList && others.length === 0)
    return folders.map((folder) => ({
      folder,
      configuration: { ...configuration, [first.name]: [folder] },
      folders: [folder],
    }));
  const narrowed = fields.flatMap((field) => {
    const patterns = folderPatternsOf(configuration, [field]);
    const there = folders.filter((folder) => patterns.some((pattern) => isFolderOf(pattern, folder)));
    const value = field.isList ? there : there[0];
    return value === undefined ? [] : [[field.name, value]];
  });
  return folders.length === 0
    ? []
    : [{ folder: undefined, configuration: { ...configuration, ...Object.fromEntries(narrowed) }, folders }];
}
