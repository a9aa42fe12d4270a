import type { GameId } from '../base/index.ts';
import type { LaunchEntry, Player } from './plan-launch.ts';

export interface PlayRequest {
  readonly gameId: GameId;
  /** The installed game, `local/`; absolute path. */
  readonly directory: string;
  readonly launch: LaunchEntry;
  readonly player: Player;
}

interface FailedAtOnce {
  /** The last lines that the game wrote to its standard error; may be empty. */
  readonly lastWords: string;
}

export interface PlayEnd {
  /** The exit code of the first process; undefined when a signal ended it, or when an earlier core started the game. */
  readonly exitCode: number | undefined;
  /** How long the game ran, in seconds. */
  readonly seconds: number;
  /** The game ended with an error moments after its start, and nobody asked it to end. */
  readonly failedAtOnce?: FailedAtOnce;
  /** The core ended and the game still runs; the next core takes it up again. */
  readonly detached: boolean;
}

/** A running game. */
export interface RunningGame {
  readonly gameId: GameId;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Resolves when no process of the game runs any more, or when the game is detached. Never rejects. */
  readonly ended: Promise<PlayEnd>;
  /** Asks all its processes to end, and kills those that do not. `ended` follows. */
  stop(): void;
  /** Lets the game run on without this core. `ended` follows. */
  detach(): void;
}
