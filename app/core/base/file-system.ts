/**
 * The file system as a port: the core changes disks only through it, so that tests can inject faults and crashes at every
 * step. Paths are absolute. Errors are Node's, with an errno code. The exception: lane workers write payload bytes
 * themselves, in their own thread.
 */
import { isNotFound } from './errors.ts';

export type EntryKind = 'file' | 'directory' | 'symlink' | 'other';

export interface FileStat {
  readonly kind: EntryKind;
  readonly sizeBytes: number;
  /** Modification time in nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** The time of the last change of content or metadata, where the platform tells; no program can set it back. */
  readonly changeTimeNs?: bigint;
  /** The file number within its device; 0n when there is no lasting one. */
  readonly inode: bigint;
  /** The number of names (hard links) of this file, where the platform tells; a change shows under all of them. */
  readonly linkCount?: number;
  /** The file system that holds the file, where the platform numbers them. */
  readonly device?: bigint;
  /** Whether the owner may execute the file. */
  readonly executable: boolean;
  /** Bytes allocated on disk; less than `sizeBytes` for a sparse file. */
  readonly allocatedBytes: number;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly kind: EntryKind;
}

/** A file that is open for reading. It has no `sync`, because Windows flushes only a handle that may write. */
export interface ReadHandle extends AsyncDisposable {
  /** Reads up to `buffer.length` bytes at `position`; returns the number of bytes read. */
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
  /** Creates or overwrites a file. Not atomic; see `writeFileAtomic`. */
  writeFile(path: string, data: Uint8Array | string): Promise<void>;
  /** Opens an existing file for reading only. */
  openToRead(path: string): Promise<ReadHandle>;
  /** `create` creates or truncates a file; `edit` opens an existing or new one without truncating. */
  open(path: string, mode: 'create' | 'edit'): Promise<FileHandle>;
  /**
   * Flushes data and metadata of an existing file to the disk, whichever process wrote them; also of a read-only file.
   * Changes nothing. Errors: `ENOENT`; the disk's own errors, which it reports only once.
   */
  flushFile(path: string): Promise<void>;
  /**
   * Creates the directory and its parents; no error when it exists. With `within`, creates parents only below that folder,
   * and fails with `ENOENT` when it is missing, so that nothing is created in place of an unplugged drive.
   */
  makeDirectory(path: string, options?: { within?: string }): Promise<void>;
  /**
   * Durable only after the parent folders are flushed. Like deletes, it waits for a program that holds the entry for a
   * moment.
   */
  rename(from: string, to: string): Promise<void>;
  /** Deletes a file or link. */
  deleteFile(path: string): Promise<void>;
  /** Deletes an empty directory. */
  deleteDirectory(path: string): Promise<void>;
  /** Deletes a tree without following links; no error when it does not exist. */
  deleteTree(path: string): Promise<void>;
  /** Copies a file's content, by reflink where the file system can; the target must be new. Keeps the executable bit. */
  copyFile(from: string, to: string): Promise<void>;
  /** The target of a link, as written in it. */
  readLink(path: string): Promise<string>;
  /** Makes a symbolic link; only used for the player's own links. */
  makeLink(target: string, path: string): Promise<void>;
  setExecutable(path: string, executable: boolean): Promise<void>;
  /** Lets the owner read and write a file that was read-only, and removes the set-user-id, set-group-id and sticky bits. */
  makeWritable(path: string): Promise<void>;
  /** Flushes a directory's entries where the platform can; does nothing elsewhere. */
  syncDirectory(path: string): Promise<void>;
  /**
   * Free and total bytes of the file system that holds `path`, and the largest file it can hold when that limit is known to
   * be small.
   */
  space(path: string): Promise<{ freeBytes: number; totalBytes: number; largestFileBytes?: number }>;
}

/** The entry itself, without following links; undefined when it does not exist. Errors: the file system's other ones. */
export async function statOf(fileSystem: Pick<FileSystem, 'lstat'>, path: string): Promise<FileStat | undefined> {
  try {
    return await fileSystem.lstat(path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
