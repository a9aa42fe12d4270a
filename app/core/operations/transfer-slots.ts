import type { GameId } from '../base/index.ts';
import { startable } from './queue.ts';

/** Which downloads transfer now, and which wait for their turn. */
export class TransferSlots {
  /** Begins the transfer of one that waits. */
  readonly #waiting = new Map<GameId, () => void>();
  readonly #taken = new Set<GameId>();

  isWaiting(gameId: GameId): boolean {
    return this.#waiting.has(gameId);
  }

  /** Resolves with true when it is this download's turn, with false when it was stopped before. */
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

  /** Those of `order` that wait here and would get a slot when `limit` may transfer at a time. */
  next(order: readonly GameId[], limit: number): readonly GameId[] {
    const waiting = order.filter((gameId) => this.isWaiting(gameId));
    return startable(waiting, { running: this.#taken.size, limit });
  }

  /** It is this one's turn: it holds a slot until it is freed. */
  take(gameId: GameId): void {
    const begin = this.#waiting.get(gameId);
    this.#waiting.delete(gameId);
    this.#taken.add(gameId);
    begin?.();
  }

  /** Tells whether it held a slot. */
  free(gameId: GameId): boolean {
    return this.#taken.delete(gameId);
  }
}
