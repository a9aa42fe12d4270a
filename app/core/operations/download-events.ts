/** The events of a download, and the error for a command that does not fit it. */
import { LanspreadError, type ErrorCode, type GameId } from '../base/index.ts';
import type { DownloadListener, DownloadOutcome } from '../blocks/index.ts';
import type { ActiveOperation } from './active.ts';
import type { EmitOperationEvent, OperationEventMessage } from './events.ts';

export function downloadListener(
  gameId: GameId,
  { emit, nameOf, onBegin }: { emit: EmitOperationEvent; nameOf: (peerId: string) => string; onBegin: () => void },
): DownloadListener {
  return {
    onWaiting(waitsFor) {
      const peers = waitsFor.map(({ peerId, percent }) => ({ peerId, name: nameOf(peerId), percent }));
      emit({ event: 'download-waiting', gameId, peers });
    },
    onBegin(facts) {
      onBegin();
      emit({ event: 'download-begin', gameId, ...facts });
    },
    onProgress: (sample) => emit({ event: 'download-progress', gameId, ...sample }),
    onBlocksVerified: (facts) => emit({ event: 'blocks-verified', gameId, ...facts }),
    onPeerStruck: (facts) => emit({ event: 'peer-struck', gameId, ...facts }),
  };
}

export function endOfDownload(gameId: GameId, outcome: DownloadOutcome): OperationEventMessage {
  switch (outcome.kind) {
    case 'finished': {
      const { totalBytes, manifestRoot } = outcome;
      return { event: 'download-finished', gameId, totalBytes, manifestRoot };
    }
    case 'failed': {
      const { details, code, message, resumableBytes } = outcome;
      return { ...details, event: 'download-failed', gameId, code, message, resumableBytes };
    }
    case 'cancelled':
      return { event: 'download-cancelled', gameId, resumableBytes: 0 };
    case 'paused':
      return { event: 'download-paused', gameId, resumableBytes: outcome.resumableBytes };
    case 'peers-gone':
      return { event: 'download-peers-gone', gameId, resumableBytes: outcome.resumableBytes };
  }
}

/** The error for a pause or a cancel that finds no download. */
export function noDownload(gameId: GameId, running: ActiveOperation | undefined, verb: string): LanspreadError {
  const code: ErrorCode = running ? 'OPERATION_IN_PROGRESS' : 'NO_OPERATION';
  const message = running
    ? `${gameId} is ${running.kind}; there is no download to ${verb}.`
    : `${gameId} has no download to ${verb}.`;
  return new LanspreadError(code, { message, details: { gameId, ...(running && { operation: running.kind }) } });
}
