import type { GameId } from '../base/index.ts';
import { startable } from './queue.ts';

/** The downloads that transfer now, and those that wait for their turn. */
export class TransferSlots {
  /** By game: the function that begins the transfer of a waiting download. */
  readonly #waiting = new Map<GameId, () => void>();
  readonly #taken = new Set<GameId>();

  isWaiting(gameId: GameId): boolean {
    return this.#waiting.has(gameId);
  }

  /** Resolves with true when it is this download's turn, and with false when it was stopped before. */
  async turn(gameId: GameId, signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const onAbort = (): void => {
      this.#waiting.delete(gameId);
      resolve(false);
    };
    this.#waiting.set(gameId, () => resolve(true));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** The waiting downloads of `order` that would get a slot if `limit` may transfer at a time. */
  next(order: readonly GameId[], limit: number): readonly GameId[] {
    const waiting = order.filter((gameId) => this.isWaiting(gameId));
    return startable(waiting, { running: this.#taken.size, limit });
  }

  /** Gives the download its turn and a slot, which it holds until `free`. */
  take(gameId: GameId): void {
    const begin = this.#waiting.get(gameId);
    this.#waiting.delete(gameId);
    this.#taken.add(gameId);
    begin?.();
  }

  /** Returns whether the download held a slot. */
  free(gameId: GameId): boolean {
    return this.#taken.delete(gameId);
  }
}
