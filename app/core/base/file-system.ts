/**
 * The file system as a port: what the core does to disks goes through here, so that tests can inject faults and crash
 * points at every step. Paths are absolute. Errors are Node's, with an errno code. Lane workers write payload bytes
 * themselves, in their own thread.
 */
import { isNotFound } from './errors.ts';

export type EntryKind = 'file' | 'directory' | 'symlink' | 'other';

export interface FileStat {
  readonly kind: EntryKind;
  readonly sizeBytes: number;
  /** Modification time in nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** When content or metadata changed last, where the platform tells; nobody can set it back. */
  readonly changeTimeNs?: bigint;
  /** File number within its device; 0n where there is none that lasts. */
  readonly inode: bigint;
  /** Names that this file has, where the platform tells: with more than one a change shows under all of them. */
  readonly linkCount?: number;
  /** The file system it lies on, where the platform numbers them. */
  readonly device?: bigint;
  /** Whether the owner may execute it. */
  readonly executable: boolean;
  /** Bytes allocated on disk, less than `sizeBytes` for a sparse file. */
  readonly allocatedBytes: number;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: EntryKind;
}

/** A file that is open for reading. It has no `sync`: Windows flushes only a handle that may write. */
export interface ReadHandle extends AsyncDisposable {
  /** Reads up to `buffer.length` bytes at `position`; returns how many. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

/** A file that is open for reading and writing. */
export interface FileHandle extends ReadHandle {
  /** Writes all of `buffer` at `position`. */
  write(buffer: Uint8Array, position: number): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  /** Flushes data and metadata to the disk. */
  sync(): Promise<void>;
}

export interface FileSystem {
  stat(path: string): Promise<FileStat>;
  lstat(path: string): Promise<FileStat>;
  list(directory: string): Promise<DirectoryEntry[]>;
  readFile(path: string): Promise<Buffer>;
  /** Creates or overwrites. Not atomic; see `writeFileAtomic`. */
  writeFile(path: string, data: Uint8Array | string): Promise<void>;
  /** Opens an existing file for reading only. */
  openToRead(path: string): Promise<ReadHandle>;
  /** `create` or truncate a file, `edit` an existing or new one without truncating. */
  open(path: string, mode: 'create' | 'edit'): Promise<FileHandle>;
  /**
   * Flushes data and metadata of an existing file to the disk, whoever wrote it; a read-only one too. Changes nothing.
   * Errors: `ENOENT`; the disk's own, which it tells only once.
   */
  flushFile(path: string): Promise<void>;
  /**
   * Creates the directory and its parents; no error when it is there. Parents only below `within`, where that is given:
   * fails with `ENOENT` when it is not there, so that nothing is made in the place of a drive that was unplugged.
   */
  makeDirectory(path: string, options?: { within?: string }): Promise<void>;
  /** Durable only after the folders above were flushed. Outlasts a program that holds it for a moment, as deletes do. */
  rename(from: string, to: string): Promise<void>;
  /** Deletes a file or link. */
  deleteFile(path: string): Promise<void>;
  /** Deletes an empty directory. */
  deleteDirectory(path: string): Promise<void>;
  /** Deletes a tree without following links; no error when nothing is there. */
  deleteTree(path: string): Promise<void>;
  /** Copies a file's content, by reflink where the file system can; the target is new. Keeps the executable bit. */
  copyFile(from: string, to: string): Promise<void>;
  /** Where a link points to, as written in it. */
  readLink(path: string): Promise<string>;
  /** Makes a symbolic link; for the player's own ones only. */
  makeLink(target: string, path: string): Promise<void>;
  setExecutable(path: string, executable: boolean): Promise<void>;
  /** Lets the owner read and write a file that came read-only, and takes away what would make its user another one. */
  makeWritable(path: string): Promise<void>;
  /** Flushes a directory's entries where the platform can; elsewhere does nothing. */
  syncDirectory(path: string): Promise<void>;
  /** Free and total bytes of the file system that holds `path`, and the largest file it can hold where that is known to be little. */
  space(path: string): Promise<{ freeBytes: number; totalBytes: number; largestFileBytes?: number }>;
}

/** The entry itself, links not followed; undefined when nothing is there. Errors: the file system's other ones. */
export async function statOf(fileSystem: Pick<FileSystem, 'lstat'>, path: string): Promise<FileStat | undefined> {
  try {
    return await fileSystem.lstat(path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
