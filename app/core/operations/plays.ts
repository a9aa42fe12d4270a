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

/** Playing as an operation. No other operation may use the game meanwhile, but peers are still served. */
export class Plays implements Disposable {
  readonly #options: PlaysOptions;
  readonly #playing = new Map<GameId, PlayingGame>();
  /** Games that are starting, and whether a stop was asked for meanwhile. */
  readonly #starting = new Map<GameId, { stopAsked: boolean }>();
  readonly #changed = new Emitter<void>();
  /** Fires when a game starts and when it ends. */
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

  /**
   * Waits for a recovery that may still run when the games folder has just come back. An error does not keep the player from
   * the installed game.
   */
  async #settle(gameId: GameId, signal: AbortSignal): Promise<void> {
    const { installer, library, logger } = this.#options;
    try {
      await installer.settle({ gameId, root: gameFolderOf(library.gamesDir, gameId) }, { signal });
    } catch (error) {
      throwIfAborted(signal);
      logger.warn({ gameId, err: error }, 'a game is played that an earlier operation left unsettled');
    }
  }

  /** The games whose processes run, the last started last. */
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

  /** Takes up the games that an earlier core left running. */
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
      // When the launcher ends, the game keeps running.
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
