import { Semaphore, type SignalOptions } from '../base/index.ts';

/**
 * One at a time for each game root: recovery that runs beside operations (another games folder, one that came back) and an
 * operation that begins there. An operation waits here only to settle its root; from then on recovery skips the game.
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
