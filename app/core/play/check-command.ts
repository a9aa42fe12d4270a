import { basename } from 'node:path';
import { absolutePath, isNotFound, LanspreadError, parsePath, type FileSystem, type GameId } from '../base/index.ts';

const firstLineBytes = 256;

interface CheckedCommand {
  /** Absolute. */
  readonly path: string;
  /** The first line, where the file is text. */
  readonly firstLine: string;
}

interface CheckRequest {
  readonly gameId: GameId;
  /** Absolute path of the installed game. */
  readonly directory: string;
  /** As the catalog has it, relative, with `/`. */
  readonly path: string;
}

/**
 * The file that a launch entry names, if it is a plain one inside the installed game: no part of its path may be a link,
 * which could lead anywhere. Errors: `LAUNCH_MISSING`, `INVALID_PATH`.
 */
export async function checkCommand(fileSystem: FileSystem, request: CheckRequest): Promise<CheckedCommand> {
  await walk(fileSystem, request, 'file');
  const path = absolutePath(request.directory, parsePath(request.path, { atGameRoot: false }));
  return { path, firstLine: await readFirstLine(fileSystem, path) };
}

/** The folder in which the game starts. Errors as above. */
export async function checkFolder(fileSystem: FileSystem, request: CheckRequest): Promise<string> {
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

async function readFirstLine(fileSystem: FileSystem, path: string): Promise<string> {
  if (!/\.sh$/i.test(basename(path))) return '';
  await using file = await fileSystem.openToRead(path);
  const bytes = Buffer.alloc(firstLineBytes);
  const count = await file.read(bytes, 0);
  const [line = ''] = bytes.toString('utf8', 0, count).split('\n');
  return line.replace(/\r$/, '');
}
