/** Archives that come out the same, byte for byte, wherever and whenever they are made. */
import { lstat, readFile, readlink } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync, zipSync, type Zippable } from 'fflate';
import { pack } from 'tar-stream';
import { filesIn } from './program-files.ts';

export interface Entry {
  /** With `/`, relative to the archive. */
  readonly path: string;
  readonly data: Buffer;
  readonly kind: 'file' | 'program' | 'link';
}

/** ZIP knows no earlier year; in every time zone it is the same. */
const year = 1980;
const levels = { well: 9, quickly: 1 } as const;
const modes = { file: 0o100644, program: 0o100755, link: 0o120777 } as const;

/** Files that a Linux or Mac has to be allowed to run; a build on Windows does not see it on the file. */
const programs = /^(?:lanspread|node|7zz|nw|nwjs|chrome_crashpad_handler|Lanspread)$/;

/** Every file below the folder, sorted, under the name that the archive gives the folder. */
export async function entriesOf(folder: string, name: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const file of await filesIn(folder)) {
    const path = [name, ...file.split(sep)].join('/');
    const source = join(folder, file);
    const status = await lstat(source);
    if (status.isSymbolicLink())
      entries.push({ path, kind: 'link', data: Buffer.from((await readlink(source)).split(sep).join('/')) });
    else entries.push({ path, kind: kindOf(source, status.mode), data: await readFile(source) });
  }
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function kindOf(path: string, mode: number): Entry['kind'] {
  return programs.test(basename(path)) || (path.includes('.app/') && (mode & 0o100) !== 0) ? 'program' : 'file';
}

export interface Compression {
  /** A third larger, in a third of the time. */
  readonly isQuick?: boolean;
}

const levelOf = ({ isQuick = false }: Compression): 1 | 9 => (isQuick ? levels.quickly : levels.well);

/** Pure. */
export function zipOf(entries: readonly Entry[], compression: Compression = {}): Uint8Array {
  const level = levelOf(compression);
  const files: Zippable = {};
  for (const { path, data, kind } of entries)
    files[path] = [data, { level, mtime: new Date(year, 0, 1), os: 3, attrs: (modes[kind] << 16) >>> 0 }];
  return zipSync(files);
}

/** Owned by root, written on the first day of 1970. */
export async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const folder of foldersOf(entries))
    archive.entry({ name: `${folder}/`, type: 'directory', mode: 0o755, mtime: new Date(0) });
  for (const { path, data, kind } of entries) {
    const header = { name: path, mode: modes[kind] & 0o777, mtime: new Date(0) };
    if (kind === 'link') archive.entry({ ...header, type: 'symlink', linkname: data.toString() });
    else archive.entry(header, data);
  }
  archive.finalize();
  return await buffer(archive);
}

/** Compressed by a library in JavaScript: what zlib writes depends on the processor. */
export function gzipOf(data: Uint8Array, compression: Compression = {}): Uint8Array {
  return gzipSync(data, { level: levelOf(compression), mtime: 0 });
}

function foldersOf(entries: readonly Entry[]): string[] {
  const folders = new Set<string>();
  for (const { path } of entries) {
    const parts = path.split('/').slice(0, -1);
    parts.forEach((_, index) => folders.add(parts.slice(0, index + 1).join('/')));
  }
  return [...folders].sort();
}
