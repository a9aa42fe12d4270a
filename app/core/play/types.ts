import type { GameId } from '../base/index.ts';
import type { LaunchEntry, Player } from './plan-launch.ts';

export interface PlayRequest {
  readonly gameId: GameId;
  /** Absolute path of the installed game: `local/`. */
  readonly directory: string;
  readonly launch: LaunchEntry;
  readonly player: Player;
}

interface FailedAtOnce {
  /** What it wrote last to its standard error; may be empty. */
  readonly lastWords: string;
}

export interface PlayEnd {
  /** Of the first process; undefined when a signal ended it, or when it was another core that started the game. */
  readonly exitCode: number | undefined;
  /** How long the game ran, in seconds. */
  readonly seconds: number;
  /** It ended with an error moments after it was started, and nobody asked it to. */
  readonly failedAtOnce?: FailedAtOnce;
  /** The core goes, the game goes on: the next core takes it up again. */
  readonly detached: boolean;
}

/** A game that runs. */
export interface RunningGame {
  readonly gameId: GameId;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Resolves when nothing of it runs any more, or when it was let go. Never rejects. */
  readonly ended: Promise<PlayEnd>;
  /** Asks all its processes to end, kills those that do not. `ended` follows. */
  stop(): void;
  /** Lets the game go on without us. `ended` follows. */
  detach(): void;
}
