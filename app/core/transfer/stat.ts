import { isNotFound, type FileStat, type FileSystem } from '../base/index.ts';

/** The entry itself, links not followed; undefined when nothing is there. Errors: the file system's other ones. */
export async function statOf(fileSystem: Pick<FileSystem, 'lstat'>, path: string): Promise<FileStat | undefined> {
  try {
    return await fileSystem.lstat(path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
