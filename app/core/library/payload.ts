import { join } from 'node:path';
import {
  isNotFound,
  isReservedRootName,
  LanspreadError,
  parsePath,
  PathSet,
  throwIfAborted,
  toLanspreadError,
  type DirectoryEntry,
  type FileStat,
  type FileSystem,
  type SafePath,
  type SignalOptions,
  statOf,
} from '../base/index.ts';
import { blockCountOf, comparePaths, limits } from '../protocol/index.ts';
import type { FileIdentity } from '../state/index.ts';
import { isDropping } from '../game-folder/index.ts';
import { digestOf } from './fingerprint.ts';
import { topDigest } from './root-view.ts';

export interface PayloadFile {
  readonly path: SafePath;
  readonly identity: FileIdentity;
  readonly executable: boolean;
}

/** The payload of a game folder: everything in it but the reserved names and droppings. */
export interface Payload {
  /** In the manifest's order. */
  readonly files: readonly PayloadFile[];
  /** Empty folders. */
  readonly directories: readonly SafePath[];
  /** The size of all files, including files that no manifest can name. */
  readonly sizeBytes: number;
  /** Why no manifest can describe it: `INVALID_PATH` or `MANIFEST_INVALID`, naming the first offender. */
  readonly problem: LanspreadError | undefined;
  /** A digest of every entry's path and identity; equal means unchanged. */
  readonly digest: string;
  /** The fingerprint's `top`. */
  readonly top: string;
  /** When a file of it changed last, in nanoseconds since 1970; undefined where the platform does not say. */
  readonly changedNs: bigint | undefined;
}

/** The most stats that run at a time in one folder. */
const parallelStats = 32;

/**
 * Walks the payload of a game folder. A link, a device, a name that some platform forbids, or a broken limit of the
 * manifest becomes the `problem`. The walk goes on after it, so that the size is right. Entries that vanish meanwhile
 * are left out. Errors: the file system's, `CANCELLED`.
 */
export async function walkPayload(
  fileSystem: FileSystem,
  root: string,
  { signal }: SignalOptions = {},
): Promise<Payload> {
  const walk = new Walk();
  const waiting = [''];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    throwIfAborted(signal);
    const absolute = join(root, folder);
    const entries = await listPayload(fileSystem, absolute, { isRoot: folder === '' });
    if (!entries) {
      if (isGarbled(folder)) walk.addGarbled(folder);
      continue;
    }
    if (entries.length === 0 && folder !== '') walk.addEmptyDirectory(folder);
    const files: string[] = [];
    for (const { name, kind } of entries) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (kind === 'file') files.push(path);
      else if (kind === 'directory') waiting.push(walk.addDirectory(path));
      else walk.addOdd(path, kind);
    }
    for (let from = 0; from < files.length; from += parallelStats) {
      const stats = files.slice(from, from + parallelStats).map(async (path) => {
        const stat = await statOf(fileSystem, join(root, path));
        if (stat) walk.addFile(path, { absolute: join(root, path), stat });
        else if (isGarbled(path)) walk.addGarbled(path);
      });
      await Promise.all(stats);
    }
  }
  return walk.finish();
}

/**
 * Whether a name is not UTF-8. Such a name is listed with replacement characters, and the file cannot be opened by it.
 */
function isGarbled(path: string): boolean {
  return path.includes('\ufffd');
}

async function listPayload(
  fileSystem: FileSystem,
  directory: string,
  { isRoot }: { isRoot: boolean },
): Promise<DirectoryEntry[] | undefined> {
  const isPayload = ({ name, kind }: DirectoryEntry): boolean =>
    !(isRoot && isReservedRootName(name)) && !isDropping(name, { atGameRoot: isRoot, kind });
  try {
    return (await fileSystem.list(directory)).filter(isPayload);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The results of a walk so far. Entries come in any order. */
class Walk {
  readonly #files: PayloadFile[] = [];
  readonly #directories: SafePath[] = [];
  readonly #top: { name: string; sizeBytes: number; mtimeNs: bigint; inode: bigint }[] = [];
  readonly #lines: string[] = [];
  /** By path, so that the reported problem does not depend on the order of the walk. */
  readonly #problems = new Map<string, LanspreadError>();
  #sizeBytes = 0;
  #changedNs: bigint | undefined;
  #blocks = 0;

  addDirectory(path: string): string {
    this.#check(path);
    return path;
  }

  addEmptyDirectory(path: string): void {
    const safe = this.#check(path);
    if (safe !== undefined) this.#directories.push(safe);
    this.#lines.push(`${path}/`);
  }

  addFile(path: string, { absolute, stat }: { absolute: string; stat: FileStat }): void {
    if (stat.kind !== 'file') {
      this.addOdd(path, stat.kind);
      return;
    }
    const { sizeBytes, mtimeNs, inode, executable } = stat;
    this.#sizeBytes += sizeBytes;
    const { changeTimeNs } = stat;
    if (changeTimeNs !== undefined && changeTimeNs > (this.#changedNs ?? 0n)) this.#changedNs = changeTimeNs;
    this.#blocks += blockCountOf(sizeBytes);
    this.#lines.push(`${path} ${sizeBytes} ${mtimeNs} ${inode} ${executable}`);
    if (!path.includes('/')) this.#top.push({ name: path, sizeBytes, mtimeNs, inode });
    const safe = this.#check(path);
    if (safe !== undefined)
      this.#files.push({ path: safe, identity: { path: absolute, sizeBytes, mtimeNs, inode }, executable });
  }

  addOdd(path: string, kind: string): void {
    const what = kind === 'symlink' ? 'is a symbolic link' : 'is neither a file nor a folder';
    this.#lines.push(`${path} ${kind}`);
    const message = `${JSON.stringify(path)} ${what}; such a game cannot be shared.`;
    this.#problems.set(path, new LanspreadError('INVALID_PATH', { message, details: { path } }));
  }

  /** The file exists, but its name cannot be sent to other PCs. */
  addGarbled(path: string): void {
    this.#lines.push(`${path} garbled`);
    const message = `The name of ${JSON.stringify(path)} is not UTF-8; such a game cannot be shared. Rename the file.`;
    this.#problems.set(path, new LanspreadError('INVALID_PATH', { message, details: { path } }));
  }

  finish(): Payload {
    const files = this.#files.sort((a, b) => comparePaths(a.path, b.path));
    const directories = this.#directories.sort(comparePaths);
    return {
      files,
      directories,
      sizeBytes: this.#sizeBytes,
      problem: this.#firstProblem() ?? collision(files, directories) ?? this.#overLimit(),
      digest: digestOf(this.#lines.sort()),
      top: topDigest(this.#top),
      changedNs: this.#changedNs,
    };
  }

  #check(path: string): SafePath | undefined {
    try {
      return parsePath(path, { atGameRoot: true });
    } catch (error) {
      this.#problems.set(path, toLanspreadError(error));
      return undefined;
    }
  }

  #firstProblem(): LanspreadError | undefined {
    const [path] = [...this.#problems.keys()].sort(comparePaths);
    return path === undefined ? undefined : this.#problems.get(path);
  }

  #overLimit(): LanspreadError | undefined {
    const reason =
      this.#files.length > limits.manifestFiles || this.#directories.length > limits.manifestFiles
        ? `over ${limits.manifestFiles} files or empty folders`
        : this.#blocks > limits.manifestBlocks
          ? `over ${limits.manifestBlocks} blocks`
          : undefined;
    return reason === undefined
      ? undefined
      : new LanspreadError('MANIFEST_INVALID', { message: `The payload has ${reason}; it cannot be shared.` });
  }
}

/** Finds two names that are one file on some PC. */
function collision(files: readonly PayloadFile[], directories: readonly SafePath[]): LanspreadError | undefined {
  const paths = new PathSet();
  try {
    for (const path of directories) paths.add(path, 'directory');
    for (const { path } of files) paths.add(path, 'file');
    return undefined;
  } catch (error) {
    return toLanspreadError(error);
  }
}
