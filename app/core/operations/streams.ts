import {
  isAbort,
  LanspreadError,
  sleep,
  throwIfAborted,
  toLanspreadError,
  type Clock,
  type ErrorCode,
  type GameId,
} from '../base/index.ts';
import type { CatalogGame } from '../catalog/index.ts';
import type { StreamedInstallListener } from '../install/index.ts';
import type { Library } from '../library/index.ts';
import { stopReason } from '../blocks/index.ts';
import { gameFolderOf } from '../game-folder/index.ts';
import type { ActiveOperation } from './active.ts';
import type { EmitOperationEvent, OperationEventMessage } from './events.ts';
import type { InstallPort, TransferPort } from './ports.ts';
import { failureFacts, type OperationRunner } from './runner.ts';
import { StreamProgress } from './stream-progress.ts';

/** An install survives a short loss of the network: it waits this long for a sender, in milliseconds. */
const waitForSenderMs = 60_000;
const askAgainMs = 2_000;
/** After this many beginnings the install gives up: its senders are lost again and again. */
const mostBeginnings = 5;

/** With these codes neither the game nor this PC is at fault. */
const lossOfSender: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['PEER_GONE', 'PEER_TIMEOUT', 'PEER_UNREACHABLE']);

interface StreamsOptions {
  runner: OperationRunner;
  transfer: Pick<TransferPort, 'findSenders'>;
  installer: Pick<InstallPort, 'streamedInstall'>;
  library: Pick<Library, 'get' | 'gamesDir'>;
  emit: EmitOperationEvent;
  clock: Clock;
}

/** The course of the install so far. */
interface Story {
  /** How often a sender began. */
  beginnings: number;
  /** Set while the earlier sender is lost and no other sends. */
  lost: { readonly error: LanspreadError; readonly sinceMs: number } | undefined;
}

/** Installs games that other PCs unpack; no archive reaches this disk. */
export class Streams {
  readonly #options: StreamsOptions;

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  /** Throws `INSTALLED`, or `ALREADY_DOWNLOADED` when `install` gives the same result without the network. */
  start(game: CatalogGame, choice: { manifestHash?: string | undefined } = {}): void {
    const { runner, library } = this.#options;
    const { id: gameId } = game;
    runner.active.assertIdle(gameId);
    const local = library.get(gameId);
    if (local?.installed) throw new LanspreadError('INSTALLED', { details: { gameId } });
    if (local?.downloaded && local.version === game.version)
      throw new LanspreadError('ALREADY_DOWNLOADED', {
        message: `${gameId} is downloaded already; \`install\` needs nobody else.`,
        details: { gameId },
      });
    const failed = (error: LanspreadError): OperationEventMessage => terminalOf(gameId, error);
    runner.start({ gameId, event: 'stream', failed }, (operation) => this.#perform(operation, game, choice));
  }

  /** Ends a streamed install and deletes its files. Returns whether there was one. */
  cancel(gameId: GameId): boolean {
    const { runner } = this.#options;
    const running = runner.active.get(gameId);
    if (running?.kind !== 'Streaming') return false;
    running.controller.abort(stopReason('cancel'));
    return true;
  }

  async #perform(
    { controller }: ActiveOperation,
    game: CatalogGame,
    { manifestHash }: { manifestHash?: string | undefined },
  ): Promise<OperationEventMessage> {
    const { clock } = this.#options;
    const { signal } = controller;
    const story: Story = { beginnings: 0, lost: undefined };
    for (;;) {
      try {
        return await this.#attempt(game, { manifestHash, story, signal });
      } catch (thrown) {
        throwIfAborted(signal);
        const error = toLanspreadError(thrown);
        const isLoss = lossOfSender.has(error.code) || (error.code === 'NO_PEERS' && story.lost !== undefined);
        if (!isLoss || story.beginnings === 0 || story.beginnings >= mostBeginnings) throw error;
        story.lost ??= { error, sinceMs: clock.monotonicMs() };
        if (clock.monotonicMs() - story.lost.sinceMs >= waitForSenderMs) throw story.lost.error;
      }
      await sleep(askAgainMs, { signal, clock });
    }
  }

  /** Finds senders and installs from them. A failed attempt leaves nothing behind. */
  async #attempt(
    game: CatalogGame,
    { manifestHash, story, signal }: { manifestHash: string | undefined; story: Story; signal: AbortSignal },
  ): Promise<OperationEventMessage> {
    const { transfer, installer, library } = this.#options;
    const { id: gameId, version, sizeBytes, installedRoot } = game;
    const wanted = { gameId, version, sizeBytes, pinnedRoot: game.manifestRoot, chosenRoot: manifestHash };
    const found = await transfer.findSenders(wanted, { signal });
    const request = {
      gameId,
      version,
      root: gameFolderOf(library.gamesDir, gameId),
      senders: found.senders,
      payloadBytes: found.payloadBytes,
      ...(installedRoot !== undefined && { installedRoot }),
    };
    const listener = this.#listener(game, {
      manifestRoot: found.manifestRoot,
      peers: found.senders.map(({ peerId }) => peerId),
      story,
    });
    const result = await installer.streamedInstall(request, listener, { signal });
    return { event: 'install-finished', gameId, version, streamed: true, ...result };
  }

  #listener(
    { id: gameId, version }: CatalogGame,
    { story, ...found }: { manifestRoot: string; peers: readonly string[]; story: Story },
  ): StreamedInstallListener {
    const { emit, clock } = this.#options;
    const streamed = true;
    let progress: StreamProgress | undefined;
    return {
      onBegin({ totalBytes }) {
        story.lost = undefined;
        story.beginnings += 1;
        progress = new StreamProgress({ totalBytes, clock });
        if (story.beginnings > 1) return;
        emit({ event: 'download-begin', gameId, totalBytes, streamed, ...found });
        emit({ event: 'install-begin', gameId, version, totalBytes, streamed });
      },
      onProgress({ bytes, totalBytes }) {
        const sample = progress?.sample(bytes);
        if (!sample) return;
        emit({ event: 'download-progress', gameId, streamed, ...sample });
        emit({ event: 'install-progress', gameId, bytes, totalBytes, streamed });
      },
      onSenderFailed: (facts) => emit({ event: 'stream-sender-failed', gameId, ...facts }),
    };
  }
}

/** The terminal event of a streamed install that failed or was cancelled. */
function terminalOf(gameId: GameId, error: LanspreadError): OperationEventMessage {
  if (isAbort(error) && error.code === 'CANCELLED')
    return { event: 'download-cancelled', gameId, resumableBytes: 0, streamed: true };
  return { event: 'install-failed', ...failureFacts(error), gameId, streamed: true };
}
