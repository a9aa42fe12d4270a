/** The disk of this PC as a `FileSystem`. */
import { constants, statfsSync, writeSync, type BigIntStats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from './errors.ts';
import type { EntryKind, FileHandle, FileStat, FileSystem, ReadHandle } from './file-system.ts';
import { patientFileSystem } from './patient-file-system.ts';

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

/** FAT12 to FAT32, by Linux's number. */
const fat = 0x4d44;
const largestOnFatBytes = 2 ** 32 - 1;
/** File systems that make up new file numbers with each mount or open, by Linux's numbers. */
const withoutFileNumbers: ReadonlySet<number> = new Set([
  fat,
  0x20_11_ba_b0, // exFAT
  0xff_53_4d_42, // SMB
  0xfe_53_4d_42, // SMB2
  0x78_6f_42_56, // a VirtualBox host's folder
]);
/** By device; each one is asked only once. */
const numbered = new Map<bigint, boolean>();

function hasFileNumbers(device: bigint, path: string): boolean {
  if (process.platform !== 'linux') return true;
  let known = numbered.get(device);
  if (known === undefined) {
    try {
      known = !withoutFileNumbers.has(statfsSync(path).type);
    } catch {
      // The file is already gone; the next file on this device decides.
      return true;
    }
    numbered.set(device, known);
  }
  return known;
}

function toStat(stat: BigIntStats, path: string): FileStat {
  return {
    kind: kindOf(stat),
    sizeBytes: Number(stat.size),
    mtimeNs: stat.mtimeNs,
    changeTimeNs: stat.ctimeNs,
    // The target of a link may be on another file system.
    inode: stat.isSymbolicLink() || hasFileNumbers(stat.dev, path) ? stat.ino : 0n,
    linkCount: Number(stat.nlink),
    device: stat.dev,
    executable: (Number(stat.mode) & 0o100) !== 0,
    allocatedBytes: Number(stat.blocks) * 512,
  };
}

const openFlags = {
  create: constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC,
  edit: constants.O_RDWR | constants.O_CREAT,
};

/**
 * The number of bytes that one write took. Throws `EIO` for zero, because the same write would otherwise be repeated for
 * ever.
 */
export function someBytes(bytesWritten: number): number {
  if (bytesWritten > 0) return bytesWritten;
  throw Object.assign(new Error('EIO: the disk takes no more bytes'), { code: 'EIO' });
}

/**
 * Writes all bytes in the calling thread, for worker threads. Throws the system's error, or `EIO` when a write takes no
 * bytes.
 */
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

/** Writes in the calling thread, for worker threads: there a hop to the thread pool costs more than the write. */
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

/** Gives the owner access to `path` and every folder below it; does not follow links. */
async function makeFoldersWritable(path: string): Promise<void> {
  const stat = await fs.lstat(path);
  if (!stat.isDirectory()) return;
  const { mode } = stat;
  await fs.chmod(path, (mode & 0o777) | 0o700);
  for (const entry of await fs.readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await makeFoldersWritable(join(path, entry.name));
}

/**
 * Opens a file so that it can be flushed. Windows flushes only a file that is open for writing, and does not open a read-only
 * file for writing; so the read-only attribute is removed during the opening.
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
      // Windows says ENOENT for a folder below a file.
      if (systemCode(cause) !== 'EEXIST') throw cause;
      throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`, { cause }), { code: 'ENOTDIR' });
    });
    await makeBelow(path, within);
  }
}

const disk: FileSystem = {
  async stat(path) {
    return toStat(await fs.stat(path, { bigint: true }), path);
  },
  async lstat(path) {
    return toStat(await fs.lstat(path, { bigint: true }), path);
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
      // An archive may contain folders that not even their owner may change.
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
    const { bavail, blocks, bsize, type } = await fs.statfs(path);
    const largestFileBytes = type === fat ? largestOnFatBytes : undefined;
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize, ...(largestFileBytes && { largestFileBytes }) };
  },
};

/** The real disk. */
export const nodeFileSystem: FileSystem = patientFileSystem(disk);

/** The real disk, with writes in the calling thread instead of the thread pool. Not for the main thread. */
export const eagerFileSystem: FileSystem = patientFileSystem({
  ...disk,
  async open(path, mode) {
    return new EagerFileHandle(await fs.open(path, openFlags[mode]));
  },
});
