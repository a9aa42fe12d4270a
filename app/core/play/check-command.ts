import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { absolutePath, isNotFound, LanspreadError, parsePath, type FileSystem, type GameId } from '../base/index.ts';
import { whyNotProgram } from './plan-launch.ts';

const firstLineBytes = 256;

interface CheckedCommand {
  /** Absolute. */
  readonly path: string;
  /** The first line of a `.sh` file. */
  readonly firstLine: string;
}

interface CheckRequest {
  readonly gameId: GameId;
  /** Absolute path of the installed game. */
  readonly directory: string;
  /** Relative path with `/`, as the catalog has it. */
  readonly path: string;
}

/**
 * Checks that a launch entry names a plain file inside the installed game and returns it. No part of the path may be a link,
 * because a link could lead anywhere. Errors: `LAUNCH_MISSING`, `INVALID_PATH`, `NOT_A_PROGRAM`.
 */
export async function checkCommand(fileSystem: FileSystem, request: CheckRequest): Promise<CheckedCommand> {
  await walk(fileSystem, request, 'file');
  const path = absolutePath(request.directory, parsePath(request.path, { atGameRoot: false }));
  const start = await readStart(fileSystem, path);
  if (/\.sh$/i.test(basename(path))) return { path, firstLine: firstLineOf(start) };
  const why = whyNotProgram(start, process.platform);
  // Linux can be set up to run foreign programs, for example with Wine.
  if (why !== undefined && !(await isRunByOthers(start)))
    throw new LanspreadError('NOT_A_PROGRAM', {
      message: `${JSON.stringify(request.path)} cannot be started on this system. ${why}`,
      details: { gameId: request.gameId, path: request.path },
    });
  return { path, firstLine: '' };
}

/** Whether the kernel knows an interpreter for files with these first bytes: binfmt_misc. */
async function isRunByOthers(start: Uint8Array): Promise<boolean> {
  const directory = '/proc/sys/fs/binfmt_misc';
  const names = await readdir(directory).catch(() => []);
  for (const name of names) {
    const text = await readFile(join(directory, name), 'utf8').catch(() => '');
    if (!text.startsWith('enabled')) continue;
    const offset = Number(/^offset (\d+)$/m.exec(text)?.[1] ?? 0);
    const magic = /^magic ([0-9a-f]+)$/m.exec(text)?.[1];
    if (
      magic !== undefined &&
      !text.includes('\nmask ') &&
      Buffer.from(start.subarray(offset)).toString('hex').startsWith(magic)
    )
      return true;
  }
  return false;
}

/** The folder in which the game starts. Same errors as above. */
export async function checkWorkingFolder(fileSystem: FileSystem, request: CheckRequest): Promise<string> {
  await walk(fileSystem, request, 'directory');
  return absolutePath(request.directory, parsePath(request.path, { atGameRoot: false }));
}

async function walk(
  fileSystem: FileSystem,
  { gameId, directory, path }: CheckRequest,
  wanted: 'file' | 'directory',
): Promise<void> {
  const parts = parsePath(path, { atGameRoot: false }).split('/');
  for (let length = 1; length <= parts.length; length += 1) {
    const part = parsePath(parts.slice(0, length).join('/'), { atGameRoot: false });
    const expected = length === parts.length ? wanted : 'directory';
    let kind: string;
    try {
      ({ kind } = await fileSystem.lstat(absolutePath(directory, part)));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw new LanspreadError('LAUNCH_MISSING', {
        message: `The installed game has no ${JSON.stringify(path)}, which the catalog starts it with.`,
        details: { gameId, path },
        cause: error,
      });
    }
    if (kind !== expected)
      throw new LanspreadError('INVALID_PATH', {
        message: `${JSON.stringify(part)} in the installed game is not a plain ${expected}: it is not started.`,
        details: { gameId, path: part },
      });
  }
}

async function readStart(fileSystem: FileSystem, path: string): Promise<Buffer> {
  await using file = await fileSystem.openToRead(path);
  const bytes = Buffer.alloc(firstLineBytes);
  return bytes.subarray(0, await file.read(bytes, 0));
}

function firstLineOf(start: Buffer): string {
  const [line = ''] = start.toString('utf8').split('\n');
  return line.replace(/\r$/, '');
}
