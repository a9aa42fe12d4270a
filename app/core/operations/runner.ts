import {
  isAbort,
  LanspreadError,
  tellingDetails,
  toLanspreadError,
  type Clock,
  type ErrorCode,
  type GameId,
  type Logger,
} from '../base/index.ts';
import type { Library } from '../library/index.ts';
import type { ContentChoice } from '../manifests/index.ts';
import { ActiveOperations, type ActiveOperation } from './active.ts';
import type { EmitOperationEvent, OperationEventMessage } from './events.ts';
import type { Failure } from './games-view.ts';
import type { GamesSnapshot } from './snapshot.ts';
import { failedEvents, needsDisk, type OperationEvent } from './table.ts';

interface RunnerOptions {
  library: Pick<Library, 'hold' | 'refresh' | 'checkFolder'>;
  /** A function, because the snapshot is set after construction: it reads the runner's tables. */
  snapshot: () => GamesSnapshot;
  emit: EmitOperationEvent;
  clock: Clock;
  logger: Logger;
}

type Work = (operation: ActiveOperation) => Promise<OperationEventMessage>;
type Failed = (error: LanspreadError) => OperationEventMessage;

type OperationStart = {
  readonly gameId: GameId;
  /** Milliseconds since 1970; given when the operation began before this core did. */
  readonly startedAt?: number | undefined;
} & (
  | { readonly event: keyof typeof failedEvents; readonly failed?: Failed }
  | { readonly event: Exclude<OperationEvent, keyof typeof failedEvents>; readonly failed: Failed }
);

/**
 * Runs operations. Each ends with exactly one terminal event, in this order: the work brings the disk into a finished state →
 * the library reads this game again → the operation leaves the table → the snapshot is published → the terminal event goes
 * out.
 */
export class OperationRunner implements AsyncDisposable {
  readonly active = new ActiveOperations();
  readonly failures = new Map<GameId, Failure>();
  readonly #options: RunnerOptions;
  readonly #running = new Set<Promise<void>>();
  #stopping = false;
  #frozen = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.active.onDidChange((gameId) => {
      options.snapshot().invalidate([gameId]);
      const operations = this.active.all().map(({ gameId: id, kind }) => ({ gameId: id, kind }));
      options.emit({ event: 'active-operations-changed', operations });
    });
  }

  /** Whether it refuses new operations because it is stopping. */
  get isStopping(): boolean {
    return this.#stopping;
  }

  /**
   * Refuses new operations with `OPERATIONS_ACTIVE` until the result is disposed. Throws the same code while an operation
   * runs.
   */
  freeze(): Disposable {
    if (this.#stopping) throw new LanspreadError('SHUTTING_DOWN');
    if (this.active.all().length > 0 || this.#frozen > 0) throw new LanspreadError('OPERATIONS_ACTIVE');
    this.#frozen += 1;
    return { [Symbol.dispose]: () => void (this.#frozen -= 1) };
  }

  /** Aborts, with `reason`, the running operations that need the disk. */
  abortOnDisk(reason: Error): void {
    for (const { kind, controller } of this.active.all()) if (needsDisk(kind)) controller.abort(reason);
  }

  /**
   * Begins an operation and returns while `work` goes on. Throws at once when the game is busy. `work` returns the terminal
   * event; `failed(error)`, which never throws, turns an error of `work` into one.
   */
  start(
    { gameId, event, failed = failedAs(gameId, event), startedAt = this.#options.clock.now() }: OperationStart,
    work: Work,
  ): ActiveOperation {
    if (this.#stopping) throw new LanspreadError('SHUTTING_DOWN');
    if (this.#frozen > 0) throw new LanspreadError('OPERATIONS_ACTIVE');
    const { library, logger } = this.#options;
    const operation = this.active.begin(gameId, event, startedAt);
    this.failures.delete(gameId);
    const hold = library.hold(gameId);
    const running = this.#settle(operation, { hold, failed }, work)
      .catch((error: unknown) => logger.error({ gameId, err: error }, 'an operation has no proper end'))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
    return operation;
  }

  /** Ends the first half of an operation: the library reads the disk, readers see the result, then the event goes out. */
  async milestone(gameId: GameId, event: OperationEvent, message: OperationEventMessage): Promise<void> {
    await this.#options.library.refresh(gameId);
    this.active.advance(gameId, event);
    this.#options.snapshot().publish();
    this.#options.emit(message);
  }

  /** Emits an event that is not terminal, after readers can see the matching snapshot. */
  announce(message: OperationEventMessage): void {
    this.#options.snapshot().publish();
    this.#options.emit(message);
  }

  /** Refuses new operations, aborts the running ones with `reason`, and waits until all have ended. */
  async stop(reason: Error): Promise<void> {
    this.#stopping = true;
    for (const { controller } of this.active.all()) controller.abort(reason);
    await Promise.allSettled(this.#running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop(new LanspreadError('SHUTTING_DOWN'));
    this.active[Symbol.dispose]();
  }

  /** The terminal event. It names the games folder when the loss of that folder was the cause. */
  async #blamed(terminal: OperationEventMessage): Promise<OperationEventMessage> {
    if (!('code' in terminal) || !diskFailures.has(terminal.code)) return terminal;
    try {
      if (await this.#options.library.checkFolder()) return terminal;
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'the games folder could not be looked for after a failure');
      return terminal;
    }
    const { code, message } = new LanspreadError('GAMES_DIR_LOST');
    return { ...terminal, code, message };
  }

  async #settle(
    operation: ActiveOperation,
    { hold, failed }: { hold: Disposable; failed: Failed },
    work: Work,
  ): Promise<void> {
    const { library, logger } = this.#options;
    const { gameId } = operation;
    let terminal: OperationEventMessage | undefined;
    try {
      terminal = await this.#outcome(operation, failed, work);
      try {
        await library.refresh(gameId);
      } catch (error) {
        logger.warn({ gameId, err: error }, 'the game could not be looked at after its operation');
      }
      terminal = await this.#blamed(terminal);
      // A stop that somebody asked for is not a failure to remember.
      if ('code' in terminal && terminal.code !== 'CANCELLED' && terminal.code !== 'SHUTTING_DOWN')
        this.failures.set(gameId, {
          ...failureOf(terminal),
          operation: this.active.get(gameId)?.kind ?? operation.kind,
        });
    } finally {
      this.#end(gameId, hold, terminal);
    }
  }

  async #outcome(operation: ActiveOperation, failed: Failed, work: Work): Promise<OperationEventMessage> {
    try {
      return await work(operation);
    } catch (thrown) {
      const error = toLanspreadError(thrown);
      const { gameId } = operation;
      if (!isAbort(error)) this.#options.logger.error({ gameId, err: thrown }, 'operation failed');
      return failed(error);
    }
  }

  /** A failed step does not skip the others: otherwise the game would stay busy until the next start. */
  #end(gameId: GameId, hold: Disposable, terminal: OperationEventMessage | undefined): void {
    const { snapshot, emit, logger } = this.#options;
    const steps = [
      () => hold[Symbol.dispose](),
      () => this.active.end(gameId),
      () => snapshot().publish(),
      () => terminal && emit(terminal),
    ];
    for (const step of steps) {
      try {
        step();
      } catch (error) {
        logger.error({ gameId, err: error }, 'the end of an operation is not complete');
      }
    }
  }
}

function failedAs(gameId: GameId, event: OperationEvent): Failed {
  const name = failedEvents[event as keyof typeof failedEvents];
  return (error) => ({ event: name, ...failureFacts(error), gameId });
}

/** Codes of failures that may come from the loss of the games folder. */
const diskFailures: ReadonlySet<string> = new Set<ErrorCode>([
  'IO_ERROR',
  'UNPACKER_FAILED',
  'ARCHIVE_CORRUPT',
  'NO_ARCHIVE',
  'NOT_DOWNLOADED',
  'NOT_INSTALLED',
  'UNSAFE_ROOT',
]);

/** The part of a failure that is remembered. */
function failureOf(terminal: { code: string; message: string } & Record<string, unknown>): Failure {
  const { code, message, install, choices } = terminal;
  const details = tellingDetails(code, terminal);
  return {
    code,
    message,
    ...(Object.keys(details).length > 0 && { details }),
    ...(typeof install === 'boolean' && { install }),
    ...(code === 'MANIFEST_TIE' && Array.isArray(choices) && { choices: choices as readonly ContentChoice[] }),
  };
}

/** The facts of a failure as events carry them. */
export function failureFacts(error: LanspreadError): { code: ErrorCode; message: string } & Record<string, unknown> {
  return error.toJSON();
}
