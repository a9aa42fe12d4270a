import { dirname } from 'node:path';
import { isGameId, systemCode, type FileSystem, type GameId, type Logger } from '../base/index.ts';

/** Too many are open, of this process or of all. */
const outOfFiles: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);

/** The games folder itself: it may vanish with its drive, and come back as another folder of the same path. */
export class GamesFolder {
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #logger: Logger;
  /** Of the folder that was listed last. */
  #listedInode: bigint | undefined;
  /** The file system that the folder was on when it was last seen with something in it. */
  #filledDevice: bigint | undefined;
  /** Where that is mounted. */
  #mountPoint: string | undefined;
  #listedDevice: bigint | undefined;
  /** It is tried every few seconds, and told once. */
  #isToldUnlistable = false;

  constructor({ path, fileSystem, logger }: { path: string; fileSystem: FileSystem; logger: Logger }) {
    this.path = path;
    this.#fileSystem = fileSystem;
    this.#logger = logger;
  }

  /**
   * Its file number; undefined when it is not there or its drive does not answer. On another file system than the games
   * were on, an empty folder, or one where nothing is mounted any more, is what is left when their drive was pulled: it does
   * not count.
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
      // Looked for every few seconds: whoever asks tells when it went and when it came back.
      this.#logger.debug({ err: error }, 'the games folder is not there');
      return undefined;
    }
  }

  /**
   * Names of real directories that may be games; undefined when the folder is not there or cannot be listed. Errors: those
   * of a PC with too many open files.
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
      // That this PC has no file left to open says nothing about the folder.
      if (outOfFiles.has(systemCode(error) ?? '')) throw error;
      if (!this.#isToldUnlistable) this.#logger.warn({ err: error }, 'the games folder cannot be listed');
      this.#isToldUnlistable = true;
      return undefined;
    }
  }

  /** Whether it is there, and the one that was listed last. */
  async isStillThere(): Promise<boolean> {
    const inode = await this.find();
    return inode !== undefined && (this.#listedInode === undefined || inode === this.#listedInode);
  }

  /** Whether a path below is a folder now. */
  async isFolder(path: string): Promise<boolean> {
    try {
      return (await this.#fileSystem.lstat(path)).kind === 'directory';
    } catch (error) {
      this.#logger.debug({ err: error, path }, 'what was made in the games folder is gone again');
      return false;
    }
  }

  /** The topmost folder on the way to the games that lies on their file system. */
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

  /** Whether the place where the games' drive was mounted still holds a drive, that one or another. */
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
