import { Emitter, LanspreadError, throwIfAborted, type Event, type GameId, type Logger } from '../base/index.ts';
import type { CatalogGame } from '../catalog/index.ts';
import type { Library } from '../library/index.ts';
import { gameFolderOf, layoutOf } from '../game-folder/index.ts';
import type { InstallPort, PlayPort, PlayingGame } from './ports.ts';
import type { OperationRunner } from './runner.ts';

interface PlaysOptions {
  runner: OperationRunner;
  player: PlayPort;
  library: Pick<Library, 'get' | 'gamesDir'>;
  installer: Pick<InstallPort, 'settle'>;
  onPlayed: (gameId: GameId) => void;
  logger: Logger;
}

/** Playing as an operation: while it lasts, nothing else may happen to the game; others are served all the same. */
export class Plays implements Disposable {
  readonly #options: PlaysOptions;
  readonly #playing = new Map<GameId, PlayingGame>();
  /** Games on their way up, and whether they were told to stop meanwhile. */
  readonly #starting = new Map<GameId, { stopAsked: boolean }>();
  readonly #changed = new Emitter<void>();
  /** A game runs, or runs no more. */
  readonly onDidChange: Event<void> = this.#changed.event;

  constructor(options: PlaysOptions) {
    this.#options = options;
  }

  /** Starts a game. Throws `NOT_INSTALLED`, `OPERATION_IN_PROGRESS`, `NO_LAUNCH`, `LAUNCH_MISSING`, `INVALID_PATH`. */
  async start(game: CatalogGame, label: string | undefined): Promise<void> {
    const { runner, player, library } = this.#options;
    runner.active.assertIdle(game.id);
    if (!library.get(game.id)?.installed) throw new LanspreadError('NOT_INSTALLED', { details: { gameId: game.id } });
    const request = player.plan(game, { label, directory: layoutOf(gameFolderOf(library.gamesDir, game.id)).local });
    await player.assertStartable(request);
    this.#run(game.id, async (signal) => {
      await this.#settle(game.id, signal);
      return await player.start(request);
    });
  }

  /** A games folder that just came back may still be recovered. What cannot be settled keeps nobody from what is installed. */
  async #settle(gameId: GameId, signal: AbortSignal): Promise<void> {
    const { installer, library, logger } = this.#options;
    try {
      await installer.settle({ gameId, root: gameFolderOf(library.gamesDir, gameId) }, { signal });
    } catch (error) {
      throwIfAborted(signal);
      logger.warn({ gameId, err: error }, 'a game is played that an earlier operation left unsettled');
    }
  }

  /** The games whose processes run, the newest last. */
  running(): GameId[] {
    return [...this.#playing.keys()];
  }

  /** Throws `NO_OPERATION` when the game does not run. */
  stop(gameId: GameId): void {
    const playing = this.#playing.get(gameId);
    const starting = this.#starting.get(gameId);
    if (starting) starting.stopAsked = true;
    else if (!playing) throw new LanspreadError('NO_OPERATION', { message: `${gameId} is not being played.` });
    playing?.stop();
  }

  /** Takes up the games that a core before this one left running. */
  async resume(): Promise<void> {
    for (const game of await this.#options.player.resume()) {
      if (this.#options.runner.active.get(game.gameId)) game.detach();
      else this.#run(game.gameId, async () => game, game.startedAt);
    }
  }

  [Symbol.dispose](): void {
    this.#changed[Symbol.dispose]();
  }

  #run(gameId: GameId, start: (signal: AbortSignal) => Promise<PlayingGame>, startedAt?: number): void {
    const { runner } = this.#options;
    runner.start({ gameId, event: 'play', startedAt }, async ({ controller }) => {
      const starting = { stopAsked: false };
      this.#starting.set(gameId, starting);
      let game: PlayingGame;
      try {
        game = await start(controller.signal);
      } finally {
        this.#starting.delete(gameId);
      }
      this.#playing.set(gameId, game);
      this.#changed.fire();
      // The launcher ends, the game does not.
      const detach = (): void => game.detach();
      if (controller.signal.aborted) detach();
      else controller.signal.addEventListener('abort', detach, { once: true });
      runner.announce({ event: 'play-started', gameId });
      if (starting.stopAsked) game.stop();
      try {
        const { exitCode, seconds, detached, failedAtOnce } = await game.ended;
        if (failedAtOnce) throw endedAtOnce(exitCode, failedAtOnce);
        return { event: 'play-ended', gameId, exitCode, seconds, ...(detached && { detached }) };
      } finally {
        this.#playing.delete(gameId);
        this.#changed.fire();
        this.#options.onPlayed(gameId);
      }
    });
  }
}

function endedAtOnce(exitCode: number | undefined, { lastWords }: { lastWords: string }): LanspreadError {
  const how = exitCode === undefined ? 'it was killed' : `exit code ${exitCode}`;
  const said = lastWords === '' ? '' : ` It said: ${lastWords}`;
  return new LanspreadError('GAME_ENDED_AT_ONCE', {
    message: `The game ended at once (${how}).${said}`,
    details: { ...(exitCode !== undefined && { exitCode }), ...(lastWords !== '' && { lastWords }) },
  });
}
