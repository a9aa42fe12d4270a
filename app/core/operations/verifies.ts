import { isAbort, LanspreadError, toLanspreadError, type GameId } from '../base/index.ts';
import type { CatalogGame } from '../catalog/index.ts';
import type { Library } from '../library/index.ts';
import type { DownloadListener, RepairOutcome, VerifyListener, VerifyRequest } from '../blocks/index.ts';
import { gameFolderOf } from '../game-folder/index.ts';
import type { ActiveOperation } from './active.ts';
import type { Downloads } from './downloads.ts';
import type { EmitOperationEvent, OperationEventMessage } from './events.ts';
import type { InstallPort, TransferPort } from './ports.ts';
import { failureFacts, type OperationRunner } from './runner.ts';

interface VerifiesOptions {
  runner: OperationRunner;
  transfer: TransferPort;
  installer: Pick<InstallPort, 'check'>;
  downloads: Downloads;
  library: Pick<Library, 'get' | 'gamesDir'>;
  emit: EmitOperationEvent;
}

/** The most paths of each kind that an event lists; the counts are complete. */
const listedPaths = 1_000;

/** Compares a download with its manifest, and fetches the parts that differ. */
export class Verifies {
  readonly #options: VerifiesOptions;

  constructor(options: VerifiesOptions) {
    this.#options = options;
  }

  verify(game: CatalogGame): void {
    const { runner, transfer, installer, emit } = this.#options;
    const { id: gameId } = game;
    runner.active.assertIdle(gameId);
    const request = this.#request(game);
    if (!request) throw new LanspreadError('NOT_DOWNLOADED', { details: { gameId } });
    const failed = this.#failed('verify-failed', gameId);
    runner.start({ gameId, event: 'verify', failed }, async ({ controller }) => {
      const listener: VerifyListener = {
        onBegin: (facts) => emit({ event: 'verify-begin', gameId, ...facts }),
        onProgress: (facts) => emit({ event: 'verify-progress', gameId, ...facts }),
      };
      const result = await transfer.verify(request, sparse(listener), { signal: controller.signal });
      const { badFiles, missingFiles, extraFiles, ...facts } = result;
      // The bytes may match the manifest and still be impossible to install.
      const { root } = request;
      const problem = result.sound ? await installer.check({ gameId, root }, controller) : undefined;
      return {
        event: 'verify-finished',
        gameId,
        ...facts,
        badFiles: badFiles.slice(0, listedPaths),
        missingFiles: missingFiles.slice(0, listedPaths),
        extraFiles: extraFiles.slice(0, listedPaths),
        badFileCount: badFiles.length,
        ...(problem && { installProblem: problem }),
      };
    });
  }

  /** Also repairs a payload that an earlier repair left unfinished. */
  repair(game: CatalogGame): void {
    const { runner, transfer } = this.#options;
    const { id: gameId } = game;
    runner.active.assertIdle(gameId);
    const kept = transfer.resumable(this.#root(gameId));
    const request = this.#request(game) ?? (kept && this.#requestOf(game, kept.version));
    if (!request) throw new LanspreadError('NOT_DOWNLOADED', { details: { gameId } });
    runner.start({ gameId, event: 'repair', failed: this.#failed('repair-failed', gameId) }, (operation) =>
      this.#repair(operation, request),
    );
  }

  /** Ends a verify or repair. Returns whether there was one. */
  cancel(gameId: GameId): boolean {
    const running = this.#options.runner.active.get(gameId);
    if (running?.kind !== 'Verifying' && running?.kind !== 'Repairing') return false;
    running.controller.abort(new LanspreadError('CANCELLED'));
    return true;
  }

  async #repair({ gameId, controller }: ActiveOperation, request: VerifyRequest): Promise<OperationEventMessage> {
    const { transfer, downloads, emit } = this.#options;
    let hasBegun = false;
    const verifying: VerifyListener = {
      onBegin: (facts) => emit({ event: 'repair-begin', gameId, ...facts }),
      onProgress: (facts) => emit({ event: 'repair-progress', gameId, stage: 'verify', ...facts }),
    };
    const downloading: DownloadListener = {
      onBegin() {
        hasBegun = true;
        downloads.noteRepair(gameId);
      },
      onProgress: ({ downloadedBytes: bytes, totalBytes }) =>
        emit({ event: 'repair-progress', gameId, stage: 'fetch', bytes, totalBytes }),
      onBlocksVerified: (facts) => emit({ event: 'blocks-verified', gameId, ...facts }),
      onPeerStruck: (facts) => emit({ event: 'peer-struck', gameId, ...facts }),
    };
    const { signal } = controller;
    const outcome = await transfer.repair(request, { verifying: sparse(verifying), downloading }, { signal });
    // After a shutdown the repair stays on the list, and the next start completes it.
    const isStopped = signal.reason instanceof LanspreadError && signal.reason.code === 'SHUTTING_DOWN';
    if (hasBegun && !isStopped) downloads.endRepair(gameId, { isLeft: outcome.kind === 'peers-gone' });
    return eventOf(gameId, outcome);
  }

  #request(game: CatalogGame): VerifyRequest | undefined {
    const local = this.#options.library.get(game.id);
    return local?.downloaded && local.version !== undefined ? this.#requestOf(game, local.version) : undefined;
  }

  #requestOf(game: CatalogGame, version: string): VerifyRequest {
    const { id: gameId, manifestRoot } = game;
    const isPinned = manifestRoot !== undefined && version === game.version;
    return { gameId, version, root: this.#root(gameId), ...(isPinned && { pinnedRoot: manifestRoot }) };
  }

  #failed(event: 'verify-failed' | 'repair-failed', gameId: GameId): (error: LanspreadError) => OperationEventMessage {
    return (error) => ({
      event,
      ...failureFacts(isAbort(error) ? new LanspreadError('CANCELLED') : toLanspreadError(error)),
      gameId,
    });
  }

  #root(gameId: GameId): string {
    return gameFolderOf(this.#options.library.gamesDir, gameId);
  }
}

function eventOf(gameId: GameId, outcome: RepairOutcome): OperationEventMessage {
  switch (outcome.kind) {
    case 'finished': {
      const { version, manifestRoot, source, badFiles, badBlocks, badBytes, extraFiles } = outcome.result;
      return {
        event: 'repair-finished',
        gameId,
        version,
        manifestRoot,
        source,
        repairedFiles: badFiles.slice(0, listedPaths),
        repairedBlocks: badBlocks,
        repairedBytes: badBytes,
        extraFiles: extraFiles.slice(0, listedPaths),
      };
    }
    case 'peers-gone': {
      const message = 'Every peer with the content went; what is verified is kept.';
      return { event: 'repair-failed', gameId, code: 'PEER_GONE', message, resumableBytes: outcome.resumableBytes };
    }
    case 'failed': {
      const { details, code, message, resumableBytes } = outcome;
      return { ...details, event: 'repair-failed', gameId, code, message, resumableBytes };
    }
  }
}

/** Reports progress about a hundred times in all, and the end. */
function sparse({ onBegin, onProgress }: VerifyListener): VerifyListener {
  let toldBytes = 0;
  return {
    onBegin,
    onProgress({ bytes, totalBytes }) {
      if (bytes < totalBytes && bytes - toldBytes < totalBytes / 100) return;
      toldBytes = bytes;
      onProgress({ bytes, totalBytes });
    },
  };
}
