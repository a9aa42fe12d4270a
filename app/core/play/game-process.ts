/** One running game: watches its processes, counts its time, reports its end. */
import type { Clock, GameId, Logger } from '../base/index.ts';
import type { ProcessTable } from './process-table.ts';
import { membersOf, type ProcessId } from './process-tree.ts';
import type { PlayEnd, RunningGame } from './types.ts';

interface GameProcessOptions {
  gameId: GameId;
  startedAt: number;
  sessionId: number;
  members: readonly ProcessId[];
  /** The exit code of the first process, if this core started it. */
  exit: Promise<number | undefined> | undefined;
  /**
   * Called when the game has ended or is detached, before `ended` resolves. Its errors are logged, because the game is over
   * anyway.
   */
  onEnd: (end: PlayEnd) => void;
  /** How long the game ran before this core took it up, in milliseconds. */
  playedBeforeMs: number;
  /** The last lines that the game wrote. Never throws. */
  lastWords: () => Promise<string>;
  /** Marks the processes of this start on systems that show their environment. */
  play: string;
  processes: ProcessTable;
  end: (members: readonly ProcessId[], how: 'ask' | 'kill') => Promise<void>;
  /**
   * Stores the game for the next core, at intervals and whenever its processes change. `playedMs`: how long it has run so
   * far. Never throws.
   */
  remember: (members: readonly ProcessId[], playedMs: number) => void;
  clock: Clock;
  logger: Logger;
  lookEveryMs: number;
}

/** The time between asking a game to end and killing it. */
const graceMs = 5_000;
const rememberEveryMs = 30_000;
/** Two looks are seldom further apart. A longer gap means that this PC slept and nobody played. */
const longestStepMs = 60_000;
/** A game that ends with an error this soon never came up. */
const atOnceMs = 10_000;

export class GameProcess implements RunningGame {
  readonly gameId: GameId;
  readonly startedAt: number;
  readonly ended: Promise<PlayEnd>;
  readonly #options: GameProcessOptions;
  readonly #resolve: (end: PlayEnd) => void;
  readonly #timers = new DisposableStack();
  #members: readonly ProcessId[];
  #rememberedAtMs: number;
  #playedMs: number;
  #countedAtMs: number;
  /** The exit code of the first process; `killed`: a signal ended it. */
  #firstExit: number | 'killed' | undefined;
  #stopAskedAtMs: number | undefined;
  #looking: Promise<void> | undefined;
  #hasEnded = false;

  constructor(options: GameProcessOptions) {
    const { gameId, startedAt, members, exit, clock, lookEveryMs } = options;
    this.#options = options;
    this.gameId = gameId;
    this.startedAt = startedAt;
    this.#members = members;
    this.#rememberedAtMs = clock.monotonicMs();
    this.#countedAtMs = clock.monotonicMs();
    this.#playedMs = options.playedBeforeMs;
    ({ promise: this.ended, resolve: this.#resolve } = Promise.withResolvers<PlayEnd>());
    const look = (): void => void this.#look();
    this.#timers.use(clock.interval(look, lookEveryMs, { background: true }));
    void exit?.then((exitCode) => {
      this.#firstExit = exitCode ?? 'killed';
      look();
    });
  }

  stop(): void {
    if (this.#hasEnded || this.#stopAskedAtMs !== undefined) return;
    this.#stopAskedAtMs = this.#options.clock.monotonicMs();
    void this.#end('ask').then(() => this.#look());
    this.#timers.use(this.#options.clock.timeout(() => void this.#look(), graceMs, { background: true }));
  }

  detach(): void {
    if (this.#hasEnded) return;
    this.#count();
    this.#options.remember(this.#members, this.#playedMs);
    void this.#finish({ detached: true });
  }

  /** Runs one look at a time; a second request shares the running look. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const { processes, sessionId, play, logger, gameId, clock } = this.#options;
    this.#count();
    let members: ProcessId[];
    try {
      members = membersOf(await processes.list(), { known: this.#members, sessionId, play });
    } catch (error) {
      logger.warn({ gameId, err: error }, 'the processes of a game could not be listed');
      return;
    }
    if (this.#hasEnded) return;
    if (members.length === 0) return await this.#finish({ detached: false });
    const changed =
      members.length !== this.#members.length || members.some(({ pid }, at) => this.#members[at]?.pid !== pid);
    this.#members = members;
    if (changed || clock.monotonicMs() - this.#rememberedAtMs >= rememberEveryMs) {
      this.#rememberedAtMs = clock.monotonicMs();
      this.#options.remember(members, this.#playedMs);
    }
    if (this.#stopAskedAtMs !== undefined && clock.monotonicMs() - this.#stopAskedAtMs >= graceMs)
      await this.#end('kill');
  }

  async #end(how: 'ask' | 'kill'): Promise<void> {
    const { end, logger, gameId } = this.#options;
    try {
      await end(this.#members, how);
    } catch (error) {
      logger.warn({ gameId, err: error }, 'a process of a game did not take the signal');
    }
  }

  /** Uses the monotonic clock, which nobody sets, and leaves out the time that this PC slept. */
  #count(): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#playedMs += Math.min(Math.max(0, nowMs - this.#countedAtMs), longestStepMs);
    this.#countedAtMs = nowMs;
  }

  async #finish({ detached }: { detached: boolean }): Promise<void> {
    this.#hasEnded = true;
    this.#timers.dispose();
    const { gameId, logger, onEnd, lastWords } = this.#options;
    const exitCode = this.#firstExit === 'killed' ? undefined : this.#firstExit;
    const hasFailed =
      !detached &&
      this.#stopAskedAtMs === undefined &&
      this.#firstExit !== undefined &&
      this.#firstExit !== 0 &&
      this.#playedMs < atOnceMs;
    const end: PlayEnd = {
      exitCode,
      seconds: this.#playedMs / 1_000,
      detached,
      ...(hasFailed && { failedAtOnce: { lastWords: await lastWords() } }),
    };
    try {
      onEnd(end);
    } catch (error) {
      logger.warn({ gameId, err: error }, 'the end of a game could not be stored; the next start counts its time');
    }
    this.#resolve(end);
  }
}
