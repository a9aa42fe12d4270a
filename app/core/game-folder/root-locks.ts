import { Semaphore, type SignalOptions } from '../base/index.ts';

/**
 * One user at a time per game folder: either a recovery that runs beside operations (in a new or returned games folder), or
 * an operation that begins. An operation waits here only to settle its game folder; after that, recovery skips the game.
 */
export class RootLocks {
  readonly #locks = new Map<string, { readonly semaphore: Semaphore; users: number }>();

  async run<T>(root: string, work: () => Promise<T>, options: SignalOptions = {}): Promise<T> {
    const lock = this.#locks.get(root) ?? { semaphore: new Semaphore(1), users: 0 };
    this.#locks.set(root, lock);
    lock.users += 1;
    try {
      return await lock.semaphore.run(work, options);
    } finally {
      lock.users -= 1;
      if (lock.users === 0) this.#locks.delete(root);
    }
  }
}
