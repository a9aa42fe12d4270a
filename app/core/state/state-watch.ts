import { statSync } from 'node:fs';
import { LanspreadError, systemCode, whenAborted, type Clock } from '../base/index.ts';

/** How often the database's file is looked for, in milliseconds. */
const lookPeriodMs = 5_000;

/** Tells when the database cannot be trusted any more: a call failed for good, or its file is not the one we opened. */
export class StateWatch {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #inode: bigint;
  readonly #failed = Promise.withResolvers<never>();

  /** `path`: the database, which is open. */
  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
    this.#inode = statSync(path, { bigint: true }).ino;
    this.#failed.promise.catch(() => undefined);
  }

  /** A call failed in a way that none after it will be better. */
  fail(error: LanspreadError): void {
    this.#failed.reject(error);
  }

  /** Resolves when the signal aborts; rejects once the database has failed, also when that was before. */
  async watch(signal: AbortSignal): Promise<void> {
    using _looking = this.#clock.interval(() => this.#look(), lookPeriodMs, { background: true });
    await Promise.race([whenAborted(signal), this.#failed.promise]);
  }

  /** SQLite goes on writing to a deleted file, and all that is lost with the process. */
  #look(): void {
    let inode: bigint | undefined;
    try {
      inode = statSync(this.#path, { bigint: true }).ino;
    } catch (error) {
      // A disk that is slow to answer is not a database that is gone.
      if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') return;
    }
    if (inode === this.#inode) return;
    const message = `The database ${this.#path} was ${inode === undefined ? 'deleted or moved away' : 'replaced'} while it was in use.`;
    this.fail(new LanspreadError('STATE_CORRUPT', { message }));
  }
}
