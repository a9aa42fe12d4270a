import { LanspreadError, toLanspreadError, type GameId } from '../base/index.ts';
import type { Library } from '../library/index.ts';
import { gameFolderOf } from '../game-folder/index.ts';
import type { ActiveOperation } from './active.ts';
import type { EmitOperationEvent, OperationEventMessage } from './events.ts';
import type { InstallPort } from './ports.ts';
import { failureFacts, type OperationRunner } from './runner.ts';

interface InstallsOptions {
  runner: OperationRunner;
  installer: InstallPort;
  /** Called after the downloaded files of this game folder were deleted. */
  onRemoved: (root: string) => void;
  library: Pick<Library, 'get' | 'gamesDir'>;
  emit: EmitOperationEvent;
}

/** Installs, updates and uninstalls games, and removes downloads. */
export class Installs {
  readonly #options: InstallsOptions;

  constructor(options: InstallsOptions) {
    this.#options = options;
  }

  /** Installs the downloaded payload. */
  install(gameId: GameId): void {
    const local = this.#options.library.get(gameId);
    this.#options.runner.active.assertIdle(gameId);
    if (!local?.downloaded || local.version === undefined) throw refusal('NOT_DOWNLOADED', gameId);
    if (local.installed) throw refusal('INSTALLED', gameId);
    const version = local.version;
    this.#options.runner.start({ gameId, event: 'install' }, (operation) =>
      this.perform('install', operation, version),
    );
  }

  /** Installs the downloaded payload over an older install. */
  update(gameId: GameId): void {
    const local = this.#options.library.get(gameId);
    this.#options.runner.active.assertIdle(gameId);
    if (!local?.downloaded || local.version === undefined) throw refusal('NOT_DOWNLOADED', gameId);
    if (!local.installed) throw refusal('NOT_INSTALLED', gameId);
    const version = local.version;
    this.#options.runner.start({ gameId, event: 'update' }, (operation) => this.perform('update', operation, version));
  }

  uninstall(gameId: GameId): void {
    const { runner, installer, library, emit } = this.#options;
    runner.active.assertIdle(gameId);
    if (!library.get(gameId)?.installed) throw refusal('NOT_INSTALLED', gameId);
    runner.start({ gameId, event: 'uninstall' }, async ({ controller }) => {
      emit({ event: 'uninstall-begin', gameId });
      await installer.uninstall({ gameId, root: this.#root(gameId) }, { signal: controller.signal });
      return { event: 'uninstall-finished', gameId };
    });
  }

  /** Deletes a download that is not installed. Refuses with a reason when the player's own files could be in it. */
  async removeDownload(gameId: GameId): Promise<void> {
    const { runner, installer, library, emit } = this.#options;
    const root = this.#root(gameId);
    runner.active.assertIdle(gameId);
    const local = library.get(gameId);
    if (local?.installed) throw refusal('INSTALLED', gameId);
    if (!local?.downloaded && !installer.isHalfRemoved({ gameId, root })) throw refusal('NOT_DOWNLOADED', gameId);
    await installer.assertRemovable({ gameId, root });
    runner.start({ gameId, event: 'remove' }, async () => {
      emit({ event: 'remove-begin', gameId });
      await installer.removeDownload({ gameId, root });
      this.#options.onRemoved(root);
      return { event: 'remove-finished', gameId };
    });
  }

  /** Performs the install step of an operation that is already in the table. Returns the terminal event. */
  async perform(
    kind: 'install' | 'update',
    operation: ActiveOperation,
    version: string,
  ): Promise<OperationEventMessage> {
    const { gameId, controller } = operation;
    const { installer, emit } = this.#options;
    const request = { gameId, root: this.#root(gameId), version };
    const listener = {
      onBegin: ({ totalBytes }: { totalBytes: number | undefined }) =>
        emit({ event: `${kind}-begin`, gameId, version, totalBytes }),
      onProgress: (facts: { bytes: number; totalBytes: number | undefined }) =>
        emit({ event: `${kind}-progress`, gameId, ...facts }),
    };
    try {
      await installer[kind](request, listener, { signal: controller.signal });
      return { event: `${kind}-finished`, gameId, version };
    } catch (error) {
      return { event: `${kind}-failed`, ...failureFacts(toLanspreadError(error)), gameId };
    }
  }

  #root(gameId: GameId): string {
    return gameFolderOf(this.#options.library.gamesDir, gameId);
  }
}

function refusal(code: 'NOT_DOWNLOADED' | 'NOT_INSTALLED' | 'INSTALLED', gameId: GameId): LanspreadError {
  return new LanspreadError(code, { details: { gameId } });
}
