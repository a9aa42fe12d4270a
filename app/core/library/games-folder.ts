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
  #listedDevice: bigint | undefined;
  /** It is tried every few seconds, and told once. */
  #isToldUnlistable = false;

  constructor({ path, fileSystem, logger }: { path: string; fileSystem: FileSystem; logger: Logger }) {
    this.path = path;
    this.#fileSystem = fileSystem;
    this.#logger = logger;
  }

  /**
   * Its file number; undefined when it is not there or its drive does not answer. An empty folder on another file system
   * than the games were on is what is left where their drive was mounted: it does not count.
   */
  async find(): Promise<bigint | undefined> {
    try {
      const { kind, inode, device } = await this.#fileSystem.stat(this.path);
      if (kind !== 'directory') return undefined;
      const isOther = this.#filledDevice !== undefined && this.#filledDevice !== device;
      if (isOther && (await this.#fileSystem.list(this.path)).length === 0) return undefined;
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
      if (entries.length > 0) this.#filledDevice = this.#listedDevice;
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
}
