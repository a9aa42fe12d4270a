import { Emitter, LanspreadError, type Event, type GameId } from '../base/index.ts';
import { next, type OperationEvent, type OperationKind, type OperationState } from './table.ts';

/** One game's running operation. */
export interface ActiveOperation {
  readonly gameId: GameId;
  readonly kind: OperationKind;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Aborting it with a reason ends the operation. */
  readonly controller: AbortController;
}

/** The operations that run now: at most one per game. Every change goes through the pure table. */
export class ActiveOperations implements Disposable {
  readonly #operations = new Map<GameId, ActiveOperation>();
  readonly #changed = new Emitter<GameId>();
  readonly onDidChange: Event<GameId> = this.#changed.event;

  get(gameId: GameId): ActiveOperation | undefined {
    return this.#operations.get(gameId);
  }

  all(): ActiveOperation[] {
    return [...this.#operations.values()];
  }

  /** Throws `OPERATION_IN_PROGRESS`, naming the running one, when the game is busy. */
  assertIdle(gameId: GameId): void {
    const running = this.#operations.get(gameId);
    if (!running) return;
    throw new LanspreadError('OPERATION_IN_PROGRESS', {
      message: `${gameId} is busy: ${running.kind}.`,
      details: { gameId, operation: running.kind },
    });
  }

  /** Starts an operation. Throws `OPERATION_IN_PROGRESS` when the game is busy. */
  begin(gameId: GameId, event: OperationEvent, startedAt: number): ActiveOperation {
    this.assertIdle(gameId);
    return this.#put({ gameId, kind: this.#advance('Idle', event), startedAt, controller: new AbortController() });
  }

  /** Continues the operation in another form: a download that now installs. */
  advance(gameId: GameId, event: OperationEvent): void {
    const running = this.#operations.get(gameId);
    if (!running) throw new LanspreadError('INTERNAL', { message: `${gameId} has no operation to advance.` });
    this.#put({ ...running, kind: this.#advance(running.kind, event) });
  }

  end(gameId: GameId): void {
    if (this.#operations.delete(gameId)) this.#changed.fire(gameId);
  }

  [Symbol.dispose](): void {
    this.#changed[Symbol.dispose]();
  }

  #advance(state: OperationState, event: OperationEvent): OperationKind {
    const following = next(state, event);
    if (following && following !== 'Idle') return following;
    throw new LanspreadError('INTERNAL', { message: `The operation table has no ${event} in ${state}.` });
  }

  #put(operation: ActiveOperation): ActiveOperation {
    this.#operations.set(operation.gameId, operation);
    this.#changed.fire(operation.gameId);
    return operation;
  }
}
