import { dirname } from 'node:path';
import { isGameId, systemCode, type FileSystem, type GameId, type Logger } from '../base/index.ts';

/** Too many open files, in this process or on the whole PC. */
const outOfFiles: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);

/** The games folder itself. It may vanish with its drive, and another folder may come back under the same path. */
export class GamesFolder {
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #logger: Logger;
  /** The file number of the folder that was listed last. */
  #listedInode: bigint | undefined;
  /** The device that the folder was on when it last had entries. */
  #filledDevice: bigint | undefined;
  /** The mount point of that device. */
  #mountPoint: string | undefined;
  #listedDevice: bigint | undefined;
  /** The folder is tried every few seconds, but logged once. */
  #isToldUnlistable = false;

  constructor({ path, fileSystem, logger }: { path: string; fileSystem: FileSystem; logger: Logger }) {
    this.path = path;
    this.#fileSystem = fileSystem;
    this.#logger = logger;
  }

  /**
   * Returns the folder's file number; undefined when the folder is not there or its drive does not answer. When the
   * games' drive is pulled, a folder on another file system may stay behind under the same path. It does not count if
   * it is empty or if nothing is mounted there any more.
   */
  async find(): Promise<bigint | undefined> {
    try {
      const { kind, inode, device } = await this.#fileSystem.stat(this.path);
      if (kind !== 'directory') return undefined;
      const isOther = this.#filledDevice !== undefined && this.#filledDevice !== device;
      if (isOther && ((await this.#fileSystem.list(this.path)).length === 0 || !(await this.#isMounted())))
        return undefined;
      this.#listedDevice = device;
      return inode;
    } catch (error) {
      // Only debug level: this runs every few seconds, and the callers report when the folder goes and comes back.
      this.#logger.debug({ err: error }, 'the games folder is not there');
      return undefined;
    }
  }

  /**
   * Returns the names of real directories that may be games; undefined when the folder is not there or cannot be
   * listed. Errors: those of a PC with too many open files.
   */
  async list(): Promise<Set<GameId> | undefined> {
    this.#listedInode = await this.find();
    if (this.#listedInode === undefined) return undefined;
    try {
      const names = new Set<GameId>();
      const entries = await this.#fileSystem.list(this.path);
      if (entries.length > 0 && this.#filledDevice !== this.#listedDevice) {
        this.#filledDevice = this.#listedDevice;
        this.#mountPoint = await this.#findMountPoint();
      }
      for (const { name, kind } of entries) if (kind === 'directory' && isGameId(name)) names.add(name);
      this.#isToldUnlistable = false;
      return names;
    } catch (error) {
      // Too many open files on this PC say nothing about the folder.
      if (outOfFiles.has(systemCode(error) ?? '')) throw error;
      if (!this.#isToldUnlistable) this.#logger.warn({ err: error }, 'the games folder cannot be listed');
      this.#isToldUnlistable = true;
      return undefined;
    }
  }

  /** Whether the folder is there, and is the one that was listed last. */
  async isStillThere(): Promise<boolean> {
    const inode = await this.find();
    return inode !== undefined && (this.#listedInode === undefined || inode === this.#listedInode);
  }

  /** Whether a path inside the games folder is a folder now. */
  async isFolder(path: string): Promise<boolean> {
    try {
      return (await this.#fileSystem.lstat(path)).kind === 'directory';
    } catch (error) {
      this.#logger.debug({ err: error, path }, 'what was made in the games folder is gone again');
      return false;
    }
  }

  /** The topmost parent folder that lies on the same device as the games. */
  async #findMountPoint(): Promise<string | undefined> {
    const device = this.#listedDevice;
    if (device === undefined) return undefined;
    let path = this.path;
    for (let parent = dirname(path); parent !== path; parent = dirname(path)) {
      if ((await this.#fileSystem.stat(parent)).device !== device) return path;
      path = parent;
    }
    return path;
  }

  /** Whether any drive is mounted at the mount point of the games' drive. */
  async #isMounted(): Promise<boolean> {
    const mountPoint = this.#mountPoint;
    if (mountPoint === undefined || dirname(mountPoint) === mountPoint) return true;
    const [place, above] = await Promise.all([
      this.#fileSystem.stat(mountPoint),
      this.#fileSystem.stat(dirname(mountPoint)),
    ]);
    return place.device !== above.device;
  }
}
