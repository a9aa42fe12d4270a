import { isGameId, isReservedRootName, type Clock, type GameId, type IDisposable, type Logger } from '../base/index.ts';
import type { WatchEvent, WatchFolder } from './watcher.ts';

export interface GamesWatchOptions {
  readonly gamesDir: string;
  readonly watchFolder: WatchFolder;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether the watcher also watches folders that are made later, with their content; see `quietMs`. */
  readonly isRecursive: boolean;
  /** Returns the folder's file number, or undefined when the folder is not there. */
  readonly findFolder: () => Promise<bigint | undefined>;
  /** Whether the library believes that the folder is away. It may have found that out between two checks here. */
  readonly isLost: () => boolean;
  readonly isHeld: (id: GameId) => boolean;
  /** Whether a path below the games folder is a folder now. */
  readonly isFolder: (components: readonly string[]) => Promise<boolean>;
  /** Looks at these games. Never throws. */
  readonly look: (ids: ReadonlySet<GameId>) => Promise<void>;
  /** Looks at everything. Never throws. */
  readonly scan: (options: { thorough: boolean }) => Promise<void>;
}

/** How long the events of a burst are collected after its first one. All durations in milliseconds. */
const gatherMs = 150;
/** Full scans find changes that the watcher missed. */
const fullScanMs = 300_000;
/** The period of full scans without a watcher. */
const unwatchedScanMs = 30_000;
/** How often the games folder itself is checked. */
const folderCheckMs = 2_000;
/**
 * On Linux, a folder that arrives with content is watched only at its top level. So after new folders, once nothing has
 * happened for this long, the subscription is renewed and then covers everything.
 */
const quietMs = 3_000;
/** At most this many new entries are tested for being a folder. If there are more, one of them is assumed to be one. */
const maxMade = 256;

/**
 * Watches the games folder: one subscription, renewed when the folder was replaced, and periodic scans. A burst of
 * events leads to one look per game; during a look at most one more burst is collected.
 */
export class GamesWatch implements AsyncDisposable {
  readonly #options: GamesWatchOptions;
  readonly #stack = new DisposableStack();
  readonly #changed = new Set<GameId>();
  readonly #made: (readonly string[])[] = [];
  #subscription: AsyncDisposable | undefined;
  #gather: IDisposable | undefined;
  #quiet: IDisposable | undefined;
  #inode: bigint | undefined;
  #isStale = false;
  #saidUnwatched = false;
  #checking: Promise<void> | undefined;
  #looking: Promise<void> | undefined;
  #disposed = false;

  constructor(options: GamesWatchOptions) {
    this.#options = options;
  }

  /** Subscribes, then scans for earlier changes. */
  async start(): Promise<void> {
    const { clock } = this.#options;
    const background = { background: true };
    this.#stack.use(clock.interval(() => void this.check(), folderCheckMs, background));
    this.#stack.use(clock.interval(() => void (this.#subscription && this.#scanAgain()), fullScanMs, background));
    this.#stack.use(clock.interval(() => void (this.#subscription ?? this.#scanAgain()), unwatchedScanMs, background));
    this.#isStale = true;
    await this.check();
  }

  #scanAgain(): void {
    // A failed subscription is tried again; that also ends in a scan.
    if (!this.#subscription) this.#isStale = true;
    void (this.#isStale ? this.check() : this.#options.scan({ thorough: true }));
  }

  /** Subscribes again when the folder is another one, or when the subscription does not cover everything. */
  async check(): Promise<void> {
    if (this.#disposed) return;
    this.#checking ??= this.#checkNow().finally(() => {
      this.#checking = undefined;
    });
    await this.#checking;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#stack.dispose();
    this.#gather?.[Symbol.dispose]();
    this.#quiet?.[Symbol.dispose]();
    await Promise.all([this.#checking, this.#looking]);
    await this.#unsubscribe();
  }

  async #checkNow(): Promise<void> {
    const { findFolder, isLost, scan } = this.#options;
    const inode = await findFolder();
    if (this.#disposed) return;
    const isOther = inode !== this.#inode;
    // A drive that was pulled and put back between two checks has the same file number, but the old subscription is
    // dead.
    const isBack = inode !== undefined && isLost();
    this.#inode = inode;
    if (!isOther && !isBack && !this.#isStale) return;
    this.#isStale = false;
    await this.#unsubscribe();
    if (inode !== undefined) await this.#subscribe();
    // Only a scan finds changes between the last look and the first event.
    if (!this.#disposed) await scan({ thorough: inode !== undefined });
  }

  async #subscribe(): Promise<void> {
    const { watchFolder, gamesDir, logger, scan } = this.#options;
    try {
      this.#subscription = await watchFolder(gamesDir, {
        onEvents: (events) => this.#onEvents(events),
        onError: (error) => {
          logger.warn({ err: error }, 'the watcher of the games folder failed; it is made anew');
          // Renewed at the next check, not at once: the cause may persist.
          this.#isStale = true;
          if (!this.#disposed) void scan({ thorough: true });
        },
      });
      this.#saidUnwatched = false;
    } catch (error) {
      const level = this.#saidUnwatched ? 'debug' : 'warn';
      logger[level]({ err: error }, 'the games folder cannot be watched; it is scanned every half minute');
      this.#saidUnwatched = true;
    }
  }

  async #unsubscribe(): Promise<void> {
    const former = this.#subscription;
    this.#subscription = undefined;
    try {
      await former?.[Symbol.asyncDispose]();
    } catch (error) {
      this.#options.logger.debug({ err: error }, 'the watcher of a vanished folder could not be closed');
    }
  }

  #onEvents(events: readonly WatchEvent[]): void {
    if (this.#disposed) return;
    for (const { components, type } of events) {
      const [name, inside] = components;
      if (name === undefined) {
        // The folder itself is gone. The next folder of this path may even have the same file number.
        this.#isStale = true;
        void this.check();
        return;
      }
      if (!isGameId(name)) continue;
      if (type === 'create' && (inside === undefined || !isReservedRootName(inside))) this.#noteMade(components);
      if (!this.#options.isHeld(name)) this.#changed.add(name);
    }
    if (this.#made.length > 0) this.#renewWhenQuiet();
    this.#gatherMore();
  }

  #gatherMore(): void {
    if (this.#changed.size === 0 || this.#looking || this.#gather || this.#disposed) return;
    this.#gather = this.#options.clock.timeout(() => {
      this.#gather = undefined;
      const ids = new Set(this.#changed);
      this.#changed.clear();
      this.#looking = this.#options.look(ids).finally(() => {
        this.#looking = undefined;
        this.#gatherMore();
      });
    }, gatherMs);
  }

  #noteMade(components: readonly string[]): void {
    if (!this.#options.isRecursive && this.#made.length <= maxMade) this.#made.push(components);
  }

  #renewWhenQuiet(): void {
    this.#quiet?.[Symbol.dispose]();
    this.#quiet = this.#options.clock.timeout(() => void this.#renew(), quietMs, { background: true });
  }

  async #renew(): Promise<void> {
    this.#quiet = undefined;
    const made = this.#made.splice(0);
    let hasFolder = made.length > maxMade;
    for (const components of made) hasFolder ||= await this.#options.isFolder(components);
    if (!hasFolder) return;
    this.#isStale = true;
    await this.check();
  }
}
