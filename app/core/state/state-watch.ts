import { statSync } from 'node:fs';
import { LanspreadError, systemCode, whenAborted, type Clock } from '../base/index.ts';

/** The time between two checks of the database's file, in milliseconds. */
const lookPeriodMs = 5_000;

/**
 * Reports that the database can no longer be trusted: a call failed for good, or the file is no longer the one that was
 * opened.
 */
export class StateWatch {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #inode: bigint;
  readonly #failed = Promise.withResolvers<never>();

  /** `path`: the open database. */
  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
    this.#inode = statSync(path, { bigint: true }).ino;
    this.#failed.promise.catch(() => undefined);
  }

  /** Call it when a call failed and every later one would fail too. */
  fail(error: LanspreadError): void {
    this.#failed.reject(error);
  }

  /** Resolves when the signal aborts; rejects when the database has failed, even before this call. */
  async watch(signal: AbortSignal): Promise<void> {
    using _looking = this.#clock.interval(() => this.#look(), lookPeriodMs, { background: true });
    await Promise.race([whenAborted(signal), this.#failed.promise]);
  }

  /** SQLite keeps writing to a deleted file, and all of that is lost when the process ends. */
  #look(): void {
    let inode: bigint | undefined;
    try {
      inode = statSync(this.#path, { bigint: true }).ino;
    } catch (error) {
      // A slow disk does not mean that the database is gone.
      if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') return;
    }
    if (inode === this.#inode) return;
    const message = `The database ${this.#path} was ${inode === undefined ? 'deleted or moved away' : 'replaced'} while it was in use.`;
    this.fail(new LanspreadError('STATE_CORRUPT', { message }));
  }
}
