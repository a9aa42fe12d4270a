/**
 * Lists the contents of a folder, for a person who chooses a folder or a file. It lists only files with the requested endings
 * and nothing hidden, up to a limit and within a time limit. It needs no further rights check: a caller already runs as this
 * PC's user.
 */
import { constants } from 'node:fs';
import { access, mkdir, opendir, stat } from 'node:fs/promises';
import { dirname, join, parse, resolve } from 'node:path';
import {
  isFullPath,
  LanspreadError,
  Semaphore,
  systemCode,
  toLanspreadError,
  whyUnsafe,
  withTimeLimit,
  type ErrorCode,
  type FileSystem,
} from '../../base/index.ts';
import type { FolderListing, FolderPart } from '../contract.ts';

/** The most entries of a folder that are examined, and the most folders that are listed. */
const mostEntries = 20_000;
export const mostFolders = 1_000;
/** The longest wait for a share that does not answer, in milliseconds. */
const limitMs = 5_000;

/** Windows' own folders, on every drive. */
const systemNames = new Set(['$recycle.bin', 'system volume information', 'recovery', 'config.msi']);
const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** A share that hangs blocks a thread of the process, so at most two looks run at once. */
const looks = new Semaphore(2);

/** Errors: `INVALID_PATH`, `FOLDER_NOT_FOUND`, `PERMISSION_DENIED`, `IO_ERROR`. */
export async function listFolders(
  { fileSystem }: { fileSystem: Pick<FileSystem, 'space'> },
  given: string,
  endings: readonly string[] = [],
): Promise<FolderListing> {
  const path = absoluteFolder(given);
  return await within(path, 'looking into a folder', async () => {
    const { names, fileNames, hasMore } = await entriesOf(path, endings);
    const asParts = (found: readonly string[]): FolderPart[] => found.map((name) => ({ name, path: join(path, name) }));
    const parent = dirname(path);
    return {
      path,
      ...(parent !== path && { parent }),
      trail: trailOf(path),
      folders: asParts(names),
      ...(endings.length > 0 && { files: asParts(fileNames) }),
      hasMore,
      writable: await isWritable(path),
      ...(await fileSystem.space(path).catch(() => ({ freeBytes: 0, totalBytes: 0 }))),
    };
  });
}

/** Makes a folder in an existing one. Errors: as above, and `FOLDER_EXISTS`. */
export async function createFolder(parent: string, name: string): Promise<{ path: string }> {
  const path = join(absoluteFolder(parent), folderName(name));
  await within(path, 'making a folder', async () => await mkdir(path));
  return { path };
}

/** Throws `INVALID_PATH`. */
function absoluteFolder(given: string): string {
  const isDevice = process.platform === 'win32' && /^[\\/]{2}[?.][\\/]/.test(given);
  if (isFullPath(given) && !given.includes('\0') && !isDevice) return resolve(given);
  throw new LanspreadError('INVALID_PATH', {
    message: 'The path of a folder begins at the root.',
    details: { path: given },
  });
}

/** Throws `INVALID_PATH` when some system does not allow the name, or when the name hides the folder. */
function folderName(given: string): string {
  const name = given.trim();
  const reason = name.includes('/') ? 'contains a slash' : whyUnsafe(name, { atGameRoot: false, platform: 'win32' });
  const why = reason ?? (name.startsWith('.') ? 'begins with a dot' : undefined);
  if (why === undefined) return name;
  throw new LanspreadError('INVALID_PATH', { message: `The name of the folder ${why}.`, details: { path: name } });
}

async function entriesOf(
  path: string,
  endings: readonly string[],
): Promise<{ names: string[]; fileNames: string[]; hasMore: boolean }> {
  const names: string[] = [];
  const fileNames: string[] = [];
  const isWanted = (name: string): boolean =>
    endings.some((ending) => ending === '*' || name.toLowerCase().endsWith(ending.toLowerCase()));
  let seen = 0;
  for await (const entry of await opendir(path)) {
    seen += 1;
    if (seen > mostEntries) break;
    if (entry.name.startsWith('.') || systemNames.has(entry.name.toLowerCase())) continue;
    if (entry.isDirectory() || (entry.isSymbolicLink() && (await leadsToFolder(join(path, entry.name)))))
      names.push(entry.name);
    else if (isWanted(entry.name) && (entry.isFile() || entry.isSymbolicLink())) fileNames.push(entry.name);
  }
  names.sort(byName.compare);
  fileNames.sort(byName.compare);
  return {
    names: names.slice(0, mostFolders),
    fileNames: fileNames.slice(0, mostFolders),
    hasMore: Math.max(names.length, fileNames.length) > mostFolders || seen > mostEntries,
  };
}

async function leadsToFolder(link: string): Promise<boolean> {
  return await stat(link).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function isWritable(path: string): Promise<boolean> {
  return await access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** The folders from the root down to this one, each with its path. Pure. */
export function trailOf(path: string): FolderPart[] {
  const { root } = parse(path);
  const trail = [{ name: root, path: root }];
  let reached = root;
  for (const name of path.slice(root.length).split(/[\\/]/)) {
    if (name === '') continue;
    reached = join(reached, name);
    trail.push({ name, path: reached });
  }
  return trail;
}

const codes: Record<string, ErrorCode> = {
  ENOENT: 'FOLDER_NOT_FOUND',
  ENOTDIR: 'FOLDER_NOT_FOUND',
  EEXIST: 'FOLDER_EXISTS',
  ENAMETOOLONG: 'INVALID_PATH',
};

async function within<T>(path: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await withTimeLimit({ limitMs, what, code: 'IO_ERROR' }, async () => await looks.run(work));
  } catch (error) {
    const code = codes[systemCode(error) ?? ''];
    if (code) throw new LanspreadError(code, { details: { path }, cause: error });
    const { code: known, message } = toLanspreadError(error);
    throw new LanspreadError(known, { message, details: { path }, cause: error });
  }
}
