/** One running game: its processes watched, its time counted, its end told. */
import type { Clock, GameId, Logger } from '../base/index.ts';
import type { ProcessTable } from './process-table.ts';
import { membersOf, type ProcessId } from './process-tree.ts';
import type { PlayEnd, RunningGame } from './types.ts';

interface GameProcessOptions {
  gameId: GameId;
  startedAt: number;
  sessionId: number;
  members: readonly ProcessId[];
  /** The exit code of the first process, where this core started it itself. */
  exit: Promise<number | undefined> | undefined;
  /** It has ended, or was let go; called before `ended` resolves. What it throws is logged: the game is over all the same. */
  onEnd: (end: PlayEnd) => void;
  processes: ProcessTable;
  end: (members: readonly ProcessId[], how: 'ask' | 'kill') => Promise<void>;
  /** Remembers the game for the next core, every now and then and whenever its processes change. Never throws. */
  remember: (members: readonly ProcessId[]) => void;
  clock: Clock;
  logger: Logger;
  lookEveryMs: number;
}

/** Between asking a game to end and killing it. */
const graceMs = 5_000;
const rememberEveryMs = 30_000;

export class GameProcess implements RunningGame {
  readonly gameId: GameId;
  readonly startedAt: number;
  readonly ended: Promise<PlayEnd>;
  readonly #options: GameProcessOptions;
  readonly #resolve: (end: PlayEnd) => void;
  readonly #timers = new DisposableStack();
  #members: readonly ProcessId[];
  #rememberedAtMs: number;
  #exitCode: number | undefined;
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
    ({ promise: this.ended, resolve: this.#resolve } = Promise.withResolvers<PlayEnd>());
    const look = (): void => void this.#look();
    this.#timers.use(clock.interval(look, lookEveryMs, { background: true }));
    void exit?.then((exitCode) => {
      this.#exitCode = exitCode;
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
    this.#options.remember(this.#members);
    this.#finish({ detached: true });
  }

  /** One look at a time; a look that is asked for meanwhile sees the same as the one under way. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const { processes, sessionId, logger, gameId, clock } = this.#options;
    let members: ProcessId[];
    try {
      members = membersOf(await processes.list(), { known: this.#members, sessionId });
    } catch (error) {
      logger.warn({ gameId, err: error }, 'the processes of a game could not be listed');
      return;
    }
    if (this.#hasEnded) return;
    if (members.length === 0) return this.#finish({ detached: false });
    const changed =
      members.length !== this.#members.length || members.some(({ pid }, at) => this.#members[at]?.pid !== pid);
    this.#members = members;
    if (changed || clock.monotonicMs() - this.#rememberedAtMs >= rememberEveryMs) {
      this.#rememberedAtMs = clock.monotonicMs();
      this.#options.remember(members);
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

  #finish({ detached }: { detached: boolean }): void {
    this.#hasEnded = true;
    this.#timers.dispose();
    const { clock, gameId, logger, onEnd } = this.#options;
    const seconds = Math.max(0, (clock.now() - this.startedAt) / 1_000);
    const end: PlayEnd = { exitCode: this.#exitCode, seconds, detached };
    try {
      onEnd(end);
    } catch (error) {
      logger.warn({ gameId, err: error }, 'the end of a game could not be stored; the next start counts its time');
    }
    this.#resolve(end);
  }
}
