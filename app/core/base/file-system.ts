/**
 * The file system as a port: what the core does to disks goes through here, so that tests can inject faults and crash
 * points at every step. Paths are absolute. Errors are Node's, with an errno code. Lane workers write payload bytes
 * themselves, in their own thread.
 */
import { constants, writeSync, type BigIntStats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isNotFound, systemCode } from './errors.ts';
import { patientFileSystem } from './patient-file-system.ts';

export type EntryKind = 'file' | 'directory' | 'symlink' | 'other';

export interface FileStat {
  readonly kind: EntryKind;
  readonly sizeBytes: number;
  /** Modification time in nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** When content or metadata changed last, where the platform tells; nobody can set it back. */
  readonly changeTimeNs?: bigint;
  /** File number within its device; 0n where there is none. */
  readonly inode: bigint;
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
  /** Free and total bytes of the file system that holds `path`. */
  space(path: string): Promise<{ freeBytes: number; totalBytes: number }>;
}

interface StatShape {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

function kindOf(entry: StatShape): EntryKind {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'symlink' : 'other';
}

function toStat(stat: BigIntStats): FileStat {
  return {
    kind: kindOf(stat),
    sizeBytes: Number(stat.size),
    mtimeNs: stat.mtimeNs,
    changeTimeNs: stat.ctimeNs,
    inode: stat.ino,
    device: stat.dev,
    executable: (Number(stat.mode) & 0o100) !== 0,
    allocatedBytes: Number(stat.blocks) * 512,
  };
}

const openFlags = {
  create: constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC,
  edit: constants.O_RDWR | constants.O_CREAT,
};

/** How many bytes one write put down. Throws `EIO` for none: asked for the rest, it would answer the same for ever. */
export function someBytes(bytesWritten: number): number {
  if (bytesWritten > 0) return bytesWritten;
  throw Object.assign(new Error('EIO: the disk takes no more bytes'), { code: 'EIO' });
}

/** Writes all of it in the thread that calls: for worker threads. Throws the system's error, `EIO` for a write that takes nothing. */
export function writeAllSync(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += someBytes(writeSync(descriptor, bytes, done, bytes.length - done, position + done));
}

class NodeReadHandle implements ReadHandle {
  protected readonly handle: fs.FileHandle;

  constructor(handle: fs.FileHandle) {
    this.handle = handle;
  }

  async read(buffer: Uint8Array, position: number): Promise<number> {
    return (await this.handle.read(buffer, 0, buffer.length, position)).bytesRead;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

class NodeFileHandle extends NodeReadHandle implements FileHandle {
  async write(buffer: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < buffer.length) {
      const { bytesWritten } = await this.handle.write(buffer, done, buffer.length - done, position + done);
      done += someBytes(bytesWritten);
    }
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.handle.truncate(sizeBytes);
  }

  async sync(): Promise<void> {
    await this.handle.sync();
  }
}

/** Writes in the thread that calls: for worker threads, where a hop to the thread pool costs more than the write. */
class EagerFileHandle extends NodeFileHandle {
  override write(buffer: Uint8Array, position: number): Promise<void> {
    try {
      const descriptor = this.handle.fd;
      if (descriptor < 0) throw Object.assign(new Error('EBADF: the file is closed'), { code: 'EBADF' });
      writeAllSync(descriptor, buffer, position);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

const removeTree = (path: string): Promise<void> => fs.rm(path, { recursive: true, force: true, maxRetries: 3 });

/** Lets the owner into every folder below and at `path`; links are not followed. */
async function makeFoldersWritable(path: string): Promise<void> {
  const stat = await fs.lstat(path);
  if (!stat.isDirectory()) return;
  const { mode } = stat;
  await fs.chmod(path, (mode & 0o777) | 0o700);
  for (const entry of await fs.readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await makeFoldersWritable(join(path, entry.name));
}

/**
 * Opens a file so that it can be flushed. Windows flushes only what is open for writing, and opens nothing for writing that
 * has the read-only attribute: that is taken away for the moment of the opening.
 */
async function openToFlush(path: string): Promise<fs.FileHandle> {
  if (process.platform !== 'win32') return await fs.open(path, constants.O_RDONLY);
  try {
    return await fs.open(path, constants.O_RDWR);
  } catch (error) {
    const mode = Number((await fs.stat(path)).mode);
    if (systemCode(error) !== 'EPERM' || (mode & 0o200) !== 0) throw error;
    await fs.chmod(path, mode | 0o200);
    try {
      return await fs.open(path, constants.O_RDWR);
    } finally {
      await fs.chmod(path, mode);
    }
  }
}

/** See `makeDirectory`. */
async function makeBelow(path: string, within: string): Promise<void> {
  try {
    await fs.mkdir(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST' && (await fs.stat(path)).isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === within || !parent.startsWith(within)) throw error;
    await makeBelow(parent, within).catch((cause: unknown) => {
      // Windows says of a folder below a file that it is not there.
      if (systemCode(cause) !== 'EEXIST') throw cause;
      throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`, { cause }), { code: 'ENOTDIR' });
    });
    await makeBelow(path, within);
  }
}

const disk: FileSystem = {
  async stat(path) {
    return toStat(await fs.stat(path, { bigint: true }));
  },
  async lstat(path) {
    return toStat(await fs.lstat(path, { bigint: true }));
  },
  async list(directory) {
    const entries = await fs.readdir(directory, { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
  },
  readFile: (path) => fs.readFile(path),
  writeFile: (path, data) => fs.writeFile(path, data),
  async openToRead(path) {
    return new NodeReadHandle(await fs.open(path, constants.O_RDONLY));
  },
  async open(path, mode) {
    return new NodeFileHandle(await fs.open(path, openFlags[mode]));
  },
  async flushFile(path) {
    await using handle = await openToFlush(path);
    await handle.sync();
  },
  async makeDirectory(path, { within } = {}) {
    if (within === undefined) await fs.mkdir(path, { recursive: true });
    else await makeBelow(path, within);
  },
  rename: (from, to) => fs.rename(from, to),
  deleteFile: (path) => fs.unlink(path),
  deleteDirectory: (path) => fs.rmdir(path),
  async deleteTree(path) {
    try {
      await removeTree(path);
    } catch (error) {
      // Archives may bring folders that not even their owner may change.
      if (systemCode(error) !== 'EACCES' || process.platform === 'win32') throw error;
      await makeFoldersWritable(path);
      await removeTree(path);
    }
  },
  copyFile: (from, to) => fs.copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE),
  readLink: (path) => fs.readlink(path),
  makeLink: (target, path) => fs.symlink(target, path),
  async setExecutable(path, executable) {
    if (process.platform === 'win32') return;
    const mode = Number((await fs.stat(path)).mode) & 0o777;
    await fs.chmod(path, executable ? mode | 0o111 : mode & ~0o111);
  },
  async makeWritable(path) {
    const mode = Number((await fs.stat(path)).mode);
    const wanted = (mode & 0o777) | 0o600;
    if (wanted !== (mode & 0o7777)) await fs.chmod(path, wanted);
  },
  async syncDirectory(path) {
    if (process.platform === 'win32') return;
    await using handle = await fs.open(path, constants.O_RDONLY);
    await handle.sync();
  },
  async space(path) {
    const { bavail, blocks, bsize } = await fs.statfs(path);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  },
};

/** The real disk. */
export const nodeFileSystem: FileSystem = patientFileSystem(disk);

/** The real disk, whose files are written at once and not by the thread pool. Not for the main thread. */
export const eagerFileSystem: FileSystem = patientFileSystem({
  ...disk,
  async open(path, mode) {
    return new EagerFileHandle(await fs.open(path, openFlags[mode]));
  },
});

/** The entry itself, links not followed; undefined when nothing is there. Errors: the file system's other ones. */
export async function statOf(fileSystem: Pick<FileSystem, 'lstat'>, path: string): Promise<FileStat | undefined> {
  try {
    return await fileSystem.lstat(path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
